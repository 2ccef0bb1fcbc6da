//! From when until when a certificate counts: that much of X.509 (RFC 5280, section 4.1) and no more.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Tags of DER.
const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, which holds the version of a certificate.
const VERSION: u8 = 0xa0;

/// From when until when, in seconds since 1970; none where it is no certificate.
pub(super) fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    let (mut certificate, _) = inside(certificate, SEQUENCE)?;
    let mut signed = take(&mut certificate, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        take(&mut signed, VERSION)?;
    }
    take(&mut signed, INTEGER)?;
    // How it is signed, and by whom.
    take(&mut signed, SEQUENCE)?;
    take(&mut signed, SEQUENCE)?;
    let mut validity = take(&mut signed, SEQUENCE)?;
    Some((time(&mut validity)?, time(&mut validity)?))
}

fn time(from: &mut &[u8]) -> Option<i64> {
    let tag = *from.first()?;
    let text = std::str::from_utf8(take(from, tag)?).ok()?;
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let digits = match (tag, digits.len()) {
        // Years are those of 1950 to 2049.
        (UTC_TIME, 12) if digits < "5" => format!("20{digits}"),
        (UTC_TIME, 12) => format!("19{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", &digits).ok()?;
    let time: Timestamp = TimeZone::UTC.to_timestamp(time).ok()?;
    Some(time.as_second())
}

/// The content of the value that stands there, with this tag; `from` is what follows it.
fn take<'a>(from: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (content, rest) = inside(from, tag)?;
    *from = rest;
    Some(content)
}

/// The content of a value with this tag, and what follows the value.
fn inside(from: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = from else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // Up to four bytes of length; no certificate is longer.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(years: (i32, i32)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["limpid.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 2);
        params.not_after = date_time_ymd(years.1, 1, 2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn years_of_both_forms_are_read() {
        for years in [(1999, 2049), (2026, 2027), (2049, 2051)] {
            let seconds = |year| date_time_ymd(year, 1, 2).unix_timestamp();
            assert_eq!(validity(&made(years)), Some((seconds(years.0), seconds(years.1))), "{years:?}");
        }
    }

    #[test]
    fn what_is_cut_or_something_else_is_no_certificate() {
        let whole = made((2026, 2027));
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None, "{length}");
        }
        assert_eq!(validity(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
