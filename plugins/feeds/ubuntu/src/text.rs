//! What may stand where: words of the documents end up in keys, addresses and messages.

/// Bytes of an identifier, a name or a version.
const MAX_NAME: usize = 256;

/// Whether `text` can be a name: visible ASCII without blanks.
pub(crate) fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be an identifier (`CVE-2023-29383`) and stand in an address as it is.
pub(crate) fn is_identifier(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte))
}

/// Whether `text` is a version by [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version)
/// that begins with a digit, as all of Ubuntu's do: the team also writes words into the same place.
pub(crate) fn is_version(text: &str) -> bool {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    text.len() <= MAX_NAME
        && !epoch.is_empty()
        && epoch.bytes().all(|byte| byte.is_ascii_digit())
        && rest.starts_with(|first: char| first.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte))
}

/// RFC 3339 of `2023-12-18 15:00:00 UTC`, `2026-07-21T16:00:00Z` or `2023-12-18`; none of what is none of these.
pub(crate) fn time(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_suffix("UTC").or_else(|| text.strip_suffix('Z')).unwrap_or(text).trim_end();
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let is_like = |text: &str, form: &[u8]| {
        text.len() == form.len()
            && text.bytes().zip(form).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                other => byte == *other,
            })
    };
    let is_time = is_like(day, b"dddd-dd-dd") && is_like(clock, b"dd:dd:dd");
    is_time.then(|| format!("{day}T{clock}Z"))
}

/// Whether a text can be an address of further reading.
pub(crate) fn is_address(text: &str) -> bool {
    text.len() <= 2048
        && ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The system of a vector of CVSS that names its version: `CVSS:3.1` of `CVSS:3.1/AV:N/...`.
pub(crate) fn system(vector: &str) -> Option<&str> {
    let (system, _) = vector.split_once('/').filter(|_| is_word(vector))?;
    let version = system.strip_prefix("CVSS:")?;
    let is_version = version.len() == 3 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_version.then_some(system)
}

/// `text` as a message or a record's path shows it: never long.
pub(crate) fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_a_digit() {
        let check = |text: &str, expected: bool| assert_eq!(is_version(text), expected, "`{text}`");
        check("1:8.9p1-3ubuntu0.5", true);
        check("0.9.6-2ubuntu0.22.04.2", true);
        check("2.5.0-1ubuntu0.1~esm1", true);
        check("code", false);
        check("2014-1,", false);
        check(":1", false);
        check("", false);
        check(&"1".repeat(257), false);
    }

    #[test]
    fn times_are_of_any_of_three_forms() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(time(text).as_deref(), expected, "{text}");
        check("2023-12-18 15:00:00 UTC", Some("2023-12-18T15:00:00Z"));
        check("2026-07-21T16:00:00Z", Some("2026-07-21T16:00:00Z"));
        check("2005-02-04", Some("2005-02-04T00:00:00Z"));
        check("2005-02-04 15:00", None);
        check("unknown", None);
        check("", None);
    }

    #[test]
    fn a_vector_names_its_system() {
        let check = |vector: &str, expected: Option<&str>| assert_eq!(system(vector), expected, "{vector}");
        check("CVSS:3.1/AV:N/AC:L", Some("CVSS:3.1"));
        check("CVSS:4.0/AV:N", Some("CVSS:4.0"));
        check("AV:N/AC:L", None);
        check("CVSS:3.1", None);
        check("CVSS:9/x", None);
    }
}
