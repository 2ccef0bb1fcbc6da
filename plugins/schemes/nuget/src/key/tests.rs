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
fn keys_order_as_nuget_does() {
    // Package versioning, "Pre-release versions".
    check_ascending(&[
        "1.0.1-aaa",
        "1.0.1-alpha",
        "1.0.1-alpha.2",
        "1.0.1-alpha.10",
        "1.0.1-alpha10",
        "1.0.1-alpha2",
        "1.0.1-beta",
        "1.0.1-open",
        "1.0.1-rc.2",
        "1.0.1-rc.10",
        "1.0.1-zzz",
        "1.0.1",
    ]);
    // VersionComparerTests of NuGet.Versioning.
    check_equal(&["1.0.0", "1.0", "1", "1.0.0.0", "1.0.0+beta", "01.00"]);
    check_equal(&["1.0.0-BETA", "1.0.0-beta", "1.0.0-Beta+AA", "1.0-beta+bb", "1.0.0.0-beTA"]);
    check_ascending(&["0.0.0", "1.0.0", "1.1.0", "1.1.0.1", "1.1.1", "999.9999"]);
    check_ascending(&["1.0.0.1-alpha", "1.0.0.1-alpha.2", "1.0.0.1", "1.0.0.10"]);
    check_ascending(&["1.0.0-2", "1.0.0-2147483647", "1.0.0-10000000000", "1.0.0-20240101120000", "1.0.0-a"]);
    check_ascending(&["1.0.0--5", "1.0.0-0", "1.0.0--a", "1.0.0-a"]);
}

/// NuGet's way to compare: numbers, then labels one after the other.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (fields(left), fields(right));
    left.0.cmp(&right.0).then(left.1.is_empty().cmp(&right.1.is_empty())).then_with(|| {
        let unequal = left.1.iter().zip(&right.1).map(|(l, r)| match (l.parse::<i32>(), r.parse::<i32>()) {
            (Ok(l), Ok(r)) => l.cmp(&r),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => l.cmp(r),
        });
        unequal.fold(Ordering::Equal, Ordering::then).then(left.1.len().cmp(&right.1.len()))
    })
}

fn fields(text: &str) -> (Vec<u128>, Vec<String>) {
    let text = text.split('+').next().unwrap();
    let (numbers, labels) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers: Vec<_> = numbers.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(4, 0);
    (numbers, labels.split('.').filter(|it| !it.is_empty()).map(str::to_uppercase).collect())
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-2]{1,2}(\\.[0-2]{1,2}){0,3}(-[01aAB-]{1,3}(\\.[01aAB-]{1,3}){0,3})?(\\+[0a-]{1,2})?",
        1 => "[0-9](\\.[0-9]{1,38}){0,2}(-[0-9]{8,11})?",
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
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-2a-cB.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
