//! What may stand where: a record's words end up in keys, addresses and messages.

/// Bytes of an identifier.
const MAX_ID: usize = 256;
/// Bytes of a package's name or a version.
const MAX_NAME: usize = 1024;

/// Whether `text` can be an identifier: visible ASCII without blanks.
pub(crate) fn is_identifier(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be the name of a package or a version. Names of Swift packages are addresses,
/// those of others have blanks.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Whether `text` is a time of [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) in UTC,
/// as the schema wants all of them: `2024-05-01T12:00:00Z`, with or without a fraction.
pub(crate) fn is_time(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked("2024-05-01T12:00:00".len()) else { return false };
    let form = seconds.bytes().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        other => byte == *other,
    });
    let fraction = rest.strip_suffix('Z').map(|fraction| fraction.strip_prefix('.').unwrap_or(fraction));
    form && fraction
        .is_some_and(|fraction| fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `text` as a message or a record's path shows it: never long.
pub(crate) fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_name_may_be_an_address_or_have_blanks_but_no_control_characters() {
        let check = |text: &str, expected: bool| assert_eq!(is_name(text), expected, "`{text}`");
        check("github.com/a/b", true);
        check("Ärger kit", true);
        check("", false);
        check("a\nb", false);
        check(&"a".repeat(1025), false);
    }
}
