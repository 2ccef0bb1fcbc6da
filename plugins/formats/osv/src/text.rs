//! What may stand where: a record's words end up in keys, addresses and messages.

use std::borrow::Cow;

/// Bytes of an identifier.
const MAX_ID: usize = 256;
/// Bytes of a package's name or a version.
const MAX_NAME: usize = 1024;

/// Whether `text` can be an identifier: visible ASCII without blanks.
pub fn is_identifier(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An identifier in the case in which its database defines it: `CVE-2024-1234`, `GHSA-hr2v-4r36-88hr`. Some publishers
/// write all of it in one case. Those of other databases are as they are.
pub fn canonical(id: &str) -> Cow<'_, str> {
    let Some((database, rest)) = id.split_once('-') else { return Cow::Borrowed(id) };
    let is_written_otherwise = |byte: u8| byte.is_ascii_uppercase();
    if database.eq_ignore_ascii_case("GHSA") && (database != "GHSA" || rest.bytes().any(is_written_otherwise))
    {
        return Cow::Owned(format!("GHSA-{}", rest.to_ascii_lowercase()));
    }
    if database.eq_ignore_ascii_case("CVE") && database != "CVE" {
        return Cow::Owned(format!("CVE-{rest}"));
    }
    Cow::Borrowed(id)
}

/// Whether `text` can be the name of a package or a version. Names of Swift packages are addresses,
/// those of others have blanks.
pub fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Whether `text` is a time of [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) in UTC,
/// as the schema wants all of them: `2024-05-01T12:00:00Z`, with or without a fraction.
pub fn is_time(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked("2024-05-01T12:00:00".len()) else { return false };
    let form = seconds.bytes().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        other => byte == *other,
    });
    let fraction = rest.strip_suffix('Z').map(|fraction| fraction.strip_prefix('.').unwrap_or(fraction));
    form && fraction
        .is_some_and(|fraction| fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a time is later than another. Both are of the same form up to their fractions, of which
/// the shorter sorts first where it begins the longer.
pub fn is_later(time: &str, than: &str) -> bool {
    time.trim_end_matches('Z') > than.trim_end_matches('Z')
}

/// `text` as a message or a record's path shows it: never long.
pub fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_case_of_their_database() {
        let check = |id: &str, expected: &str| assert_eq!(canonical(id), expected, "{id}");
        check("GHSA-hr2v-4r36-88hr", "GHSA-hr2v-4r36-88hr");
        check("ghsa-hr2v-4r36-88hr", "GHSA-hr2v-4r36-88hr");
        check("GHSA-HR2V-4R36-88HR", "GHSA-hr2v-4r36-88hr");
        check("cve-2024-1234", "CVE-2024-1234");
        check("CVE-2024-1234", "CVE-2024-1234");
        check("PADS-1", "PADS-1");
        check("pads", "pads");
    }

    #[test]
    fn a_time_is_rfc_3339_in_utc() {
        let check = |text: &str, expected: bool| assert_eq!(is_time(text), expected, "`{text}`");
        check("2024-05-01T12:00:00Z", true);
        check("2024-05-01T12:00:00.123456Z", true);
        check("2024-05-01T12:00:00", false);
        check("2024-05-01T12:00:00.1234567890Z", false);
        check("2024-05-01T12:00:00+00:00", false);
        check("2024-05-01", false);
        check("2024-05-01 12:00:00Z", false);
        check("2024-05-01T12:00:00äZ", false);
        check("", false);
    }

    #[test]
    fn times_compare_with_and_without_fractions() {
        let check = |time: &str, than: &str, expected: bool| {
            assert_eq!(is_later(time, than), expected, "`{time}` than `{than}`");
        };
        check("2024-05-01T00:00:01Z", "2024-05-01T00:00:00.9Z", true);
        check("2024-05-01T00:00:00.9Z", "2024-05-01T00:00:01Z", false);
        check("2024-05-01T00:00:00.1Z", "2024-05-01T00:00:00Z", true);
        check("2024-05-01T00:00:00.45Z", "2024-05-01T00:00:00.5Z", false);
        check("2024-05-01T00:00:00Z", "2024-05-01T00:00:00Z", false);
    }

    #[test]
    fn a_name_may_be_an_address_or_have_blanks_but_no_control_characters() {
        let check = |text: &str, expected: bool| assert_eq!(is_name(text), expected, "`{text}`");
        check("github.com/a/b", true);
        check("Ärger kit", true);
        check("", false);
        check("a\nb", false);
        check(&"a".repeat(1025), false);
    }
}
