//! What may stand where: the tracker's words end up in keys, addresses and messages.

use std::borrow::Cow;
use std::ops::Deref;

use limpid_plugin_sdk::Error;
use serde::Deserialize;

/// A string of the document, which stays there where it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Bytes of an identifier, a name or a version.
const MAX_NAME: usize = 256;

/// Whether `text` can be a name: visible ASCII without blanks.
pub(crate) fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be an identifier (`CVE-2023-29383`, `TEMP-0628843-DBAD28`) and stand in an
/// address as it is.
pub(crate) fn is_identifier(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte))
}

/// Whether `text` can be a version by [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version):
/// `[epoch:]upstream[-revision]`, of letters, digits and `.+-~:`. The upstream version should
/// begin with a digit; in old releases some only hold one.
pub(crate) fn is_version(text: &str) -> bool {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    text.len() <= MAX_NAME
        && !epoch.is_empty()
        && epoch.bytes().all(|byte| byte.is_ascii_digit())
        && rest.bytes().any(|byte| byte.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte))
}

/// The first line of `text`, cut to at most `limit` bytes.
pub(crate) fn first_line(text: &str, limit: usize) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.get(..line.floor_char_boundary(limit)).unwrap_or(line).trim_end()
}

/// Refuses what is over a limit.
pub(crate) fn within(what: &str, text: &str, limit: usize) -> Result<(), Error> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(Error::malformed(format!("{what} has {} bytes, over the limit of {limit}", text.len())))
}

/// `text` as a message or a record's path shows it: never long.
pub(crate) fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_what_policy_5_6_12_allows() {
        let check = |text: &str, expected: bool| assert_eq!(is_version(text), expected, "`{text}`");
        check("1.34+dfsg-1.2+deb12u1", true);
        check("1:4.13+dfsg1-1~bpo11+1", true);
        check("2:1:0-1", true);
        check("r5-1", true);
        check("", false);
        check("1:", false);
        check(":1", false);
        check("a:1", false);
        check("<unfixed>", false);
        check("unknown", false);
        check("1.0 1", false);
        check(&"1".repeat(257), false);
    }

    #[test]
    fn cutting_never_splits_a_character() {
        assert_eq!(first_line("ääää\nb", 3), "ä");
        assert_eq!(first_line("one \n two", 40), "one");
        assert_eq!(first_line("", 40), "");
        assert_eq!(shown(&"ä".repeat(100)).len(), 80);
    }
}
