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
fn keys_order_as_npm_does() {
    // node-semver, test/fixtures/comparisons.js: each kind of difference.
    check_ascending(&["0.0.0-foo", "0.0.0", "0.0.1", "0.9.0", "0.10.0", "0.99.0"]);
    check_ascending(&["1.2.3-4", "1.2.3-5", "1.2.3-5-Foo", "1.2.3-5-foo", "1.2.3"]);
    check_ascending(&["1.2.3-a", "1.2.3-a.5", "1.2.3-a.10", "1.2.3-a.b"]);
    check_ascending(&["1.2.3-a.b.c.5.d.100", "1.2.3-a.b.c.10.d.5"]);
    check_ascending(&["1.2.3-R2", "1.2.3-r100", "1.2.3-r2"]);
    // test/fixtures/equality.js.
    check_equal(&["1.2.3", "v1.2.3", "=1.2.3", " v1.2.3", "= 1.2.3", " = v1.2.3 "]);
    check_equal(&["1.2.3-beta", "v1.2.3-beta", "1.2.3beta", "=1.2.3-beta+build", "1.2.3-beta+otherbuild"]);
    check_equal(&["1.2.3-0", "=1.2.3-0", "1.2.3-00"]);
    check_ascending(&["1.2.3-", "1.2.3-a"]);
    check_ascending(&["1.0.0-99999999999999999999", "1.0.0-100000000000000000000"]);
}

/// The specification's way to compare: field by field, with no ranks and no bytes.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (fields(left), fields(right));
    let release = |pre_release: &[String]| pre_release.is_empty();
    left.0.cmp(&right.0).then(release(&left.1).cmp(&release(&right.1))).then_with(|| {
        let unequal =
            left.1.iter().zip(&right.1).map(|(l, r)| match (l.parse::<u128>(), r.parse::<u128>()) {
                (Ok(l), Ok(r)) => l.cmp(&r),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => l.cmp(r),
            });
        unequal.fold(Ordering::Equal, Ordering::then).then(left.1.len().cmp(&right.1.len()))
    })
}

/// Of a version as [`versions`] makes them: a hyphen, where there is one, begins a pre-release.
fn fields(text: &str) -> (Vec<u128>, Vec<String>) {
    let text = text.trim_start_matches(['v', '=']).split('+').next().unwrap();
    let (numbers, identifiers) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers: Vec<_> = numbers.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    (numbers, identifiers.split('.').filter(|it| !it.is_empty()).map(str::to_owned).collect())
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[v=]?[0-2]{1,2}(\\.[0-2]{1,2}){0,2}(-[01aB-]{1,3}(\\.[01aB-]{1,3}){0,3})?(\\+[0a-]{1,2})?",
        1 => "[0-9]{1,38}(\\.[0-9]{1,38}){0,2}(-[0-9]{1,38})?",
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
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[v=0-2a-c.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
