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
fn keys_order_as_composer_does() {
    // "Versions and constraints", and the tests of composer/semver.
    check_ascending(&[
        "1.0.0-dev",
        "1.0.0-alpha",
        "1.0.0-alpha1",
        "1.0.0-alpha2-dev",
        "1.0.0-alpha2",
        "1.0.0-alpha2.1",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta11",
        "1.0.0-RC1",
        "1.0.0",
        "1.0.0-patch-dev",
        "1.0.0-patch",
        "1.0.0-p1",
        "1.0.0-pl2",
        "1.0.0.1",
        "1.0.1",
        "1.2",
        "1.10",
        "1.x-dev",
        "2.0",
    ]);
    check_ascending(&["1.0.9", "1.0.x-dev", "1.1.0-alpha"]);
    check_ascending(&["10", "2010.01", "2010-01-02", "2010-01-02.5", "20100102", "20100102-203040-p1"]);
    check_ascending(&["1.0-STABLE", "1.0-dev"]);
}

#[test]
fn what_does_not_count_for_the_order_gives_equal_keys() {
    // VersionParserTest, `successfulNormalizedVersions`.
    check_equal(&[
        "1.0.0",
        "1",
        "1.0",
        "1.0.0.0",
        "v1.0.0",
        "V1.0",
        "1.0.0+foo",
        "1.0.0-stable",
        "01.0.0",
        "1.0@dev",
    ]);
    check_equal(&["1.0.0-beta.5", "1.0.0.BETA5", "1.0.0b5", "1.0.0_beta5", "1.0-b5+foo", "1.0.0beta-5"]);
    check_equal(&["1.0.0RC1dev", "1.0.0-rC1-dev", "1.0.0-RC1-dev", "v1.0-rc.1.dev"]);
    check_equal(&["1.0.0.pl3", "1.0.0-patch3", "1.0-p3"]);
    check_equal(&["1.x-dev", "1.X.x.x-dev", "1.*-dev", "v1.x-dev", "1.xdev"]);
    check_equal(&["2010-01-02", "2010:01:02", "2010.01-02"]);
    check_equal(&["1.0.0 as 2.0", "1.0.0"]);
}

/// `version_compare` of PHP: parts one after the other, of two that differ by what they are.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (parts(left), parts(right));
    for (l, r) in left.iter().zip(&right) {
        let order = match (l.parse::<u128>(), r.parse::<u128>()) {
            (Ok(l), Ok(r)) => l.cmp(&r),
            _ => form(l).cmp(&form(r)),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    let rest = |parts: &[String], other: &[String]| match parts.get(other.len()) {
        Some(part) if part.parse::<u128>().is_ok() => 1,
        Some(part) => form(part) - form("#"),
        None => 0,
    };
    (rest(&left, &right) - rest(&right, &left)).cmp(&0)
}

fn form(part: &str) -> i32 {
    ["dev", "alpha", "beta", "RC", "#", "patch"]
        .iter()
        .position(|form| *form == part)
        .map_or(4, |place| i32::try_from(place).unwrap())
}

/// The parts of the normalised version, of one as [`versions`] makes them.
fn parts(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('v');
    let (text, is_dev) = text.strip_suffix("-dev").map_or((text, false), |text| (text, true));
    let (numbers, stability) = text.split_once('-').unwrap_or((text, ""));
    let mut parts: Vec<_> = numbers.split('.').map(str::to_owned).collect();
    parts.resize(4, "0".to_owned());
    let digits = stability.find(|c: char| c.is_ascii_digit()).unwrap_or(stability.len());
    let (word, numbers) = stability.split_at(digits);
    let word = [("a", "alpha"), ("b", "beta"), ("p", "patch")]
        .into_iter()
        .find(|it| it.0 == word)
        .map_or(word, |it| it.1);
    parts.extend([word].into_iter().chain(numbers.split('.')).filter(|it| !it.is_empty()).map(str::to_owned));
    parts.extend(is_dev.then(|| "dev".to_owned()));
    parts
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    "v?[0-2]{1,2}(\\.[0-2]{1,2}){0,3}(-(a|alpha|beta|b|RC|p|patch)([0-2]{1,2}(\\.[0-2])?)?)?(-dev)?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), compare(&left, &right).reverse());
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[v0-2a-eprst.@+x* -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
