use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::version::segments;

fn key(text: &str) -> Vec<u8> {
    of(&segments(text).unwrap())
}

fn check_ascending(texts: &[&str]) {
    for (index, left) in texts.iter().enumerate() {
        for right in &texts[index + 1..] {
            assert!(key(left) < key(right), "{left} < {right}");
        }
    }
}

#[test]
fn keys_order_as_rubygems_does() {
    // The documentation of Gem::Version.
    check_ascending(&["1.0.a10", "1.0.b1", "1.0", "1.1", "1.2.b1", "1.2", "1.10"]);
    check_ascending(&["1.0.a.2", "1.0.a10", "1.0.b1", "1.0"]);
    // test_gem_version.rb, `test_spaceship`.
    check_ascending(&["1.8.2.a", "1.8.2.a9", "1.8.2.a10", "1.8.2.b", "1.8.2"]);
    check_ascending(&["1.0.0-1", "1"]);
    check_ascending(&["0.beta.1", "0.0.1"]);
    check_ascending(&["1-a", "1"]);
    check_ascending(&["1.9.3", "1.9.3.1", "2.0.0.rc.1", "2.0.0.rc2", "2.0.0"]);
    check_ascending(&["1.a.0.b", "1.a.0.0.b", "1.a", "1.a.0.0.1", "1.a.0.1", "1.a.1"]);
    check_ascending(&["1.A", "1.a"]);
    check_ascending(&["18446744073709551616", "18446744073709551617"]);
}

#[test]
fn what_does_not_count_for_the_order_gives_equal_keys() {
    let check = |equal: &[&str]| {
        assert!(equal.iter().all(|text| key(text) == key(equal[0])), "{equal:?}");
    };
    check(&["1", "1.0", "1.0.0", "01", " 1.0 "]);
    check(&["0.beta.1", "0.0.beta.1"]);
    check(&["1.b1", "1.b.1", "1.0.b1", "1.0.b1.0"]);
    check(&["1-rc.1", "1.pre.rc.1", "1.0-rc1"]);
    check(&["0", "0.0", "00"]);
}

/// RubyGems' way to compare: segment by segment, with 0 for what is not there.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (segments(left).unwrap(), segments(right).unwrap());
    for place in 0..left.len().max(right.len()) {
        let segment = |segments: &[Segment<'_>]| segments.get(place).copied().map_or(Ok(0), value);
        let order = match (segment(&left), segment(&right)) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            (Err(_), Ok(_)) => Ordering::Less,
            (Ok(_), Err(_)) => Ordering::Greater,
            (Err(left), Err(right)) => left.cmp(&right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn value(segment: Segment<'_>) -> Result<u128, String> {
    match segment {
        Segment::Number(digits) => Ok(digits.parse().unwrap()),
        Segment::Word(word) => Err(word.to_owned()),
    }
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-2]{1,2}(\\.[0-1aB]{1,3}){0,4}(-[01a-]{1,3}(\\.[01a]{1,2}){0,2})?",
        1 => "[0-9]{1,38}(\\.[0-9]{1,38}){0,2}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn key_order_is_version_order_where_only_the_ends_differ(
        start in "[01](\\.[01a]{1,2}){0,2}",
        left in "(\\.[01a]{1,2}){0,4}",
        right in "(\\.[01a]{1,2}){0,4}",
    ) {
        let (left, right) = (format!("{start}{left}"), format!("{start}{right}"));
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-2a-cB. -]{0,20}") {
        if let Ok(segments) = segments(&text) {
            prop_assert!(!of(&segments).is_empty());
        }
    }
}
