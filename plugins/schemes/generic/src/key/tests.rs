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
fn keys_order_as_most_people_mean() {
    check_ascending(&[
        "1.0~rc1",
        "1.0-dev",
        "1.0-nightly.20240101",
        "1.0-canary.2",
        "1.0-SNAPSHOT",
        "1.0-alpha1",
        "1.0-M2",
        "1.0b2",
        "1.0-beta.11",
        "1.0-preview3",
        "1.0rc1",
        "1.0",
        "1.0-patch1",
        "1.0.1",
        "1.2",
        "1.10",
        "2",
        "20240101",
    ]);
    // OpenSSL, OpenSSH, Go, sudo, ntp.
    check_ascending(&["1.0.2", "1.0.2a", "1.0.2k", "1.0.2k-fips", "1.0.2.1", "1.1.0"]);
    check_ascending(&["8.9p1", "9.3p1", "9.3p2", "10.0p1"]);
    check_ascending(&["go1.9", "go1.20rc1", "go1.20", "go1.20.1"]);
    check_ascending(&["1.9.5p1", "1.9.5p2", "1.9.5.1"]);
    check_ascending(&["a", "b", "1"]);
    check_ascending(&["1.0-rc.0.1", "1.0-rc.1"]);
    check_ascending(&["18446744073709551616", "18446744073709551617"]);
    check_equal(&["1", "1.0", "v1.0.0", "01", "1_0", "1-0"]);
    check_equal(&["1.0-rc1", "1rc1", "1.0.0.RC-1", "V1.0_cr1", "1.0-candidate.1"]);
    check_equal(&["1.0a1", "1.0-alpha.1"]);
}

/// Piece by piece, and where one ends, by the first piece of the other that is no zero.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Version::parse(left).unwrap(), Version::parse(right).unwrap());
    let end = left.0.iter().zip(&right.0).position(|(left, right)| ranked(left) != ranked(right));
    let end = end.unwrap_or_else(|| left.0.len().min(right.0.len()));
    let ((left, l), (right, r)) = (rest(&left, end), rest(&right, end));
    // What is less than nothing is before what is more, whatever begins there.
    l.cmp(&r).then_with(|| left.first().map(ranked).cmp(&right.first().map(ranked)))
}

/// What begins at a place, and how it compares with nothing.
fn rest<'a, 'b>(version: &'a Version<'b>, place: usize) -> (&'a [Piece<'b>], Ordering) {
    let rest = &version.0[place..];
    let unequal = rest.iter().map(Piece::sign).find(|sign| sign.is_ne());
    (rest, unequal.unwrap_or(Ordering::Equal))
}

fn ranked(piece: &Piece<'_>) -> (u8, u128, String) {
    match piece {
        Piece::Tilde => (0, 0, String::new()),
        Piece::Before(place) => (1, u128::from(*place), String::new()),
        Piece::Word(word) => (2, 0, word.clone()),
        Piece::Number(digits) => (3, digits.parse().unwrap_or(0), String::new()),
    }
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    "v?[0-2]{1,2}([.~-]?[0-2]{1,2}|[.~-]?(rc|beta|b|dev|x|p|P)[.-]?[0-1]?){0,4}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[v0-2a-cB~_.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
