//! Pieces of text as pages show them.

use std::borrow::Cow;

/// Characters of a text of others that a cell shows. The data has all of it.
const TEXT: usize = 160;

/// Hexadecimal digits of a digest that are shown.
const DIGITS: usize = 12;

/// A text of others, cut where nobody would read on.
pub(crate) fn clip(text: &str) -> Cow<'_, str> {
    clip_to(text, TEXT)
}

/// The same at a length of one's own choice.
pub(crate) fn clip_to(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}\u{2026}", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// A digest as people tell it apart: without its algorithm, and not to its end.
pub(crate) fn digest(digest: &str) -> &str {
    let bare = digest.rsplit_once(':').map_or(digest, |(_, hex)| hex);
    bare.char_indices().nth(DIGITS).map_or(bare, |(end, _)| bare.get(..end).unwrap_or(bare))
}

/// Bytes for people.
pub(crate) fn size(bytes: impl Count) -> String {
    let bytes = bytes.count();
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut rest, mut unit) = (bytes as f64, 0);
    while rest >= 999.5 && unit + 1 < UNITS.len() {
        rest /= 1_000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || rest >= 99.5 { format!("{rest:.0} {name}") } else { format!("{rest:.1} {name}") }
}

/// How many of something there are.
pub(crate) trait Count {
    fn count(&self) -> u64;
}

impl Count for u64 {
    fn count(&self) -> u64 {
        *self
    }
}

impl Count for usize {
    fn count(&self) -> u64 {
        u64::try_from(*self).unwrap_or(u64::MAX)
    }
}

impl<T: Count> Count for &T {
    fn count(&self) -> u64 {
        (*self).count()
    }
}

/// A number with its thousands apart.
pub(crate) fn number(number: impl Count) -> String {
    let digits = number.count().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A time or date (RFC 3339) for people, to the minute.
pub(crate) fn time(time: &str) -> String {
    let is_time = time.as_bytes().get(10) == Some(&b'T') && time.ends_with('Z');
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) if is_time => format!("{day} {minute} UTC"),
        _ => clip(time).into_owned(),
    }
}

/// A share of 1 in percent.
pub(crate) fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent >= 9.95 || percent == 0.0 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// An address of others where a browser may be led there; what is none, and what would do something else, is text.
pub(crate) fn outside(address: &str) -> Option<&str> {
    let lower = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://")).then_some(address)
}

/// A command that made a layer, without what only builders write.
pub(crate) fn command(command: &str) -> &str {
    let bare = command.strip_prefix("/bin/sh -c ").unwrap_or(command);
    let bare = bare.strip_prefix("#(nop) ").unwrap_or(bare);
    bare.trim()
}

/// Whether a text is a day, as fields of forms have it: `2026-11-23`.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clip_to("日本語", 2), "日本\u{2026}");
        assert_eq!(clip_to("ab", 2), "ab");
        assert_eq!(clip(&"x".repeat(4_096)).chars().count(), TEXT + 1);
    }

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(["0", "999", "1,000", "1,234,567"], [0_u64, 999, 1_000, 1_234_567].map(number)[..]);
        assert_eq!([0_u64, 999, 1_500, 123_400_000].map(size), ["0 B", "999 B", "1.5 kB", "123 MB"]);
        assert_eq!([percent(0.0), percent(0.123), percent(0.004)], ["0 %", "12 %", "0.4 %"]);
    }

    #[test]
    fn a_time_is_shown_to_the_minute() {
        assert_eq!(time("2026-11-30T01:33:55Z"), "2026-11-30 01:33 UTC");
        assert_eq!(time("2026-11-30"), "2026-11-30");
        assert_eq!(time("<b>"), "<b>");
    }

    #[test]
    fn a_digest_is_short_and_a_command_bare() {
        assert_eq!(digest("sha256:0123456789abcdef"), "0123456789ab");
        assert_eq!(digest("ä"), "ä");
        assert_eq!(command("/bin/sh -c #(nop)  CMD [\"bash\"]"), "CMD [\"bash\"]");
        assert_eq!(command("RUN x"), "RUN x");
    }

    #[test]
    fn only_addresses_of_the_web_lead_anywhere() {
        assert_eq!(outside("https://example.org/a"), Some("https://example.org/a"));
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "data:text/html,x",
            "//example.org",
            "/x",
            " https://x",
            "",
        ] {
            assert_eq!(outside(address), None, "{address}");
        }
    }
}
