use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

#[test]
fn keys_order_as_libalpm_does() {
    let check = |left: &str, expected: Ordering, right: &str| {
        assert_eq!(key(left).cmp(&key(right)), expected, "{left} {expected:?} {right}");
        assert_eq!(key(right).cmp(&key(left)), expected.reverse(), "{right} against {left}");
    };
    // Examples of vercmp(8).
    let ascending = ["1.0a", "1.0b", "1.0beta", "1.0p", "1.0pre", "1.0rc", "1.0", "1.0.a", "1.0.1"];
    for pair in ascending.windows(2) {
        check(pair[0], Ordering::Less, pair[1]);
    }
    for pair in ["1", "1.0", "1.1", "1.1.1", "1.2", "2.0", "3.0.0"].windows(2) {
        check(pair[0], Ordering::Less, pair[1]);
    }
    check("1.0-1", Ordering::Less, "1.0-2");
    check("4.34", Ordering::Less, "1:001");
    check("1:1.0-1", Ordering::Less, "2:1.0-1");
    check("0:1.0", Ordering::Equal, "1.0");
    // Separators by their length.
    check("1.0", Ordering::Equal, "1_0");
    check("1.0", Ordering::Less, "1..0");
    check("1..a", Ordering::Greater, "1.1");
    check("2.36.0+2+ga7c869a-1", Ordering::Less, "2.36.0+10+gaaaaaaa-1");
    // Letters and digits.
    check("1a", Ordering::Less, "1a1");
    check("1a1", Ordering::Less, "1a.1");
    check("a", Ordering::Less, "1");
    check("1.a", Ordering::Less, "1.1");
    check("1A", Ordering::Less, "1a");
    check("1.01", Ordering::Equal, "1.1");
    check("1.9", Ordering::Less, "1.10");
    check("1.99999999999999999999", Ordering::Less, "1.100000000000000000000");
    // Without a release, before all releases.
    check("1.0", Ordering::Less, "1.0-0");
}

#[test]
fn a_version_without_a_release_reaches_over_all_of_its_releases() {
    let ceiling = |text: &str| ceiling(&Version::parse(text).unwrap());
    assert!(key("1.0-999.z") < ceiling("1.0"));
    assert!(ceiling("1.0") < key("1.0.1-1"));
    assert!(ceiling("1.0") < key("1.1-1"));
    assert_eq!(ceiling("1.0-1"), key("1.0-1"));
}

/// What libalpm does: it walks through both at once.
fn walk(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() && !right.is_empty() {
        let skip = |text: &[u8]| text.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        let (l, r) = (skip(left), skip(right));
        (left, right) = (&left[l..], &right[r..]);
        if left.is_empty() || right.is_empty() {
            break;
        }
        if l != r {
            return l.cmp(&r);
        }
        let digits = left[0].is_ascii_digit();
        let run = |text: &[u8]| {
            let in_run = |byte: &&u8| if digits { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
            text.iter().take_while(in_run).count()
        };
        let (l, r) = (run(left), run(right));
        if r == 0 {
            return if digits { Ordering::Greater } else { Ordering::Less };
        }
        let (mut a, mut b) = (&left[..l], &right[..r]);
        if digits {
            let bare = |text: &[u8]| text.iter().take_while(|byte| **byte == b'0').count();
            (a, b) = (&a[bare(a)..], &b[bare(b)..]);
            if a.len() != b.len() {
                return a.len().cmp(&b.len());
            }
        }
        if a != b {
            return a.cmp(b);
        }
        (left, right) = (&left[l..], &right[r..]);
    }
    let is_letter = |text: &[u8]| text.first().is_some_and(u8::is_ascii_alphabetic);
    match (left.is_empty(), right.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) if !is_letter(right) => Ordering::Less,
        (false, _) if is_letter(left) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

const PART: &str = "([0-9ab.+_]{0,6}[0-9ab])";

proptest! {
    #[test]
    fn keys_order_as_a_walk_through_both_does(left in PART, right in PART) {
        let expected = walk(left.as_bytes(), right.as_bytes());
        prop_assert_eq!(key(&left).cmp(&key(&right)), expected, "{} and {}", left, right);
        let (l, r) = (format!("1:1-{left}"), format!("1:1-{right}"));
        prop_assert_eq!(key(&l).cmp(&key(&r)), expected, "{} and {}", l, r);
    }

    #[test]
    fn no_text_is_fatal(text in r"([0-9]|[a-c]|[:\-.]|\PC){0,12}") {
        let _ = Version::parse(&text).map(|version| (of(&version), ceiling(&version)));
    }
}
