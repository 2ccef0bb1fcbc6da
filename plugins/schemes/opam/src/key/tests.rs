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
fn keys_order_as_opam_does() {
    // The manual of opam, "Version ordering".
    check_ascending(&[
        "~~", "~", "~beta2", "~beta10", "0.1", "1.0~beta", "1.0", "1.0-test", "1.0.1", "1.0.10", "dev",
        "trunk",
    ]);
    check_ascending(&["1.0", "v1.0"]);
    check_ascending(&["4.14.0~alpha1", "4.14.0~rc1", "4.14.0", "4.14.0+flambda", "4.14.1"]);
    check_equal(&["1.0", "1.00", "1.0-0", "01.0", "1.0-"]);
    check_ascending(&["18446744073709551616", "18446744073709551617"]);
}

/// opam's way to compare: character by character, and number by number.
fn compare(left: &str, right: &str) -> Ordering {
    let split = |text: &str| {
        let (version, revision) = text.rsplit_once('-').unwrap_or((text, ""));
        (version.to_owned(), revision.to_owned())
    };
    let ((left, l), (right, r)) = (split(left), split(right));
    parts(&left, &right).then_with(|| parts(&l, &r))
}

fn parts(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() || !right.is_empty() {
        loop {
            let sign = |text: &[u8]| text.first().copied().filter(|byte| !byte.is_ascii_digit());
            let (l, r) = (sign(left), sign(right));
            if l.is_none() && r.is_none() {
                break;
            }
            let rank = |sign: Option<u8>| match sign {
                Some(b'~') => (0, 0),
                None => (1, 0),
                Some(letter) if letter.is_ascii_alphabetic() => (2, letter),
                Some(other) => (3, other),
            };
            match rank(l).cmp(&rank(r)) {
                Ordering::Equal => (left, right) = (&left[1..], &right[1..]),
                order => return order,
            }
        }
        let number = |text: &[u8]| {
            let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (std::str::from_utf8(&text[..length]).unwrap().parse::<u128>().unwrap_or(0), length)
        };
        let ((l, l_length), (r, r_length)) = (number(left), number(right));
        if l != r {
            return l.cmp(&r);
        }
        (left, right) = (&left[l_length..], &right[r_length..]);
    }
    Ordering::Equal
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    "[01aZ~+._]{1,6}(-[01aZ~+.-]{0,4})?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-2a-cB~_.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
