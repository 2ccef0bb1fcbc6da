//! Texts that several publishers write in the same way.

/// The identifiers of CVEs in a text, in their order, each once.
///
/// ```
/// let text = "CVE-2024-0001 and CVE-2024-0002: like CVE-2024-0001, not CVE-2024-1 or XCVE-2024-0003";
/// assert_eq!(limpid_updateinfo::text::cves(text), ["CVE-2024-0001", "CVE-2024-0002"]);
/// ```
pub fn cves(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("CVE-") {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let Some(cve) = text.get(at..).and_then(cve) else { continue };
        if !before.is_some_and(char::is_alphanumeric) && !found.contains(&cve) {
            found.push(cve);
        }
    }
    found
}

/// The identifier at the beginning of a text: a year, and four to nineteen digits.
fn cve(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("CVE-")?;
    let (year, number) = rest.split_once('-')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let is_number =
        (4..=19).contains(&digits) && !number.get(digits..)?.starts_with(|next: char| next.is_alphanumeric());
    text.get(..text.len() - number.len() + digits).filter(|_| is_year && is_number)
}

/// A time as RFC 3339, in UTC, of what publishers write: `2011-09-27 22:46`, `2023-02-17 20:41:00`,
/// `2020-05-14T20:15:38Z`, `2023-06-27`, and seconds since 1970.
///
/// ```
/// use limpid_updateinfo::text::time;
///
/// assert_eq!(time("2011-09-27 22:46").as_deref(), Some("2011-09-27T22:46:00Z"));
/// assert_eq!(time("2023-06-27").as_deref(), Some("2023-06-27T00:00:00Z"));
/// assert_eq!(time("1628589283").as_deref(), Some("2021-08-10T09:54:43Z"));
/// assert_eq!(time("yesterday"), None);
/// ```
pub fn time(text: &str) -> Option<String> {
    let text = text.trim();
    if (9..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(since_1970);
    }
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let clock = clock.trim_end_matches("UTC").trim_end_matches('Z').trim();
    let clock = clock.split_once('.').map_or(clock, |(seconds, _)| seconds);
    let clock = match clock.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    let time = format!("{day}T{clock}Z");
    has_form(&time, "0000-00-00T00:00:00Z").then_some(time).filter(|time| is_in_range(time))
}

/// The time so many seconds after the beginning of 1970.
fn since_1970(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut days, clock) = (seconds / DAY, seconds % DAY);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

/// Whether a text has digits where the form has zeros, and is the same elsewhere.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        })
}

fn is_in_range(time: &str) -> bool {
    let part = |from: usize| time.get(from..from + 2).unwrap_or_default();
    ("01"..="12").contains(&part(5))
        && ("01"..="31").contains(&part(8))
        && part(11) <= "23"
        && part(14) <= "59"
        && part(17) <= "59"
}

/// A text as a message shows it: never long.
pub fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

/// Whether a text can be an identifier, a name or a version: 1 to 256 bytes of plain ASCII without spaces.
pub fn is_word(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cves_are_found_where_they_are_whole() {
        let check = |text: &str, expected: &[&str]| assert_eq!(cves(text), expected, "{text}");
        check("CVE-2020-10711", &["CVE-2020-10711"]);
        check("kernel CVE-2020-10711: x (CVE-2020-1234)", &["CVE-2020-10711", "CVE-2020-1234"]);
        check("CVE-2020-12345678901234567890", &[]);
        check("CVE-2020-1234a CVE-20-1234 CVE-2020- CVE-", &[]);
        check("cgi?name=CVE-2011-3192", &["CVE-2011-3192"]);
        check("CVE-CVE-2011-3192", &["CVE-2011-3192"]);
    }

    #[test]
    fn times_are_those_that_there_are() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(time(text).as_deref(), expected, "{text}");
        check("2023-02-17 20:41:00", Some("2023-02-17T20:41:00Z"));
        check(" 2020-05-14T20:15:38Z ", Some("2020-05-14T20:15:38Z"));
        check("2020-05-14T20:15:38.123456Z", Some("2020-05-14T20:15:38Z"));
        check("2023-05-21 10:00:00 UTC", Some("2023-05-21T10:00:00Z"));
        check("951782400", Some("2000-02-29T00:00:00Z"));
        check("4107542399", Some("2100-02-28T23:59:59Z"));
        check("1735689599", Some("2024-12-31T23:59:59Z"));
        check("1735689600", Some("2025-01-01T00:00:00Z"));
        for text in ["", "2023", "2023-13-01", "2023-02-17 24:00", "2023-02-17 20:41:00+02:00", "12345678"] {
            check(text, None);
        }
    }
}
