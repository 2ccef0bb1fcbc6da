//! Ranges as the list writes them: `<2.19.5-r00071`, `>=1.36.1, <1.36.1-r30`, `==1.2`.

use limpid_plugin_sdk::feed::{Bound, Range};

/// Bytes of a version.
const MAX_VERSION: usize = 256;

/// What a text of the list names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Versions between two.
    Range(Range),
    /// One version.
    Version(String),
}

/// Reads a range. One that begins behind a version (`>1.2`) is taken to begin with it: what is told of that version is
/// too much rather than too little.
pub(crate) fn read(text: &str) -> Result<Named, String> {
    let mut rest = text.trim_start_matches(is_between);
    let mut range = Range::all();
    let mut exact = None;
    let mut count = 0_usize;
    while !rest.is_empty() {
        let (operator, behind) = split(rest, |character| !"<>=!".contains(character));
        let (version, behind) = split(behind.trim_start(), is_between);
        if !is_version(version) {
            return Err(format!("this cannot be a version: `{}`", shown(version)));
        }
        let version = version.to_owned();
        let twice = match operator {
            "<" => range.until.replace(Bound::Excluding(version)).is_some(),
            "<=" => range.until.replace(Bound::Including(version)).is_some(),
            ">" | ">=" => range.introduced.replace(version).is_some(),
            "=" | "==" => exact.replace(version).is_some(),
            other => return Err(format!("this cannot be an operator: `{}`", shown(other))),
        };
        if twice {
            return Err("it says twice where it begins, or where it ends".to_owned());
        }
        count += 1;
        rest = behind.trim_start_matches(is_between);
    }
    match exact {
        Some(version) if count == 1 => Ok(Named::Version(version)),
        Some(_) => Err("it names one version, and others".to_owned()),
        None if count == 0 => Err("it names no version".to_owned()),
        None => Ok(Named::Range(range)),
    }
}

fn is_between(character: char) -> bool {
    character == ',' || character.is_whitespace()
}

/// What comes before the first character that ends it, and the rest.
fn split(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// Whether `text` can be a version.
pub(crate) fn is_version(text: &str) -> bool {
    (1..=MAX_VERSION).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `text` as a message or a record's path shows it: never long.
pub(crate) fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_read_as_the_list_writes_it() {
        let check = |text: &str, expected: Named| assert_eq!(read(text), Ok(expected), "{text}");
        check("<2.19.5-r00071", Named::Range(Range::before("2.19.5-r00071")));
        check("< 1:2.0-1", Named::Range(Range::before("1:2.0-1")));
        check(">=1.36.1, <1.36.1-r30", Named::Range(Range::before("1.36.1-r30").from("1.36.1")));
        check(" >1.1 <=1.2 ", Named::Range(Range::through("1.2").from("1.1")));
        check(">=1.1", Named::Range(Range::since("1.1")));
        check("==1.2", Named::Version("1.2".to_owned()));
        check("= 1.2", Named::Version("1.2".to_owned()));
        for text in ["", ",", "1.2", "<", "< ,", "<1 <2", ">=1 >2", "==1, <2", "!=1", "<=>1", "<x", "<ü1"] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[<>=!, 0-9a-zü]{0,12}") {
            let _ = read(&text);
        }

        #[test]
        fn both_ends_are_found_however_they_are_set_apart(first in "[0-9][0-9a-z.~+-]{0,6}", last in "[0-9][0-9a-z.~+-]{0,6}", apart in "[, ]{1,3}") {
            let expected = Named::Range(Range::before(last.as_str()).from(first.as_str()));
            prop_assert_eq!(read(&format!(">={first}{apart}<{last}")), Ok(expected.clone()));
            prop_assert_eq!(read(&format!("< {last}{apart}>= {first}")), Ok(expected));
        }
    }
}
