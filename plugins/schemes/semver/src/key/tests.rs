use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

#[test]
fn keys_order_as_the_specification_does() {
    let check = |ascending: &[&str]| {
        let keys: Vec<_> = ascending.iter().map(|text| key(text)).collect();
        for (index, pair) in keys.windows(2).enumerate() {
            assert!(pair[0] < pair[1], "{} < {}", ascending[index], ascending[index + 1]);
        }
    };
    // SemVer 2.0.0, 11.2 and 11.3.
    check(&["1.0.0", "2.0.0", "2.1.0", "2.1.1"]);
    check(&["1.0.0-alpha", "1.0.0"]);
    // SemVer 2.0.0, 11.4.
    check(&[
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]);
    // Each kind of difference that the tests of npm's semver have (test/fixtures/comparisons.js).
    check(&["0.0.0-foo", "0.0.0", "0.0.1", "0.9.0", "0.10.0", "0.99.0"]);
    check(&["1.2.3-4", "1.2.3-5", "1.2.3-5-Foo", "1.2.3-5-foo", "1.2.3"]);
    check(&["1.2.3-a", "1.2.3-a.5", "1.2.3-a.10", "1.2.3-a.b"]);
    check(&["1.2.3-a.b.c.5.d.100", "1.2.3-a.b.c.10.d.5"]);
    check(&["1.2.3-R2", "1.2.3-r100", "1.2.3-r2"]);
    // Pseudo-versions of Go: what precedes a tag, and what follows one.
    check(&[
        "v0.0.0-20190101000000-abcdef012345",
        "v0.0.0-20190102000000-000000000000",
        "v0.0.0",
        "v1.2.3-0.20190101000000-abcdef012345",
        "v1.2.3-pre",
        "v1.2.3-pre.0.20190101000000-abcdef012345",
        "v1.2.3",
        "v2.0.0+incompatible",
    ]);
    // Only a pre-release of 0 comes before it.
    check(&["0-rc", "0", "0.0.1-0", "0.0.1"]);
    // Numbers of any length.
    check(&["18446744073709551616.0.0", "18446744073709551617.0.0"]);
    check(&["1.0.0-99999999999999999999", "1.0.0-100000000000000000000"]);
    check(&[&"9".repeat(254), &"9".repeat(255), &"9".repeat(256)]);
}

#[test]
fn what_does_not_count_for_the_order_gives_equal_keys() {
    let check = |equal: &[&str]| {
        assert!(equal.iter().all(|text| key(text) == key(equal[0])), "{equal:?}");
    };
    check(&["1.0.0", "1.0.0+build", "1.0.0+20130313144700", "1.0.0+21AF26D3---117B344092BD"]);
    check(&["1.0.0", "1", "1.0", "v1", "=1.0.0", "01.00.000"]);
    check(&["1.0.0-rc1", "1.0-rc1", "1-rc1", "1.0.0rc1", "v1.0.0-rc1+5"]);
    check(&["1.0.0-1", "1.0.0-01", "1-001"]);
}

/// The specification's way to compare: field by field, with no ranks and no bytes.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Fields::of(left), Fields::of(right));
    for (l, r) in left.numbers.iter().zip(&right.numbers) {
        if l != r {
            return l.cmp(r);
        }
    }
    match (left.identifiers.is_empty(), right.identifiers.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    for (l, r) in left.identifiers.iter().zip(&right.identifiers) {
        let unequal = match (l.parse::<u128>(), r.parse::<u128>()) {
            (Ok(l), Ok(r)) => l.cmp(&r),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => l.cmp(r),
        };
        if unequal != Ordering::Equal {
            return unequal;
        }
    }
    left.identifiers.len().cmp(&right.identifiers.len())
}

struct Fields {
    numbers: Vec<u128>,
    identifiers: Vec<String>,
}

impl Fields {
    /// Of a version as [`versions`] makes them: a hyphen, where there is one, begins a pre-release.
    fn of(text: &str) -> Self {
        let text = text.trim_start_matches(['v', '=']);
        let text = text.split('+').next().unwrap();
        let (numbers, identifiers) = text.split_once('-').unwrap_or((text, ""));
        let mut numbers: Vec<_> = numbers.split('.').map(|number| number.parse().unwrap()).collect();
        numbers.resize(3, 0);
        let identifiers = identifiers.split('.').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        Self { numbers, identifiers }
    }
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[v=]?[0-2]{1,2}(\\.[0-2]{1,2}){0,2}(-[01aB-]{1,3}(\\.[01aB-]{1,3}){0,3})?(\\+[0a-]{1,2})?",
        1 => "[0-9]{1,38}(\\.[0-9]{1,38}){0,2}(-[0-9]{1,38})?",
    ]
}

#[test]
fn builds_of_a_version_are_equal_to_it() {
    // `semver.eq` of npm says so of each.
    for (left, right) in [
        ("1.0.0+build", "1.0.0"),
        ("1.0.0+20130313144700", "1.0.0+exp.sha.5114f85"),
        ("1.0.0-rc.1+build.1", "1.0.0-rc.1"),
        ("v2.0.0+incompatible", "2.0.0"),
    ] {
        assert_eq!(key(left), key(right), "{left} {right}");
    }
    assert_ne!(key("1.0.0-build"), key("1.0.0"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn key_order_is_version_order_where_only_the_ends_differ(
        start in "[01](\\.[01]){0,2}",
        left in "(-[01aB-]{1,2}(\\.[01aB-]{1,2}){0,3})?",
        right in "(-[01aB-]{1,2}(\\.[01aB-]{1,2}){0,3})?",
    ) {
        let (left, right) = (format!("{start}{left}"), format!("{start}{right}"));
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[v=0-9a-zA-Z.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
