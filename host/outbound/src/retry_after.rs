use std::time::{Duration, SystemTime};

/// How long somebody asks to be left alone: seconds, or a date
/// ([RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)). None where the
/// text is neither.
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_come_again_is_stated_in_seconds_or_as_a_date() {
        let now = httpdate::parse_http_date("Thu, 26 Nov 2026 10:00:00 GMT").unwrap();
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(retry_after(text, now), expected.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("Thu, 26 Nov 2026 10:02:00 GMT", Some(120));
        check("Thursday, 26-Nov-26 10:02:00 GMT", Some(120));
        check("Thu, 26 Nov 2026 09:00:00 GMT", Some(0));
        check("-1", None);
        check("soon", None);
        check("", None);
    }
}
