//! The `Content-Range` header: which part of a body an answer holds.

/// A part of a body, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// Where the part begins.
    pub(crate) first: u64,
    /// Its last byte.
    pub(crate) last: u64,
    /// Length of the whole, where it is stated.
    pub(crate) whole: Option<u64>,
}

/// Reads a header, by
/// [RFC 9110, section 14.4](https://www.rfc-editor.org/rfc/rfc9110#section-14.4). None where it is in other
/// units than bytes, or contradicts itself.
pub(crate) fn parse(header: &str) -> Option<ContentRange> {
    let (unit, range) = header.trim().split_once(' ')?;
    let (range, whole) = range.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let whole = if whole == "*" { None } else { Some(number(whole)?) };
    let (first, last) = (number(first)?, number(last)?);
    let fits = first <= last && whole.is_none_or(|whole| last < whole);
    (unit.eq_ignore_ascii_case("bytes") && fits).then_some(ContentRange { first, last, whole })
}

/// Digits only: `parse` of the standard library also reads a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_with_and_without_the_length_of_the_whole() {
        let check = |header: &str, first: u64, last: u64, whole: Option<u64>| {
            assert_eq!(parse(header), Some(ContentRange { first, last, whole }), "{header}");
        };
        check("bytes 5-9/10", 5, 9, Some(10));
        check("Bytes 0-0/*", 0, 0, None);
    }

    #[test]
    fn what_contradicts_itself_is_no_part() {
        for header in [
            "",
            "bytes",
            "bytes */10",
            "bytes 5-4/10",
            "bytes 5-10/10",
            "bytes -5/10",
            "bytes 5-/10",
            "bytes +5-9/10",
            "lines 5-9/10",
            "bytes 5-9",
            "bytes 5-9/",
            "bytes 0-18446744073709551616/*",
        ] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
