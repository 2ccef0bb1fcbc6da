use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

fn check(left: &str, expected: Ordering, right: &str) {
    assert_eq!(key(left).cmp(&key(right)), expected, "{left} {expected:?} {right}");
    assert_eq!(key(right).cmp(&key(left)), expected.reverse(), "{right} against {left}");
    assert_eq!(compare(left, right), expected, "{left} and {right}, piece by piece");
}

#[test]
fn keys_order_as_rpm_documents_it() {
    // The examples of rpm-version(7), and of the manual on dependencies.
    check("1.0.1", Ordering::Greater, "1.0");
    check("1.0", Ordering::Equal, "1_0");
    check("1.0", Ordering::Equal, "1.0.");
    check("1.0~rc1", Ordering::Less, "1.0");
    check("1.0~rc1", Ordering::Less, "1.0~rc2");
    check("1.0^", Ordering::Greater, "1.0");
    check("1.0^git1", Ordering::Greater, "1.0");
    check("1.0^git1", Ordering::Less, "1.0^git2");
    check("1.0^git1", Ordering::Less, "1.0.1");
    check("1.0^git1", Ordering::Less, "1.01");
    check("1.0~rc1^git1", Ordering::Greater, "1.0~rc1");
    check("1.0~rc1^git1", Ordering::Less, "1.0");
    check("1.0^git1~pre", Ordering::Less, "1.0^git1");
    check("1.0^20160101", Ordering::Less, "1.0^20160102");
    check("1.0^20160102", Ordering::Greater, "1.0^20160101^git1");
    // Segments.
    check("2.0", Ordering::Less, "2.0.1");
    check("2.0.1a", Ordering::Greater, "2.0.1");
    check("5.5p1", Ordering::Less, "5.5p2");
    check("5.5p1", Ordering::Less, "5.5p10");
    check("10xyz", Ordering::Less, "10.1xyz");
    check("xyz10", Ordering::Less, "xyz10.1");
    check("xyz.4", Ordering::Less, "8");
    check("xyz.4", Ordering::Less, "2");
    check("5.5p2", Ordering::Less, "5.6p1");
    check("6.0.rc1", Ordering::Greater, "6.0");
    check("10b2", Ordering::Greater, "10a1");
    check("1.0aa", Ordering::Greater, "1.0a");
    check("10.0001", Ordering::Equal, "10.1");
    check("10.0001", Ordering::Less, "10.0039");
    check("4.999.9", Ordering::Less, "5.0");
    check("20101121", Ordering::Equal, "20101121");
    check("2_0", Ordering::Equal, "2.0");
    check("a+", Ordering::Equal, "a_");
    check("+_", Ordering::Equal, "_+");
    check("1é2", Ordering::Equal, "1.2");
    check("99999999999999999999", Ordering::Less, "100000000000000000000");
}

#[test]
fn epochs_come_first_and_releases_last() {
    check("0:1-1", Ordering::Equal, "1-1");
    check("2-9", Ordering::Less, "1:1-1");
    check("2:1-1", Ordering::Less, "10:1-1");
    check("1-1", Ordering::Less, "1-1.el8");
    check("1-1.el8", Ordering::Less, "1-1.el8_4.1");
    check("1-10", Ordering::Greater, "1-9");
    // No release, then an empty one, then all others.
    check("1", Ordering::Less, "1-");
    check("1-", Ordering::Less, "1-0");
    check("1-~", Ordering::Less, "1-");
    check("1", Ordering::Less, "1-~");
    check("1", Ordering::Greater, "1~-1");
    check("1-1", Ordering::Less, "1^-1");
}

#[test]
fn a_version_without_a_release_is_all_of_its_releases() {
    let ceiling = |text: &str| ceiling(&Version::parse(text).unwrap());
    for release in ["1", "1-", "1-0", "1-99.el9", "1-zzz", "0:1.-1"] {
        assert!(key("1") <= key(release) && key(release) < ceiling("1"), "{release}");
    }
    for other in ["1^", "1a-1", "1.0-1", "1:1-1"] {
        assert!(ceiling("1") < key(other), "{other}");
    }
    assert_eq!(ceiling("1-1"), key("1-1"));
}

/// rpm's own way to compare, which looks at both texts at once: no key.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Version::parse(left).unwrap(), Version::parse(right).unwrap());
    let epoch = |version: &Version<'_>| version.epoch.parse::<u32>().unwrap_or(0);
    epoch(&left)
        .cmp(&epoch(&right))
        .then_with(|| compare_part(left.version.as_bytes(), right.version.as_bytes()))
        .then_with(|| match (left.release, right.release) {
            (Some(left), Some(right)) => compare_part(left.as_bytes(), right.as_bytes()),
            (left, right) => left.is_some().cmp(&right.is_some()),
        })
}

fn compare_part(mut left: &[u8], mut right: &[u8]) -> Ordering {
    let skip = |text: &mut &[u8]| {
        while text.first().is_some_and(|byte| is_separator(*byte)) {
            *text = &text[1..];
        }
    };
    loop {
        skip(&mut left);
        skip(&mut right);
        let (l, r) = (left.first().copied(), right.first().copied());
        match (l, r) {
            (None, None) => return Ordering::Equal,
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => (left, right) = (&left[1..], &right[1..]),
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (Some(l), Some(r)) if l.is_ascii_digit() != r.is_ascii_digit() => {
                return l.is_ascii_digit().cmp(&r.is_ascii_digit());
            }
            (Some(l), Some(_)) => {
                let (l, r) = (take(&mut left, l.is_ascii_digit()), take(&mut right, l.is_ascii_digit()));
                let order = if l.first().or(r.first()).is_some_and(u8::is_ascii_digit) {
                    l.len().cmp(&r.len()).then(l.cmp(&r))
                } else {
                    l.cmp(&r)
                };
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

/// The run of digits or of letters that a text begins with; of digits those that count.
fn take(text: &mut &[u8], digits: bool) -> Vec<u8> {
    let of_kind = |byte: &u8| if digits { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
    let count = text.iter().take_while(|byte| of_kind(byte)).count();
    let (run, rest) = text.split_at(count);
    *text = rest;
    run.iter().copied().skip_while(|&byte| digits && byte == b'0').collect()
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "([0-2]:)?[019ab.~^_+]{1,8}(-[019a.~^]{0,6})?",
        2 => "([0-2]:)?[0-9]{1,2}(\\.[0-9]{1,2}){0,3}(~rc[0-9]|\\^2024010[1-3]git[a-f0-9]{3})?-[0-9]{1,2}\\.(el[89](_[0-9])?|fc4[0-2])",
        1 => "[019a:~^é_-]{1,10}",
        1 => "0{0,3}[1-9][0-9]{0,40}(-0{0,3}[0-9]{0,40})?",
    ]
}

/// A version, and another that is often nearly the same.
fn pairs() -> impl Strategy<Value = (String, String)> {
    let near =
        (versions(), "[019a~^.-]{0,3}", any::<prop::sample::Index>()).prop_map(|(version, more, at)| {
            let mut near = version.clone();
            let at = at.index(version.len() + 1);
            if near.is_char_boundary(at) {
                near.insert_str(at, &more);
            }
            (version, near)
        });
    prop_oneof![(versions(), versions()), near].prop_filter("rpm cannot hold it", |(left, right)| {
        Version::parse(left).and(Version::parse(right)).is_ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order((left, right) in pairs()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
    }

    #[test]
    fn the_order_is_total(mut three in prop::array::uniform3(versions().prop_filter("", |text| Version::parse(text).is_ok()))) {
        three.sort_by(|left, right| compare(left, right));
        prop_assert!(compare(&three[0], &three[2]) != Ordering::Greater, "{:?}", three);
        for pair in [(0, 1), (1, 2), (0, 2)] {
            let (left, right) = (&three[pair.0], &three[pair.1]);
            prop_assert_eq!(compare(left, right), compare(right, left).reverse());
            let (l, r) = (key(left), key(right));
            prop_assert!(l == r || !(l.starts_with(&r) || r.starts_with(&l)), "one begins the other: {:?}", three);
        }
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in any::<String>()) {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(of(&version) <= ceiling(&version));
        }
    }
}
