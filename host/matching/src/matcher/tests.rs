use limpid_model::{Distribution, Package, RangeEnd, SourcePackage};

use super::*;
use crate::test_support::{component, installed, keyed, package};
use crate::{Advisories, OwnedPackages};

/// Says of versions below `until` (none: of all) that they have a status.
fn say(status: Status, until: Option<&str>) -> Statement {
    Statement {
        of_source: false,
        scheme: "number".to_owned(),
        component: Some(component()),
        status,
        ranges: vec![KeyedRange { introduced: None, until: until.map(keyed), end: RangeEnd::Fix }],
        versions: Vec::new(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: None,
    }
}

fn affected(until: &str) -> Statement {
    say(Status::Affected, Some(until))
}

/// What is stated, as `namespace name feed id`; the source is the feed's only one.
#[derive(Default)]
struct Publications(Vec<PackageAdvisory>);

impl Publications {
    fn with(mut self, place: &str, statements: Vec<Statement>) -> Self {
        let [namespace, name, feed, id] = place.split(' ').collect::<Vec<_>>()[..] else {
            panic!("`{place}` is no place");
        };
        self.0.push(PackageAdvisory {
            id: id.to_owned(),
            name: name.to_owned(),
            origin: Arc::new(Origin {
                feed: feed.to_owned(),
                source: format!("source of {feed}"),
                namespace: namespace.to_owned(),
            }),
            vulnerabilities: vec![id.to_owned()],
            statements,
            first_name: None,
        });
        self
    }

    fn matches(self, packages: Vec<Package>) -> Matches {
        let advisories = Advisories::from_iter(self.0);
        let distribution = Distribution {
            id: "test".to_owned(),
            version_id: String::new(),
            pretty_name: String::new(),
            cpe: None,
            namespaces: vec!["best".to_owned(), "second".to_owned()],
            supported_until: None,
        };
        let contents = Contents {
            distribution: Some(distribution),
            packages: packages.into_iter().map(installed).collect(),
            properties: vec![("fips".to_owned(), "on".to_owned())],
            ..Contents::default()
        };
        let mut authority = Authority::new(&advisories, OwnedPackages::LeftToDistribution);
        let Ok(matches) = match_packages(&advisories, &mut authority, &contents, 0..contents.packages.len());
        matches
    }

    /// Matches as `package id status fix namespace feed`, what could not be judged as `package id ?`.
    fn check(self, package: Package, expected: &[&str]) {
        let found = self.matches(vec![package]);
        let matches = found.matches.iter().map(|m| {
            let fix = m.fixed_version.as_deref().unwrap_or("-");
            assert_eq!(m.origin.source, format!("source of {}", m.origin.feed));
            let (status, origin) = (m.status.as_str(), &m.origin);
            format!("{} {status} {fix} {} {}", m.id, origin.namespace, origin.feed)
        });
        let unjudged = found.unjudged.iter().map(|u| format!("{} ? {}", u.id, u.feed));
        assert_eq!(matches.chain(unjudged).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn what_the_best_namespace_decides_stands() {
    let stated = |best: Statement, second: Statement| {
        Publications::default().with("best a f X", vec![best]).with("second a f X", vec![second])
    };
    let installed = || package("a", "3");
    stated(affected("5"), affected("9")).check(installed(), &["X affected 5 best f"]);
    stated(say(Status::NotAffected, None), affected("9")).check(installed(), &[]);
    stated(affected("2"), affected("9")).check(installed(), &[]);
    let later = Statement {
        ranges: vec![KeyedRange {
            introduced: Some(keyed("4")),
            until: Some(keyed("5")),
            end: RangeEnd::Fix,
        }],
        ..affected("5")
    };
    stated(later, affected("9")).check(installed(), &["X affected 9 second f"]);
    let elsewhere = Statement {
        requires: vec![("arch".to_owned(), vec!["another".to_owned()])],
        ..say(Status::NotAffected, None)
    };
    stated(elsewhere, affected("9")).check(installed(), &["X affected 9 second f"]);
    let unknown = || affected("no number");
    stated(affected("5"), unknown()).check(installed(), &["X affected 5 best f"]);
    stated(unknown(), affected("9")).check(installed(), &["X affected 9 second f", "X ? f"]);
    stated(unknown(), say(Status::NotAffected, None)).check(installed(), &["X ? f"]);
}

#[test]
fn a_match_names_the_feed_that_says_it() {
    let requiring =
        Statement { requires: vec![("fips".to_owned(), vec!["off".to_owned()])], ..affected("9") };
    let with_first = |first: Statement| {
        Publications::default().with("best a f1 X", vec![first]).with("best a f2 X", vec![affected("5")])
    };
    with_first(requiring).check(package("a", "3"), &["X affected 5 best f2"]);
    with_first(affected("2")).check(package("a", "3"), &["X affected 5 best f2"]);
    with_first(affected("4")).check(package("a", "3"), &["X affected 5 best f1"]);
    let unknown = Publications::default()
        .with("best a f1 X", vec![affected("2")])
        .with("best a f2 X", vec![affected("no number")]);
    unknown.check(package("a", "3"), &["X ? f2"]);
}

#[test]
fn a_property_of_the_image_may_be_required() {
    let requiring = |value: &str| Statement {
        requires: vec![("fips".to_owned(), vec![value.to_owned()])],
        ..affected("9")
    };
    let stated = |value| Publications::default().with("best a f X", vec![requiring(value)]);
    stated("on").check(package("a", "3"), &["X affected 9 best f"]);
    stated("off").check(package("a", "3"), &[]);
}

#[test]
fn statements_are_found_by_the_names_of_package_and_source() {
    let of_source = |until| Statement { of_source: true, ..affected(until) };
    let stated = Publications::default()
        .with("best a f BINARY", vec![affected("4"), of_source("9")])
        .with("best s f SOURCE", vec![affected("4"), of_source("9")])
        .with("best s f NEVER", vec![affected("99")])
        .with("best ab f NEVER", vec![affected("99")])
        .with("other a f NEVER", vec![affected("99")]);
    let source = SourcePackage { name: "s".into(), version: "7".into() };
    let built = Package { source: Some(source), ..package("a", "3") };
    stated.check(built, &["BINARY affected 4 best f", "SOURCE affected 9 best f"]);
}

#[test]
fn a_package_with_a_namespace_of_its_own_is_not_judged_by_the_distribution() {
    let stated = Publications::default()
        .with("own a f X", vec![affected("9")])
        .with("best a f NEVER", vec![affected("9")]);
    let own = Package { scope: Scope::Namespace("own".to_owned()), ..package("a", "3") };
    stated.check(own, &["X affected 9 own f"]);
}

#[test]
fn a_version_that_has_no_key_is_told() {
    let source = SourcePackage { name: "s".into(), version: "seven".into() };
    let packages =
        vec![package("a", "three"), Package { source: Some(source), ..package("b", "3") }, package("c", "3")];
    let unordered = Publications::default().matches(packages).unordered;
    let told: Vec<_> = unordered.iter().map(|u| (u.package.as_str(), u.why.as_str())).collect();
    assert_eq!(told, [("a", "`three` is no number"), ("b", "`seven` is no number")]);
}

#[test]
fn what_is_found_comes_in_one_order() {
    let ids: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
    let stated = |statement: fn() -> Statement| {
        let all = ids.iter().rev();
        all.fold(Publications::default(), |p, id| p.with(&format!("best a f {id}"), vec![statement()]))
    };
    let matches = stated(|| affected("9")).matches(vec![package("a", "3")]).matches;
    assert_eq!(matches.into_iter().map(|m| m.id).collect::<Vec<_>>(), ids);
    let unjudged = stated(|| affected("nine")).matches(vec![package("a", "3")]).unjudged;
    assert_eq!(unjudged.into_iter().map(|u| u.id).collect::<Vec<_>>(), ids);
}

#[test]
fn packages_of_one_name_are_each_judged_by_their_own_version() {
    let stated = Publications::default().with("best a f X", vec![affected("5")]);
    let found = stated.matches(vec![package("a", "5"), package("a", "4"), package("a", "3")]);
    assert_eq!(found.matches.iter().map(|m| m.package).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_distribution_judges_what_it_put_there_where_it_speaks_of_that() {
    let owner = |package: &str, vendor: Option<&str>| limpid_model::Owner {
        package: package.into(),
        source: format!("source-{package}").into(),
        vendor: vendor.map(str::to_owned),
    };
    let check = |owner: limpid_model::Owner, owned: OwnedPackages, expected: bool| {
        let stated = Publications::default()
            .with("best source-p f X", vec![affected("1")])
            .with("second q f X", vec![affected("1")])
            .with("elsewhere r f X", vec![affected("1")]);
        let advisories = Advisories::from_iter(stated.0);
        let namespaces = ["best".to_owned(), "second".to_owned()];
        let mut authority = Authority::new(&advisories, owned);
        for _ in 0..2 {
            assert_eq!(authority.judges(Some(&owner), &namespaces).unwrap(), expected, "{owner:?}");
        }
        assert!(!authority.judges(None, &namespaces).unwrap());
        assert!(!authority.judges(Some(&owner), &[]).unwrap());
    };
    check(owner("p", None), OwnedPackages::LeftToDistribution, true);
    check(owner("q", None), OwnedPackages::LeftToDistribution, true);
    check(owner("r", None), OwnedPackages::LeftToDistribution, false);
    check(owner("vendor-cli", None), OwnedPackages::LeftToDistribution, false);
    check(owner("p", Some("nodesource")), OwnedPackages::LeftToDistribution, false);
    check(owner("p", Some("Best")), OwnedPackages::LeftToDistribution, true);
    check(owner("p", None), OwnedPackages::Judged, false);
}
