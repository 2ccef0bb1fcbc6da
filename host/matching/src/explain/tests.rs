use std::sync::Arc;

use limpid_model::report::Origin;
use limpid_model::{Distribution, KeyedRange, Package, Scope};

use super::*;
use crate::OwnedPackages;
use crate::test_support::{component, installed, keyed, package};

/// Says that versions from one on and below another are affected.
fn affected(from: Option<&str>, until: Option<&str>) -> Statement {
    Statement {
        of_source: false,
        scheme: "number".to_owned(),
        component: Some(component()),
        status: Status::Affected,
        ranges: vec![KeyedRange { introduced: from.map(keyed), until: until.map(keyed), end: RangeEnd::Fix }],
        versions: Vec::new(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: None,
    }
}

/// What an advisory of namespace `here` comes to for a package of an image whose properties say
/// `arch`, `amd64`.
#[track_caller]
fn check(package: Package, statement: Statement, outcome: Outcome, why: &str) {
    let distribution = Distribution {
        id: "test".to_owned(),
        version_id: String::new(),
        pretty_name: String::new(),
        cpe: None,
        namespaces: vec!["here".to_owned()],
        supported_until: None,
    };
    let contents = Contents {
        distribution: Some(distribution),
        packages: vec![installed(package)],
        properties: vec![("arch".to_owned(), "amd64".to_owned())],
        ..Contents::default()
    };
    let advisory = PackageAdvisory {
        id: "X".to_owned(),
        name: "a".to_owned(),
        origin: Arc::new(Origin {
            feed: "f".to_owned(),
            source: "s".to_owned(),
            namespace: "here".to_owned(),
        }),
        vulnerabilities: vec!["X".to_owned()],
        statements: vec![statement],
        first_name: None,
    };
    let advisories = Advisories::from_iter([advisory]);
    let mut authority = Authority::new(&advisories, OwnedPackages::LeftToDistribution);
    let Ok(considered) = explain(&contents, &advisories, &mut authority);
    let [reason] = considered.reasons.as_slice() else { panic!("{considered:?}") };
    assert_eq!(reason.outcome, outcome, "{reason:?}");
    assert_eq!(considered.is_affected, outcome == Outcome::Affected);
    assert!(reason.why.contains(why), "{reason:?}");
}

#[test]
fn what_a_statement_requires_and_the_image_has_not_is_the_reason() {
    let requires = |values: &[&str]| Statement {
        requires: vec![("arch".to_owned(), values.iter().map(|value| (*value).to_owned()).collect())],
        ..affected(None, Some("5"))
    };
    let installed = || package("a", "3");
    check(
        installed(),
        requires(&["arm64", "s390x"]),
        Outcome::Requirement,
        "it is for `arch` arm64 or s390x",
    );
    check(installed(), requires(&["arm64", "amd64"]), Outcome::Affected, "version 3 is affected");
}

#[test]
fn what_is_not_reached_is_told_with_what_is_linked_in() {
    let symbols = |count: usize| (0..count).map(|number| format!("a.F{number}")).collect::<Vec<_>>();
    let through = |count| Statement {
        requires: vec![("symbols".to_owned(), symbols(count))],
        ..affected(None, Some("5"))
    };
    let installed = |linked: &[&str]| {
        let symbols = Some(linked.iter().collect());
        limpid_model::Package { symbols, ..package("a", "3") }
    };
    check(
        installed(&["a.G", "a.H"]),
        through(7),
        Outcome::NotReached,
        "version 3 is vulnerable through `a.F0`, `a.F1`, `a.F2`, `a.F3`, `a.F4` and 2 more, none of which is among \
         the 2 functions of the package that are linked into the file",
    );
    check(installed(&["a.G", "a.F1"]), through(7), Outcome::Affected, "version 3 is affected");
    check(package("a", "3"), through(7), Outcome::Affected, "version 3 is affected");
}

#[test]
fn a_version_is_stored_against_the_ends_of_ranges() {
    let (from, until) = (affected(Some("5"), None), affected(None, Some("5")));
    check(package("a", "4"), until.clone(), Outcome::Affected, "version 4 is affected");
    check(package("a", "5"), until.clone(), Outcome::Fixed, "version 5 is not below 5, which fixes it");
    check(package("a", "4"), from.clone(), Outcome::OtherVersions, "version 4 is before 5, which brought it");
    check(package("a", "5"), from, Outcome::Affected, "version 5 is affected");
    let ending = |end| {
        let range = KeyedRange { introduced: None, until: Some(keyed("5")), end };
        Statement { ranges: vec![range], ..affected(None, None) }
    };
    let behind = "version 6 is behind 5, the last that is affected";
    check(package("a", "6"), ending(RangeEnd::Last), Outcome::OtherVersions, behind);
    let known = "version 5 is not below 5, up to which versions are known to be affected";
    check(package("a", "5"), ending(RangeEnd::Limit), Outcome::OtherVersions, known);
    let fixed = Statement { status: Status::Fixed, ..affected(Some("5"), None) };
    let unstated = "version 4 is not among those of which it says that they are fixed";
    check(package("a", "4"), fixed, Outcome::OtherVersions, unstated);
    let listed = Statement { ranges: Vec::new(), versions: vec![keyed("3")], ..affected(None, None) };
    check(package("a", "4"), listed, Outcome::OtherVersions, "version 4 is not among those it lists");
    check(package("a", "four"), until.clone(), Outcome::Unreadable, "`four` is no number");
    check(package("a", "4"), affected(None, Some("five")), Outcome::Unreadable, "`five` is no number");
    let other = Statement { scheme: "roman".to_owned(), ..until };
    check(package("a", "4"), other, Outcome::Unreadable, "by scheme `roman`, the package by `number`");
}

#[test]
fn what_is_stated_to_be_fixed_or_not_vulnerable_is_so() {
    let stated = |status| Statement { status, note: Some("not built".to_owned()), ..affected(None, None) };
    check(package("a", "4"), stated(Status::Fixed), Outcome::Fixed, "version 4 holds the fix: not built");
    check(
        package("a", "4"),
        stated(Status::NotAffected),
        Outcome::NotAffected,
        "it is not vulnerable: not built",
    );
}

#[test]
fn a_package_is_judged_where_it_is_published_and_nowhere_else() {
    let all = || affected(None, None);
    let own =
        |namespace: &str| Package { scope: Scope::Namespace(namespace.to_owned()), ..package("a", "1") };
    check(own("here"), all(), Outcome::Affected, "version 1 is affected");
    check(
        own("there"),
        all(),
        Outcome::OtherNamespace,
        "it speaks of `here`; for this package it would be there",
    );
    check(package("b", "1"), all(), Outcome::NoSuchPackage, "no package of the image is called `a`");
}
