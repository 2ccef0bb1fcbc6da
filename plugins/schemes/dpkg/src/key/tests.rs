use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

#[test]
fn keys_order_as_policy_and_dpkg_do() {
    let check = |left: &str, expected: Ordering, right: &str| {
        assert_eq!(key(left).cmp(&key(right)), expected, "{left} {expected:?} {right}");
        assert_eq!(key(right).cmp(&key(left)), expected.reverse(), "{right} against {left}");
    };
    // The sequence that Debian Policy 5.6.12 gives: `~~`, `~~a`, `~`, the empty part, `a`.
    check("1~~", Ordering::Less, "1~~a");
    check("1~~a", Ordering::Less, "1~");
    check("1~", Ordering::Less, "1");
    check("1", Ordering::Less, "1a");
    // Its example of a pre-release.
    check("1.0~beta1~svn1245", Ordering::Less, "1.0~beta1");
    check("1.0~beta1", Ordering::Less, "1.0");
    // Letters before everything else.
    check("1a", Ordering::Less, "1+");
    check("1.0a", Ordering::Less, "1.0.1");
    check("1z", Ordering::Less, "1-1-1");
    // Numbers by value, of any length.
    check("1.9", Ordering::Less, "1.10");
    check("1.0", Ordering::Equal, "1.00");
    check("1.0", Ordering::Equal, "1.");
    check("18446744073709551616", Ordering::Less, "18446744073709551617");
    check("99999999999999999999", Ordering::Less, "100000000000000000000");
    check(&"9".repeat(254), Ordering::Less, &"9".repeat(255));
    check(&"9".repeat(255), Ordering::Less, &"9".repeat(256));
    check(&"9".repeat(510), Ordering::Less, &format!("1{}", "0".repeat(510)));
    // Epochs and revisions.
    check("0:1", Ordering::Equal, "1");
    check("9", Ordering::Less, "1:1");
    check("2:1", Ordering::Less, "10:1");
    check("1", Ordering::Equal, "1-0");
    check("1-0", Ordering::Less, "1-1");
    check("1", Ordering::Less, "1-0a");
    check("1-1", Ordering::Less, "1.0-1");
    check("1-1~bpo12+1", Ordering::Less, "1-1");
    check("1-1", Ordering::Less, "1-1+deb12u1");
    check("2.36-9+deb12u9", Ordering::Less, "2.36-9+deb12u10");
    // What the policy does not allow, in the order of dpkg 1.21.
    check("1.a", Ordering::Less, "1.ä");
    check("1.ä", Ordering::Less, "1.+");
    check("1+", Ordering::Less, "1_");
}

/// dpkg's own way to compare, straight from the text of the policy: no key, no ranks.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Version::parse(left).unwrap(), Version::parse(right).unwrap());
    let epoch = |version: &Version<'_>| version.epoch.parse::<u64>().unwrap_or(0);
    epoch(&left)
        .cmp(&epoch(&right))
        .then_with(|| compare_part(left.upstream.as_bytes(), right.upstream.as_bytes()))
        .then_with(|| compare_part(left.revision.as_bytes(), right.revision.as_bytes()))
}

fn compare_part(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        loop {
            let (l, r) = (sign(left), sign(right));
            match l.cmp(&r) {
                Ordering::Equal if l == 0 => break,
                Ordering::Equal => (left, right) = (&left[1..], &right[1..]),
                unequal => return unequal,
            }
        }
        let (l, r) = (take_digits(&mut left), take_digits(&mut right));
        let unequal = l.len().cmp(&r.len()).then_with(|| l.cmp(&r));
        if unequal != Ordering::Equal {
            return unequal;
        }
    }
    Ordering::Equal
}

fn sign(text: &[u8]) -> i32 {
    match text.first() {
        None => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(byte.cast_signed()) + 256,
    }
}

fn take_digits(text: &mut &[u8]) -> Vec<u8> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    *text = rest;
    digits.iter().copied().skip_while(|&digit| digit == b'0').collect()
}

#[test]
fn a_build_without_a_change_of_its_source_is_a_version_of_its_own() {
    // Answers of `dpkg --compare-versions`, in ascending order: no range of versions holds the builds of
    // `1.2-3` (`+b1`, `+b10`) without what others have built from other sources.
    let ascending = [
        "1.2-3~bpo12+1",
        "1.2-3",
        "1.2-3build1",
        "1.2-3ubuntu1",
        "1.2-3+b1",
        "1.2-3+b10",
        "1.2-3+deb12u1",
        "1.2-3.1",
    ];
    let keys: Vec<_> = ascending.iter().map(|text| key(text)).collect();
    assert!(keys.is_sorted_by(|left, right| left < right), "{keys:?}");
    for equal in ["1.2", "1.2-0", "0:1.2-00"] {
        assert_eq!(key(equal), key("1.2"), "{equal}");
    }
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    let part = "[019a~+.Z-]{0,8}";
    prop_oneof![
        8 => ("([0-2]:)?", "[0-9]", part).prop_map(|(epoch, first, rest)| format!("{epoch}{first}{rest}")),
        1 => "[0-9]:[ab~:.0-9ä_-]{1,12}",
        1 => "0{0,3}[1-9][0-9]{0,40}(-0{0,3}[0-9]{0,40})?",
    ]
    .prop_filter("dpkg refuses it", |text| Version::parse(text).is_ok())
}

/// A version, and another that is often nearly the same.
fn pairs() -> impl Strategy<Value = (String, String)> {
    let near = (versions(), "[019a~+.-]{0,3}", any::<prop::sample::Index>())
        .prop_map(|(version, more, at)| {
            let mut near = version.clone();
            let at = at.index(version.len() + 1);
            if near.is_char_boundary(at) {
                near.insert_str(at, &more);
            }
            (version, near)
        })
        .prop_filter("dpkg refuses it", |(_, near)| Version::parse(near).is_ok());
    prop_oneof![(versions(), versions()), near]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order((left, right) in pairs()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in any::<String>()) {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
