/// The parts of a version: `number(.number)*letter?(_suffix number?)*(-rnumber)?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits, with their leading zeros; one at least.
    pub(crate) numbers: Vec<&'a str>,
    pub(crate) letter: Option<u8>,
    /// Each with its digits, of which there may be none: 0.
    pub(crate) suffixes: Vec<(Suffix, &'a str)>,
    /// Digits; empty where there is none, which is 0.
    pub(crate) revision: &'a str,
}

/// What a suffix says of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    Patch,
}

const SUFFIXES: [(&str, Suffix); 5] = [
    ("alpha", Suffix::Alpha),
    ("beta", Suffix::Beta),
    ("pre", Suffix::Pre),
    ("rc", Suffix::Rc),
    ("p", Suffix::Patch),
];

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let no_version =
            |why: &str| format!("`{text}` is no version of the Package Manager Specification: {why}");
        let (rest, revision) = match text.rsplit_once("-r") {
            Some((rest, revision)) if is_number(revision) => (rest, revision),
            Some(_) => return Err(no_version("what follows `-r` is no number")),
            None => (text, ""),
        };
        let mut parts = rest.split('_');
        let numbers = parts.next().unwrap_or_default();
        let (numbers, letter) = match numbers.as_bytes() {
            [.., letter @ b'a'..=b'z'] => {
                (numbers.get(..numbers.len() - 1).unwrap_or_default(), Some(*letter))
            }
            _ => (numbers, None),
        };
        let numbers: Vec<&str> = numbers.split('.').collect();
        if !numbers.iter().all(|number| is_number(number)) {
            return Err(no_version("it does not begin with numbers between dots"));
        }
        let mut suffixes = Vec::new();
        for part in parts {
            let suffix = SUFFIXES.iter().find_map(|(name, suffix)| {
                let digits = part.strip_prefix(name)?;
                digits.bytes().all(|byte| byte.is_ascii_digit()).then_some((*suffix, digits))
            });
            suffixes.push(suffix.ok_or_else(|| no_version("it has a suffix that is not known"))?);
        }
        Ok(Self { numbers, letter, suffixes, revision })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_parts() {
        let version = Version::parse("1.02.3b_rc2_p-r4").unwrap();
        assert_eq!(version.numbers, ["1", "02", "3"]);
        assert_eq!(version.letter, Some(b'b'));
        assert_eq!(version.suffixes, [(Suffix::Rc, "2"), (Suffix::Patch, "")]);
        assert_eq!(version.revision, "4");
        assert_eq!(Version::parse("20240101").unwrap().numbers, ["20240101"]);
    }

    #[test]
    fn other_texts_are_refused() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        };
        for text in ["", "a", ".1", "1.", "1..2", "1ab", "1A", "v1", "1.2-3", " 1", "1 "] {
            check(text, "does not begin with numbers");
        }
        for text in ["1_", "1_x", "1_rc1a", "1_pre_", "1_RC1"] {
            check(text, "a suffix that is not known");
        }
        check("1-r", "what follows `-r`");
        check("1-r1a", "what follows `-r`");
    }
}
