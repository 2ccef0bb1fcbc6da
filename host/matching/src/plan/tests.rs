use limpid_model::report::{Coverage, DistributionCoverage, Examination, Exploited};
use limpid_model::{BaseImage, Digest, Distribution, Image, Platform, Provenance, Severity};

use super::*;
use crate::test_support::{finding, reported as package};

fn report(findings: Vec<Finding>, layers_of_base: Option<usize>) -> Report {
    let id = Digest::of(b"image");
    let distribution = Distribution {
        id: "distribution".to_owned(),
        version_id: "1".to_owned(),
        pretty_name: String::new(),
        cpe: None,
        namespaces: vec!["distribution:1".to_owned()],
        supported_until: None,
    };
    Report {
        image: Image {
            id,
            manifests: Vec::new(),
            names: Vec::new(),
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: Vec::new(),
        },
        findings,
        suppressed: Vec::new(),
        attached: Vec::new(),
        coverage: Coverage {
            distribution: Some(DistributionCoverage { distribution, supported: None }),
            packages: 0,
            judged: 0,
            sources: Vec::new(),
            enrichments: Vec::new(),
            examination: Examination::default(),
            unordered: Vec::new(),
            unjudged: Vec::new(),
            gaps: Vec::new(),
        },
        plugins: Vec::new(),
        base: layers_of_base.map(|layers| BaseImage { id, names: Vec::new(), layers }),
        recommendation: None,
    }
}

/// Layer, package, version and what it clears, of each update.
fn updates(plan: &Plan) -> Vec<(usize, String, String, usize)> {
    let updates = plan.layers.iter().flat_map(|layer| layer.updates.iter().map(|it| (layer.layer.index, it)));
    updates
        .map(|(layer, it)| (layer, it.package.name.to_string(), it.to.to_string(), it.clears.len()))
        .collect()
}

fn words(expected: &[(usize, &str, &str, usize)]) -> Vec<(usize, String, String, usize)> {
    expected.iter().map(|(layer, name, to, count)| (*layer, (*name).into(), (*to).into(), *count)).collect()
}

#[test]
fn a_package_is_updated_to_the_version_that_clears_the_most_of_its_findings() {
    let (a, b) = (package("a", "db", 0), package("b", "db", 1));
    let findings = vec![
        finding("CVE-1", Severity::Low, &a, &["2", "4"]),
        finding("CVE-2", Severity::Low, &a, &["4", "4"]),
        finding("CVE-3", Severity::Low, &a, &[]),
        // Of its source package, in the terms of that.
        finding("CVE-4", Severity::Low, &a, &["9"]),
        finding("CVE-5", Severity::Low, &b, &[]),
    ];
    let plan = plan(&report(findings, None));
    assert_eq!(updates(&plan), words(&[(0, "a", "4", 3)]));
    let [update] = &plan.layers[0].updates[..] else { panic!("{plan:?}") };
    assert_eq!((update.also.as_slice(), update.remains), (&["9".into()][..], 1));
    assert_eq!((plan.findings, plan.clears), (5, 3));
    assert!(update.of_distribution);
}

#[test]
fn updates_are_by_layer_and_owner_and_the_worst_first() {
    let (a, b, c) = (package("a", "db", 0), package("b", "db", 0), package("c", "db", 2));
    let mut exploited = finding("CVE-3", Severity::Low, &package("d", "db", 0), &["2"]);
    exploited.exploited = Some(Exploited { since: "2026".to_owned(), feed: "f".to_owned() });
    let findings = vec![
        finding("CVE-1", Severity::Medium, &a, &["2"]),
        finding("CVE-2", Severity::High, &b, &["2"]),
        finding("CVE-1", Severity::Critical, &c, &["2"]),
        exploited,
    ];
    let plan = plan(&report(findings, Some(2)));
    assert_eq!(
        updates(&plan),
        words(&[(0, "d", "2", 1), (0, "b", "2", 1), (0, "a", "2", 1), (2, "c", "2", 1)])
    );
    let owners: Vec<_> = plan.layers.iter().map(|layer| layer.provenance).collect();
    assert_eq!(owners, [Some(Provenance::Base), Some(Provenance::Own)]);
}

#[test]
fn the_same_package_in_two_places_is_updated_in_both() {
    let (a, b) = (package("a", "x/package", 0), package("a", "y/package", 0));
    let findings =
        vec![finding("CVE-1", Severity::Low, &a, &["2"]), finding("CVE-1", Severity::Low, &b, &["2"])];
    let plan = plan(&report(findings, None));
    assert_eq!(updates(&plan), words(&[(0, "a", "2", 1), (0, "a", "2", 1)]));
    assert_eq!(plan.layers[0].provenance, None);
}

#[test]
fn what_is_missing_for_the_report_is_missing_for_the_plan() {
    let mut of = report(Vec::new(), None);
    of.coverage.gaps.push(limpid_model::report::Gap::NoPackages);
    let plan = plan(&of);
    assert_eq!((plan.layers.len(), plan.gaps.len()), (0, 1));
}
