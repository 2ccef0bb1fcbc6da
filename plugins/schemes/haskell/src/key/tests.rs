use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

fn check_ascending(texts: &[&str]) {
    for (index, left) in texts.iter().enumerate() {
        for right in &texts[index + 1..] {
            assert!(key(left) < key(right), "{left} < {right}");
        }
    }
}

fn check_equal(texts: &[&str]) {
    assert!(texts.iter().all(|text| key(text) == key(texts[0])), "{texts:?}");
}

#[test]
fn keys_order_as_the_policy_does() {
    // The Package Versioning Policy: lexicographical, and versions that GHC has.
    check_ascending(&["0.9", "0.10", "1", "1.0", "1.0.0", "1.2.3", "1.2.3.1", "1.2.4", "9.4.7", "9.10.1"]);
    check_equal(&["1.2.3", "01.2.03"]);
    check_ascending(&["18446744073709551616", "18446744073709551617"]);
}

/// Number by number; of two of which one begins the other, that one is less.
fn compare(left: &str, right: &str) -> Ordering {
    numbers(left).cmp(&numbers(right))
}

fn numbers(text: &str) -> Vec<u128> {
    text.split('.').map(|number| number.parse().unwrap()).collect()
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[0-2]{1,2}(\\.[0-2]{1,2}){0,4}", 1 => "[0-9]{1,38}(\\.[0-9]{1,38}){0,2}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-2a.-]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
