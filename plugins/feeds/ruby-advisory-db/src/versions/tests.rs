use limpid_plugin_sdk::scheme::Scheme as _;
use limpid_scheme_gem::Gem;
use proptest::prelude::*;

use super::*;

fn of(order: Order, patched: &[&str], unaffected: &[&str]) -> Result<Vulnerable, Error> {
    let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    vulnerable(order, &owned(patched), &owned(unaffected))
}

/// Ranges as `from..until`, with `=` for an end that belongs to them and `?` for one of which no fix is stated.
fn shown(found: &Vulnerable) -> Vec<String> {
    let until = |bound: &Option<Bound>| match bound {
        None => String::new(),
        Some(Bound::Excluding(version)) => version.clone(),
        Some(Bound::Including(version)) => format!("={version}"),
        Some(Bound::Limit(version)) => format!("?{version}"),
    };
    let from = |range: &Range| range.introduced.clone().unwrap_or_default();
    found.ranges.iter().map(|range| format!("{}..{}", from(range), until(&range.until))).collect()
}

#[test]
fn what_no_requirement_asks_for_is_vulnerable() {
    let check = |patched: &[&str], unaffected: &[&str], expected: &[&str]| {
        let found = of(Order::Gem, patched, unaffected).unwrap();
        assert_eq!(shown(&found), expected, "{patched:?}, {unaffected:?}");
        assert_eq!(found.spared, [""; 0]);
    };
    check(&[], &[], &[".."]);
    check(&[">= 1.2"], &[], &["..1.2"]);
    check(&["> 1.2"], &[], &["..=1.2"]);
    check(
        &["~> 5.2.6, >= 5.2.6.2", ">= 7.0.2.2", "~> 6.1.4"],
        &["< 5.0.0"],
        &["5.0.0..5.2.6.2", "5.3.A..6.1.4", "6.2.A..7.0.2.2"],
    );
    check(&["~> 1.0.rc1"], &[], &["..1.0.rc1", "2.A.."]);
    check(&["~> 3"], &[], &["..3", "4.A.."]);
    check(&[], &[">= 3.0"], &["..?3.0"]);
    check(&[">= 3.0"], &[">= 3.0"], &["..3.0"]);
    check(&[">= 2, < 3", ">= 2.5"], &[], &["..2"]);
    check(&[">= 3, < 2"], &[], &[".."]);
    check(&[">= 0"], &[], &["..0"]);
}

#[test]
fn a_version_that_is_spared_is_named() {
    let found = of(Order::Gem, &["= 1.2"], &["<= 1.0"]).unwrap();
    assert_eq!(shown(&found), ["1.0..1.2", "1.2.."]);
    assert_eq!(found.spared, ["1.0", "1.2"]);
}

#[test]
fn programs_know_no_first_pre_release() {
    let found = of(Order::Program, &["~> 2.6.5", ">= 2.7.1"], &[]).unwrap();
    assert_eq!(shown(&found), ["..2.6.5", "2.7..2.7.1"]);
}

#[test]
fn what_is_no_requirement_is_refused() {
    for text in
        ["", ">=", "!= 1.0", ">= 1.0,", "=> 1", ">= x", ">= 1..2", "~> 99999999999999999999", "1 2", ">= -1"]
    {
        assert!(of(Order::Gem, &[text], &[]).is_err(), "{text}");
    }
    let many = vec![">= 1"; MAX_REQUIREMENTS + 1];
    assert!(of(Order::Gem, &many, &[]).is_err());
}

/// Whether a version meets a requirement, by the definition of RubyGems and the scheme of gems.
fn meets(version: &str, requirement: &str) -> bool {
    let key = |version: &str| Gem::key(version).unwrap();
    requirement.split(", ").all(|part| {
        let (operator, wanted) = part.split_once(' ').unwrap();
        match operator {
            "=" => key(version) == key(wanted),
            ">" => key(version) > key(wanted),
            ">=" => key(version) >= key(wanted),
            "<" => key(version) < key(wanted),
            "<=" => key(version) <= key(wanted),
            _ => {
                let release = |version: &str| -> Vec<u64> {
                    let parts = version.split(['.', '-']).map_while(|part| part.parse().ok());
                    parts.collect()
                };
                let mut bump = release(wanted);
                if bump.len() > 1 {
                    bump.pop();
                }
                *bump.last_mut().unwrap() += 1;
                let text = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
                key(version) >= key(wanted) && key(&text(&release(version))) < key(&text(&bump))
            }
        }
    })
}

/// Whether ranges have a version, in the scheme of gems.
pub(crate) fn has(found: &Vulnerable, version: &str) -> bool {
    let key = |version: &str| Gem::key(version).unwrap();
    let is_in = |range: &Range| {
        range.introduced.as_ref().is_none_or(|from| key(version) >= key(from))
            && match &range.until {
                None => true,
                Some(Bound::Excluding(end) | Bound::Limit(end)) => key(version) < key(end),
                Some(Bound::Including(end)) => key(version) <= key(end),
            }
    };
    found.ranges.iter().any(is_in) && !found.spared.iter().any(|spared| key(spared) == key(version))
}

/// Whether what is found is as `bundler-audit` judges: whatever meets none of the requirements is vulnerable.
pub(crate) fn check(patched: &[String], unaffected: &[String], versions: &[String]) {
    let found = vulnerable(Order::Gem, patched, unaffected).unwrap();
    for version in versions {
        let met = patched.iter().chain(unaffected).any(|requirement| meets(version, requirement));
        assert_eq!(has(&found, version), !met, "{version}: {patched:?}, {unaffected:?}, {found:?}");
    }
}

const VERSION: &str = r"[0-3](\.[0-2]){0,2}(\.(rc|beta|A)\.?[0-2]|-[a-c])?";

prop_compose! {
    fn requirement()(parts in prop::collection::vec((prop::sample::select(vec!["=", ">", ">=", "<", "<=", "~>"]), VERSION), 1..3)) -> String {
        parts.iter().map(|(operator, version)| format!("{operator} {version}")).collect::<Vec<_>>().join(", ")
    }
}

proptest! {
    #[test]
    fn ranges_have_what_meets_no_requirement(
        patched in prop::collection::vec(requirement(), 0..5),
        unaffected in prop::collection::vec(requirement(), 0..3),
        versions in prop::collection::vec(VERSION, 1..20),
    ) {
        check(&patched, &unaffected, &versions);
    }

    #[test]
    fn versions_are_ordered_as_the_scheme_does(left in VERSION, right in VERSION) {
        let order = Version::parse(&left).unwrap().cmp(&Version::parse(&right).unwrap());
        prop_assert_eq!(order, Gem::key(&left).unwrap().cmp(&Gem::key(&right).unwrap()));
    }

    #[test]
    fn no_requirement_is_too_odd(text in "[<>=~! ,.0-9a-zA-Z-]{0,30}") {
        let _outcome = of(Order::Gem, &[&text], &[]).is_ok();
    }
}
