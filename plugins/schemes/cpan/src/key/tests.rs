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
fn keys_order_as_perl_does() {
    check_ascending(&["0", "0.000_1", "v0.1", "0.01", "0.10", "0.2", "0.9999", "1", "1.0001", "v1.1"]);
    check_ascending(&["1.002003", "1.00203", "v1.2.31", "1.0203", "1.10", "1.5", "v1.501", "v2"]);
    check_ascending(&["v18446744073709551615.1", "v18446744073709551616", "v18446744073709551616.0.1"]);
    check_equal(&["1", "1.", "1.0", "1.000", "v1", "v1.0", "v1.0.0", "1.0.0", "01.0", "1.0_0", "1.0.0_"]);
    check_equal(&["1.2", "1.200", "v1.200", "1.200.0", "1.2_0"]);
    check_equal(&["1.23", "1.2_3", "v1.230"]);
    check_equal(&["0.5", ".5", "v0.500", ".500.0"]);
    check_equal(&["v1.2_3", "v1.23"]);
}

/// Compares the numbers of which a version is made, of which those that are not there are 0.
fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (numbers(left), numbers(right));
    let length = left.len().max(right.len());
    left.resize(length, 0);
    right.resize(length, 0);
    left.cmp(&right)
}

fn numbers(text: &str) -> Vec<u128> {
    let text = text.replace('_', "");
    let dots = text.matches('.').count();
    if let Some(rest) = text.strip_prefix('v') {
        return rest.split('.').map(|number| number.parse().unwrap()).collect();
    }
    if dots > 1 {
        return text.split('.').map(|number| number.parse().unwrap_or(0)).collect();
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut numbers = vec![whole.parse().unwrap_or(0)];
    let mut rest: u128 = format!("{fraction:0<30}").parse().unwrap();
    let mut power = 10_u128.pow(27);
    for _ in 0..10 {
        numbers.push(rest / power);
        (rest, power) = (rest % power, power / 1000);
    }
    numbers
}

/// Versions of few different digits, so that many are equal or share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[0-2]{1,2}(\\.[0-2]{1,7}(_[0-2]{1,3})?)?",
        3 => "v[0-2]{1,3}((\\.[0-2]{1,3}){1,3}(_[0-2]{1,2})?)?",
        2 => "[0-2]?(\\.[0-2]{1,3}){2,4}(_[0-2]{1,2})?",
        1 => "[0-9]{1,30}\\.[0-9]{0,30}",
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
    fn decimal_versions_order_as_numbers(left in 0_u32..3_000_000, right in 0_u32..3_000_000, places in 1_usize..7) {
        let decimal = |number: u32| {
            let digits = format!("{number:0>7}");
            let (whole, fraction) = digits.split_at(digits.len() - places);
            format!("{whole}.{fraction}")
        };
        prop_assert_eq!(key(&decimal(left)).cmp(&key(&decimal(right))), left.cmp(&right));
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-2v._a -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
