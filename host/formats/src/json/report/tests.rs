use limpid_model::report::{Finding, InstalledPackage, Origin, RatedSeverity};
use limpid_model::{Digest, Evidence, Image, Platform, PluginId, Status};

use super::*;

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
        arch: None,
        purl: "pkg:deb/a@1".to_owned(),
        source: None,
        evidence: Evidence::Installed,
        licenses: Vec::new(),
        path: "var/lib/dpkg/status".into(),
        member: None,
        layer: LayerOrigin { index: 0, diff_id: digest, created_by: None },
        detector: PluginId { name: "dpkg".to_owned(), version: "1.0.0".to_owned(), digest },
        owner: None,
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
        coverage: report::Coverage {
            distribution: None,
            packages: 1,
            judged: 1,
            sources: Vec::new(),
            unread: Vec::new(),
            unread_layers: Vec::new(),
            notes: Vec::new(),
            unexamined: Vec::new(),
            failures: Vec::new(),
            unordered: Vec::new(),
            unjudged: Vec::new(),
            gaps: vec![report::Gap::UnknownDistribution],
        },
        plugins: vec![package.detector.clone()],
        base: None,
        recommendation: None,
    }
}

#[test]
fn a_report_that_is_written_in_shares_is_the_report() {
    for findings in [0, 1, 2, LEAST, LEAST + 1, 7 * LEAST + 3] {
        let mut written = b"before".to_vec();
        write_report(report(findings), None, &mut written).unwrap();
        let expected = serde_json::to_string(&Report::from(report(findings))).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), format!("before{expected}"), "{findings}");
    }
}
