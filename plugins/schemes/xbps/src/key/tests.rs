use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

#[test]
fn keys_order_as_libxbps_does() {
    let check = |left: &str, expected: Ordering, right: &str| {
        assert_eq!(key(left).cmp(&key(right)), expected, "{left} {expected:?} {right}");
        assert_eq!(key(right).cmp(&key(left)), expected.reverse(), "{right} against {left}");
    };
    // Examples of its tests.
    check("1.0", Ordering::Less, "1.0_1");
    check("2.0rc2", Ordering::Less, "2.0rc3");
    check("129", Ordering::Less, "129_1");
    check("21", Ordering::Equal, "21_0");
    check("21", Ordering::Greater, "2.1");
    check("1.0.1", Ordering::Greater, "1.0_1");
    check("1.0.0", Ordering::Equal, "1");
    check("...", Ordering::Equal, "0");
    check("..1", Ordering::Equal, "0.1");
    check("1.alpha", Ordering::Equal, "1.ALPHA");
    check("1_", Ordering::Equal, "1_0");
    check("1_1_2", Ordering::Equal, "1_2");
    check("abc", Ordering::Equal, ".1.2.3");
    check("alphabeta", Ordering::Less, "betabeta");
    for zeros in 0..9 {
        check("0.0.0.0.0.0.0.0.0", Ordering::Less, &format!("{}1", "0.".repeat(zeros)));
    }
    // What follows from it.
    check("1.0alpha", Ordering::Less, "1.0beta");
    check("1.0beta", Ordering::Less, "1.0rc1");
    check("1.0pre1", Ordering::Equal, "1.0rc1");
    check("1.0rc1_9", Ordering::Less, "1.0_1");
    check("1.0", Ordering::Less, "1.0a");
    check("1.0a", Ordering::Equal, "1.0.1");
    check("1alpha", Ordering::Less, "1.alpha");
    check("1.alpha", Ordering::Less, "1");
    check("1", Ordering::Less, "1..1");
    check("1..1", Ordering::Less, "1.1");
    check("1.9", Ordering::Less, "1.10");
    check("1.99999999999999999999", Ordering::Less, "1.100000000000000000000");
    check("1_9", Ordering::Less, "1_10");
    check("1:1.0_1", Ordering::Less, "2.0_1");
}

/// What libxbps makes of a version that has small numbers only: a list of numbers, and a revision.
fn list(text: &str) -> (Vec<i64>, i64) {
    const WORDS: [(&str, i64); 6] =
        [("alpha", -3), ("beta", -2), ("pre", -1), ("rc", -1), ("pl", 0), (".", 0)];
    let (mut numbers, mut revision) = (Vec::new(), 0);
    let text = text.to_ascii_lowercase();
    let mut rest = text.as_str();
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        (digits.parse().unwrap_or(0), digits.len())
    };
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        if first.is_ascii_digit() {
            let (value, length) = number(rest);
            numbers.push(value);
            taken = length;
        } else if let Some((word, value)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            numbers.push(*value);
            taken = word.len();
        } else if first == '_' {
            let (value, length) = number(&rest[1..]);
            revision = value;
            taken = 1 + length;
        } else if first.is_ascii_alphabetic() {
            numbers.extend([0, i64::from(u32::from(first) - u32::from('a')) + 1]);
        }
        rest = &rest[taken..];
    }
    (numbers, revision)
}

/// How two lists compare that go on with zeros.
fn compare(left: &str, right: &str) -> Ordering {
    let ((left, left_revision), (right, right_revision)) = (list(left), list(right));
    let at = |list: &[i64], index: usize| list.get(index).copied().unwrap_or(0);
    (0..left.len().max(right.len()))
        .map(|index| at(&left, index).cmp(&at(&right, index)))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left_revision.cmp(&right_revision))
}

const VERSION: &str = r"([0-9]{1,3}|\.|0|_[0-9]?|alpha|beta|pre|rc|pl|[a-cA-C]|-|\+|:|ä){1,8}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn keys_order_as_lists_do(left in VERSION, right in VERSION) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} and {}", left, right);
    }

    #[test]
    fn what_differs_little_is_ordered_as_lists_are(
        begin in VERSION,
        left in r"(\.|0|1|rc|a|_1){0,3}",
        right in r"(\.|0|1|rc|a|_1){0,3}",
    ) {
        let (left, right) = (format!("{begin}{left}"), format!("{begin}{right}"));
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} and {}", left, right);
    }

    #[test]
    fn no_text_is_fatal(text in r"([0-9]|[a-z]|[._:\-]|\PC){0,12}") {
        let _ = Version::parse(&text).map(|version| of(&version));
    }
}
