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
fn keys_order_as_the_specification_does() {
    // SemVer 2.0.0, 11.
    check_ascending(&["1.0.0", "2.0.0", "2.1.0", "2.1.1"]);
    check_ascending(&[
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]);
    check_equal(&["1.0.0", "1.0", "1"]);
}

#[test]
fn builds_have_an_order_and_are_their_version() {
    // The documentation of `BuildMetadata`.
    check_ascending(&[
        "1.0.0",
        "1.0.0+0",
        "1.0.0+00",
        "1.0.0+1",
        "1.0.0+01",
        "1.0.0+001",
        "1.0.0+2",
        "1.0.0+02",
        "1.0.0+10",
        "1.0.0+a",
    ]);
    check_ascending(&["1.0.0-rc", "1.0.0-rc+1", "1.0.0-rc+1.1", "1.0.0-rc.1", "1.0.0", "1.0.1-0"]);
    let ceiling = |text: &str| ceiling(&Version::parse(text).unwrap());
    for build in ["1.0.0", "1+0", "1.0.0+zzz.9", "1.0.0+99999999999999999999"] {
        assert!(key("1.0.0") <= key(build) && key(build) <= ceiling("1.0.0"), "{build}");
        assert!(build == "1.0.0" || ceiling(build) == key(build), "{build}");
    }
    assert!(key("1.0.0-rc+1") < key("1.0.0") && ceiling("1.0.0-rc") < key("1.0.0"));
    assert!(ceiling("1.0.0") < key("1.0.1-0") && ceiling("1.0.0-rc") < key("1.0.0-rc.0"));
}

/// Compares field by field, with no ranks and no bytes.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (fields(left), fields(right));
    left.numbers
        .cmp(&right.numbers)
        .then(left.pre_release.is_empty().cmp(&right.pre_release.is_empty()))
        .then_with(|| lists(&left.pre_release, &right.pre_release, identifiers))
        .then_with(|| lists(&left.build, &right.build, builds))
}

fn lists(left: &[String], right: &[String], identifiers: impl Fn(&str, &str) -> Ordering) -> Ordering {
    let unequal = left.iter().zip(right).map(|(left, right)| identifiers(left, right));
    unequal.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
}

fn identifiers(left: &str, right: &str) -> Ordering {
    match (left.parse::<u128>(), right.parse::<u128>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

fn builds(left: &str, right: &str) -> Ordering {
    let numbers = left.parse::<u128>().is_ok() && right.parse::<u128>().is_ok();
    identifiers(left, right).then(if numbers { left.len().cmp(&right.len()) } else { Ordering::Equal })
}

struct Fields {
    numbers: Vec<u128>,
    pre_release: Vec<String>,
    build: Vec<String>,
}

fn fields(text: &str) -> Fields {
    let (text, build) = text.split_once('+').unwrap_or((text, ""));
    let (numbers, pre_release) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers: Vec<_> = numbers.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    let identifiers = |text: &str| text.split('.').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    Fields { numbers, pre_release: identifiers(pre_release), build: identifiers(build) }
}

/// Versions of few different characters, so that many share a beginning.
fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-2](\\.[0-2]{1,2}){0,2}(-[01aB-]{1,3}(\\.[01aB-]{1,3}){0,3})?(\\+[01a-]{1,3}(\\.[0a]){0,2})?",
        1 => "[0-9](\\.[0-9]{1,38}){0,2}(-[0-9]{1,22})?",
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
    fn all_builds_of_a_version_lie_below_its_ceiling(left in versions(), right in versions()) {
        let public = left.split('+').next().unwrap();
        let ceiling = ceiling(&Version::parse(public).unwrap());
        let is_between = key(public) <= key(&right) && key(&right) <= ceiling;
        let of_right = right.split('+').next().unwrap();
        prop_assert_eq!(is_between, compare(public, of_right) == Ordering::Equal, "{} {}", public, right);
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-2a-cB.+ -]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
