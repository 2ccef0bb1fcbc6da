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
fn keys_order_as_conda_does() {
    // The documentation of `VersionOrder`.
    check_ascending(&[
        "0.4",
        "0.4.1.rc",
        "0.4.1",
        "0.5a1",
        "0.5b3",
        "0.5C1",
        "0.5",
        "0.9.6",
        "0.960923",
        "1.0",
        "1.1dev1",
        "1.1_",
        "1.1a1",
        "1.1.0dev1",
        "1.1.a1",
        "1.1.0rc1",
        "1.1.0",
        "1.1.0post1",
        "1.1post1",
        "1996.07.12",
        "1!0.4.1",
        "1!3.1.1.6",
        "2!0.4.1",
    ]);
    check_equal(&["0.4", "0.4.0", "0!0.4", "0.4.0.00", "0.4+0"]);
    check_equal(&["0.4.1.rc", "0.4.1.RC", "0.4.1_rc", "0.4.1-rc"]);
    check_equal(&["1.1.0dev1", "1.1.dev1"]);
    check_equal(&["1.1.0post1", "1.1.post1"]);
    // OpenSSL's: tests of conda.
    check_ascending(&[
        "1.0.1dev",
        "1.0.1_",
        "1.0.1a",
        "1.0.1b",
        "1.0.1c",
        "1.0.1d",
        "1.0.1r",
        "1.0.1rc",
        "1.0.1rc1",
        "1.0.1rc2",
        "1.0.1s",
        "1.0.1",
        "1.0.1post.a",
        "1.0.1post.b",
        "1.0.1post.z",
        "1.0.1post.za",
        "1.0.2",
    ]);
    check_ascending(&["1.0+a", "1.0", "1.0+1", "1.0+1.1", "1.0+2", "1.0.1"]);
    check_ascending(&["1.*", "1.dev", "1.a", "1"]);
}

/// conda's way to compare: piece by piece, with 0 for what is not there.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Version::parse(left).unwrap(), Version::parse(right).unwrap());
    let epoch = |version: &Version| version.epoch.parse::<u128>().unwrap_or(0);
    epoch(&left)
        .cmp(&epoch(&right))
        .then_with(|| lists(&left.components, &right.components))
        .then_with(|| lists(&left.local, &right.local))
}

fn lists(left: &[Component], right: &[Component]) -> Ordering {
    let nothing = Component::new();
    for place in 0..left.len().max(right.len()) {
        let (left, right) = (left.get(place).unwrap_or(&nothing), right.get(place).unwrap_or(&nothing));
        for place in 0..left.len().max(right.len()) {
            let zero = Piece::Number(String::new());
            let order = pieces(left.get(place).unwrap_or(&zero), right.get(place).unwrap_or(&zero));
            if order != Ordering::Equal {
                return order;
            }
        }
    }
    Ordering::Equal
}

fn pieces(left: &Piece, right: &Piece) -> Ordering {
    let value = |piece: &Piece| match piece {
        Piece::Word(_) => f64::NEG_INFINITY,
        Piece::Number(digits) => digits.parse().unwrap_or(0.0),
        Piece::Post => f64::INFINITY,
    };
    match (left, right) {
        (Piece::Word(left), Piece::Word(right)) => left.cmp(right),
        _ => value(left).total_cmp(&value(right)),
    }
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    "(1!)?[0-1](([.]|rc|a|b|dev|post|[.]a|[.]dev|[.]post)[0-2]{1,2}){0,4}(_|a|rc)?([+][0-1a](\\.[0-2]){0,2})?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[!0-2a-depostv.*_+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
