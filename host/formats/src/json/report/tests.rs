use std::sync::Arc;

use limpid_model::report::{
    AdvisorySummary, Enriched, Exploited, Finding, InstalledPackage, LayerOrigin, Origin, Publisher,
    RatedSeverity,
};
use limpid_model::{Digest, Enrichment, Evidence, Image, Platform, PluginId, Rating, Status};

use super::{LEAST, Report, report, write_report};

fn finding(number: usize, package: &Arc<InstalledPackage>) -> Finding {
    let origin = Origin { feed: "f".to_owned(), source: "s".to_owned(), namespace: "debian:12".to_owned() };
    Finding {
        fingerprint: format!("{number:032x}"),
        vulnerability: format!("CVE-2026-{number}").into(),
        aliases: vec![format!("GHSA-{number}")],
        summary: None,
        status: Status::Affected,
        note: number.is_multiple_of(2).then(|| "a \"quoted\" note\n".to_owned()),
        severity: RatedSeverity::UNRATED,
        package: Arc::clone(package),
        fixed_version: number.is_multiple_of(3).then(|| "2".into()),
        update_to: None,
        origin: Arc::new(origin),
        advisory: "DSA-1".into(),
        publishers: Vec::new(),
        exploited: None,
        exploit_probability: Some(0.5),
        enrichments: Arc::default(),
    }
}

fn report(findings: usize) -> report::Report {
    let digest = Digest::of(b"x");
    let package = Arc::new(InstalledPackage {
        name: "a".into(),
        version: "1".into(),
        scheme: "test".into(),
        arch: None,
        purl: "pkg:deb/a@1".to_owned(),
        source: None,
        evidence: Evidence::Installed,
        licenses: Vec::new(),
        requires: None,
        path: "var/lib/dpkg/status".into(),
        member: None,
        layer: Arc::new(LayerOrigin { index: 0, diff_id: digest, created_by: None }),
        detector: Arc::new(PluginId { name: "dpkg".to_owned(), version: "1.0.0".to_owned(), digest }),
        owner: None,
        qualifiers: Vec::new(),
    });
    report::Report {
        image: Image {
            id: digest,
            manifests: Vec::new(),
            names: vec!["a:1".to_owned()],
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: Vec::new(),
        },
        findings: (0..findings).map(|number| finding(number, &package)).collect(),
        suppressed: Vec::new(),
        attached: Vec::new(),
        coverage: report::Coverage {
            distribution: None,
            packages: 1,
            judged: 1,
            sources: Vec::new(),
            enrichments: Vec::new(),
            examination: report::Examination::default(),
            unordered: Vec::new(),
            unjudged: Vec::new(),
            gaps: vec![report::Gap::UnknownDistribution],
        },
        plugins: vec![PluginId::clone(&package.detector)],
        base: None,
        recommendation: None,
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    for findings in [0, 1, 2, LEAST, LEAST + 1, 7 * LEAST + 3] {
        let mut written = b"before".to_vec();
        write_report(report(findings), None, &mut written).unwrap();
        let written = str::from_utf8(&written).unwrap().strip_prefix("before").unwrap();
        let read: Report = serde_json::from_str(written).unwrap();
        let numbers: Vec<_> = read.findings.iter().map(|it| it.fingerprint.as_str()).collect();
        let expected: Vec<_> = (0..findings).map(|number| format!("{number:032x}")).collect();
        assert_eq!(numbers, expected);
        // All fields, and in the order of the form.
        assert_eq!(serde_json::to_string(&read).unwrap(), written, "{findings}");
    }
}

#[test]
fn a_finding_is_written_with_all_that_is_known_of_it() {
    let mut written = Vec::new();
    let mut all = report(3);
    all.findings.iter_mut().for_each(known);
    let converted = super::findings(all.findings.clone(), None);
    write_report(all, None, &mut written).unwrap();
    let read: Report = serde_json::from_slice(&written).unwrap();
    assert_eq!(serde_json::to_vec(&read).unwrap(), written);
    let texts = [&converted, &read.findings].map(|all| serde_json::to_string(all).unwrap());
    assert_eq!(texts[0], texts[1], "what is compared is what is reported");
    for finding in read.findings {
        assert_eq!((finding.title.as_str(), finding.references.join(" ").as_str()), ("a\tb", "x y"));
        let rating = finding.severity.rating.unwrap();
        assert_eq!(
            (rating.system, rating.value, rating.score, &*rating.of, rating.feed.as_deref()),
            ("s".to_owned(), "v".to_owned(), Some(9.8), "package", Some("f"))
        );
        let [publisher] = &finding.publishers[..] else { panic!("{:?}", finding.publishers) };
        assert_eq!((publisher.status.as_deref(), publisher.fixed_version.as_deref()), (Some("fixed"), None));
        assert_eq!(finding.exploited.unwrap().since, "2026-01-01");
        let [enrichment] = &finding.enrichments[..] else { panic!("{:?}", finding.enrichments) };
        assert_eq!(
            (&*enrichment.ratings[0].of, enrichment.ratings[0].feed.as_deref()),
            ("vulnerability", Some("kev"))
        );
        let facts: Vec<_> = enrichment.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(facts, ["a=1", "b=3"]);
    }
}

/// Fills what [`finding`] leaves empty.
fn known(finding: &mut Finding) {
    let rating = || Rating { system: "s".to_owned(), value: "v".to_owned(), score: Some(9.8) };
    finding.summary = Some(Arc::new(AdvisorySummary {
        title: "a\tb".into(),
        references: ["x".to_owned(), "y".to_owned()].into(),
        ..AdvisorySummary::default()
    }));
    let (severity, feed) = (limpid_model::Severity::Critical, Some("f".to_owned()));
    finding.severity = RatedSeverity { severity, rating: Some(rating()), of_package: true, feed };
    finding.publishers = vec![Publisher {
        advisory: "DSA-2".into(),
        origin: Arc::clone(&finding.origin),
        status: Some(Status::Fixed),
        fixed_version: None,
    }];
    finding.exploited = Some(Exploited { since: "2026-01-01".to_owned(), feed: "kev".to_owned() });
    // What is stated last of a fact counts.
    let facts = [("b", "2"), ("a", "1"), ("b", "3")];
    let enrichment = Enrichment {
        id: "CVE-1".to_owned(),
        kind: "k".to_owned(),
        ratings: vec![rating()],
        facts: facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    };
    finding.enrichments = Arc::new(vec![Enriched { feed: "kev".to_owned(), enrichment }]);
}
