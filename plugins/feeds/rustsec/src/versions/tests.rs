use limpid_plugin_sdk::scheme::Scheme as _;
use limpid_scheme_crates::Crates;
use proptest::prelude::*;

use super::*;

fn owned(all: &[&str]) -> Vec<String> {
    all.iter().map(|&text| text.to_owned()).collect()
}

pub(crate) fn ranges(patched: &[String], unaffected: &[String]) -> Result<Vec<Range>, Error> {
    let versions = Versions::of(patched, unaffected)?;
    Ok(versions.vulnerable.iter().map(|interval| versions.range(interval)).collect())
}

/// A range as `from..until`, with `=` for an end that belongs to it and `?` for one of which no fix is stated.
fn shown(range: &Range) -> String {
    let until = match &range.until {
        None => String::new(),
        Some(Bound::Excluding(version)) => version.clone(),
        Some(Bound::Including(version)) => format!("={version}"),
        Some(Bound::Limit(version)) => format!("?{version}"),
    };
    format!("{}..{until}", range.introduced.clone().unwrap_or_default())
}

#[test]
fn what_no_requirement_asks_for_is_vulnerable() {
    let check = |patched: &[&str], unaffected: &[&str], expected: &[&str]| {
        let found = ranges(&owned(patched), &owned(unaffected)).unwrap();
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{patched:?}, {unaffected:?}");
    };
    check(&[], &[], &[".."]);
    check(&[">= 1.2"], &[], &["..1.2.0"]);
    check(&["> 1.2.0"], &[], &["..=1.2.0"]);
    check(&["> 1.2"], &[], &["..1.3.0"]);
    check(&["^0.7.1", ">= 0.8.1"], &["< 0.3"], &["0.3.0..0.7.1", "0.8.0-0..0.8.1"]);
    check(&["1.7.5", ">= 2.6.0"], &["<= 1.0.0"], &["1.0.1-0..1.7.5", "2.0.0-0..2.6.0"]);
    check(&["~1.2.3"], &[], &["..1.2.3", "1.3.0-0.."]);
    check(&["~1"], &["< 0.5"], &["0.5.0..1.0.0", "2.0.0-0.."]);
    check(&["^0.0.3", "^0.1"], &[], &["..0.0.3", "0.0.4-0..0.1.0", "0.2.0-0.."]);
    check(&["1.2.*"], &[], &["..1.2.0", "1.3.0-0.."]);
    check(&["=1.2.3-rc.1"], &["<=1.1"], &["1.2.0-0..1.2.3-rc.1", "1.2.3-rc.1.0.."]);
    check(&[], &[">= 3.0.0"], &["..?3.0.0"]);
    check(&[">= 3.0.0"], &[">= 3.0.0"], &["..3.0.0"]);
    check(&[">= 2.0.0, < 3.0.0", ">= 2.5.0"], &[], &["..2.0.0"]);
    check(&[">= 3.0.0, < 2.0.0"], &[], &[".."]);
    check(&["*"], &[], &[]);
    check(&[">= 0"], &[], &[]);
    check(&["< 1.0.0"], &[">= 1.0.0-alpha"], &[]);
}

#[test]
fn what_is_no_requirement_is_refused() {
    let long = format!(">= 1.0.0{}", ", >= 1.0.0".repeat(MAX_REQUIREMENT / 10));
    let last = format!("^{}", u64::MAX);
    for text in ["", ">=", "!= 1.0", ">= 1.0,", "=> 1", ">= x", ">= 1..2", "1 2", "~> 1", &long, &last] {
        assert!(ranges(&owned(&[text]), &[]).is_err(), "{text:.100}");
    }
    assert!(ranges(&owned(&vec![">= 1"; MAX_REQUIREMENTS + 1]), &[]).is_err());
}

/// Whether ranges have a version, in the scheme of crates.
fn has(ranges: &[Range], version: &str) -> bool {
    let key = |version: &str| Crates::key(version).unwrap();
    ranges.iter().any(|range| {
        range.introduced.as_ref().is_none_or(|from| key(version) >= key(from))
            && match &range.until {
                None => true,
                Some(Bound::Excluding(end) | Bound::Limit(end)) => key(version) < key(end),
                Some(Bound::Including(end)) => key(version) <= key(end),
            }
    })
}

/// Whether a release is vulnerable where it meets none of the requirements, as Cargo says.
pub(crate) fn check(patched: &[String], unaffected: &[String], releases: &[String]) {
    let ranges = ranges(patched, unaffected).unwrap();
    let requirements: Vec<VersionReq> =
        patched.iter().chain(unaffected).map(|text| VersionReq::parse(text).unwrap()).collect();
    for release in releases {
        let version = Version::parse(release).unwrap();
        let is_met = requirements.iter().any(|requirement| requirement.matches(&version));
        assert_eq!(has(&ranges, release), !is_met, "{release}: {patched:?}, {unaffected:?}, {ranges:?}");
    }
}

const REQUIREMENT: &str = r"(=|>|>=|<|<=|~|\^|) ?[0-3](\.[0-2](\.[0-2](-(0|rc\.1))?)?)?(, ?(=|>|>=|<|<=|~|\^)[0-3](\.[0-2](\.[0-2])?)?)?|[0-2]\.\*|\*";

proptest! {
    #[test]
    fn ranges_have_what_meets_no_requirement(
        patched in prop::collection::vec(REQUIREMENT, 0..5),
        unaffected in prop::collection::vec(REQUIREMENT, 0..3),
        releases in prop::collection::vec(r"[0-4]\.[0-3]\.[0-3]", 1..30),
    ) {
        check(&patched, &unaffected, &releases);
    }

    #[test]
    fn ranges_ascend_and_have_something_between_them(
        patched in prop::collection::vec(REQUIREMENT, 0..5),
        unaffected in prop::collection::vec(REQUIREMENT, 0..3),
    ) {
        let versions = Versions::of(&patched, &unaffected).unwrap();
        for pair in versions.vulnerable.windows(2) {
            prop_assert!(pair[0].high.is_some() && pair[0].high < pair[1].low);
        }
        let are_some = |interval: &Interval| interval.high.is_none() || interval.low < interval.high;
        prop_assert!(versions.vulnerable.iter().all(are_some));
    }

    #[test]
    fn an_interval_covers_what_it_has_in_common_with_all(one in REQUIREMENT, other in REQUIREMENT) {
        let (one, other) = (intervals(&[one]).unwrap(), intervals(&[other]).unwrap());
        if let ([one], [other]) = (one.as_slice(), other.as_slice()) {
            prop_assert_eq!(one.meets(other), other.meets(one));
            prop_assert!(one.covers(one) && (!one.covers(other) || one.meets(other)));
            let both = union(vec![one.clone(), other.clone()]);
            prop_assert!([one, other].iter().all(|part| both.iter().any(|whole| whole.covers(part))));
        }
    }

    #[test]
    fn no_requirement_is_too_odd(text in "[<>=~^*, .0-9a-z-]{0,30}") {
        let _outcome = ranges(&[text], &[]).is_ok();
    }
}
