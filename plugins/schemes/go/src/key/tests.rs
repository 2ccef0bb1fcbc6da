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
fn keys_order_as_go_does() {
    // golang.org/x/mod/semver, semver_test.go.
    check_ascending(&[
        "v1.0.0-alpha",
        "v1.0.0-alpha.1",
        "v1.0.0-alpha.beta",
        "v1.0.0-beta",
        "v1.0.0-beta.2",
        "v1.0.0-beta.11",
        "v1.0.0-rc.1",
        "v1",
        "v1.1",
        "v1.2.0-1",
        "v1.2.0-pre",
        "v1.2",
        "v1.2.3-456",
        "v1.2.3-456.789",
        "v1.2.3-456-789",
        "v1.2.3-456a",
        "v1.2.3-pre",
        "v1.2.3-pre.1",
        "v1.2.3-zzz",
        "v1.2.3",
    ]);
    check_equal(&["v1.2.3", "v1.2.3+meta", "1.2.3", "v1.2.3+meta-pre.sha.256a"]);
    check_equal(&["v1", "v1.0", "v1.0.0", "1"]);
    // Pseudo-versions: before the first tag, behind a pre-release, behind a release.
    check_ascending(&[
        "v0.0.0-20190101000000-abcdef012345",
        "v0.0.0-20190102000000-000000000000",
        "v0.0.0",
        "v1.2.3-pre",
        "v1.2.3-pre.0.20190101000000-abcdef012345",
        "v1.2.3",
        "v1.2.4-0.20190101000000-abcdef012345",
        "v1.2.4",
        "v2.0.0+incompatible",
    ]);
}

#[test]
fn toolchains_order_as_advisories_write_them() {
    // The standard library in the database of vulnerabilities: introduced in 1.21.0-0.
    check_ascending(&[
        "go1.20.99",
        "1.21.0-0",
        "go1.21beta1",
        "go1.21rc2",
        "go1.21rc10",
        "go1.21.0",
        "go1.21.1",
    ]);
    check_ascending(&["go1.9.2rc2", "go1.9.2", "go1.10beta1", "go1.10"]);
    check_equal(&["go1.21rc2", "1.21rc2", "1.21.0-rc.2", "v1.21.0-rc.2"]);
    check_equal(&["go1.20", "1.20.0", "v1.20", "go1.20 X:boringcrypto"]);
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

fn fields(text: &str) -> (Vec<u128>, Vec<String>) {
    let text = text.trim_start_matches('v').split('+').next().unwrap();
    let (numbers, identifiers) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers: Vec<_> = numbers.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    (numbers, identifiers.split('.').filter(|it| !it.is_empty()).map(str::to_owned).collect())
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "v?[0-2]{1,2}(\\.[0-2]{1,2}){0,2}(-[01aB-]{1,3}(\\.[01aB-]{1,3}){0,3})?(\\+[0a-]{1,2})?",
        1 => "v[0-9]{1,38}(\\.[0-9]{1,38}){0,2}(-[0-9]{1,38})?",
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
    fn a_toolchain_is_what_advisories_call_it(minor in 0_u32..30, number in 0_u32..30, kind in "beta|rc") {
        let (toolchain, module) = (format!("go1.{minor}{kind}{number}"), format!("v1.{minor}.0-{kind}.{number}"));
        prop_assert_eq!(key(&toolchain), key(&module));
        let release = format!("go1.{minor}");
        prop_assert!(key(&toolchain) < key(&release));
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|(go|v)?[0-2a-crv.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
