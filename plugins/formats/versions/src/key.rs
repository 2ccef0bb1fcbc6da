use std::ops::RangeInclusive;

use limpid_plugin_sdk::scheme::KeyWriter;

/// Ranks, least first.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    End = 1,
    Numeric,
    Alphanumeric,
    /// A version without a pre-release, and what is behind all builds of a version.
    Release,
}

/// Writes a pre-release, or that there is none where it is empty. `write` writes each of its identifiers.
pub fn pre_release(key: &mut KeyWriter, identifiers: &str, write: impl Fn(&mut KeyWriter, &str)) {
    if identifiers.is_empty() {
        key.byte(Rank::Release as u8);
    } else {
        build(key, Some(identifiers), write);
    }
}

/// Writes build metadata: none is before all.
pub fn build(key: &mut KeyWriter, identifiers: Option<&str>, write: impl Fn(&mut KeyWriter, &str)) {
    identifiers.into_iter().flat_map(|text| text.split('.')).for_each(|text| write(key, text));
    key.byte(Rank::End as u8);
}

/// Writes what is behind all builds of a version, where [`build`] would write one.
pub fn any_build(key: &mut KeyWriter) {
    key.byte(Rank::Release as u8);
}

/// Writes an identifier as [SemVer orders them](https://semver.org/spec/v2.0.0.html#spec-item-11): digits by their value,
/// and others by their bytes.
pub fn identifier(key: &mut KeyWriter, text: &str) {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        key.byte(Rank::Numeric as u8).number(text);
    } else {
        key.byte(Rank::Alphanumeric as u8).terminated(text.as_bytes());
    }
}

/// Writes an identifier as languages order them that take it for a number where their integers can hold it. So
/// `-5` is a number, and one that is too great is text.
pub fn integer(key: &mut KeyWriter, value: Option<i64>, within: RangeInclusive<i64>, text: &str) {
    match value.filter(|value| within.contains(value)) {
        Some(value) => {
            key.byte(Rank::Numeric as u8);
            // The sign is turned round, so that negative numbers are before others.
            for byte in (value ^ i64::MIN).to_be_bytes() {
                key.byte(byte);
            }
        }
        None => {
            key.byte(Rank::Alphanumeric as u8).terminated(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(write: impl FnOnce(&mut KeyWriter)) -> Vec<u8> {
        let mut key = KeyWriter::default();
        write(&mut key);
        key.finish()
    }

    #[test]
    fn identifiers_order_as_semver_does() {
        let ascending = ["0", "alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1", ""];
        let keys = ascending.map(|text| key(|key| pre_release(key, text, identifier)));
        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:?}");
    }

    #[test]
    fn builds_are_before_what_is_behind_all_of_them() {
        let ascending =
            [None, Some("1"), Some("1.a"), Some("a")].map(|text| key(|key| build(key, text, identifier)));
        assert!(ascending.is_sorted_by(|left, right| left < right), "{ascending:?}");
        assert!(ascending.iter().all(|build| *build < key(any_build)));
    }

    #[test]
    fn what_is_too_great_is_text() {
        let key = |text: &str| key(|key| integer(key, text.parse().ok(), -100..=100, text));
        let ascending = ["-100", "-5", "-0", "5", "100", "-101", "101", "a"].map(key);
        assert!(ascending.is_sorted_by(|left, right| left < right), "{ascending:?}");
    }

    proptest! {
        #[test]
        fn integers_order_by_value(left in any::<i64>(), right in -3_i64..3) {
            let key = |value: i64| key(|key| integer(key, Some(value), i64::MIN..=i64::MAX, ""));
            prop_assert_eq!(key(left).cmp(&key(right)), left.cmp(&right));
        }
    }
}
