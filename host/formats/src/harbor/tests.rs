//! The golden reports as Harbor reads them, compared with `golden/CASE/harbor.FORM`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use limpid_model::report::{Coverage, EnrichmentSource, Examination, InstalledPackage, LayerOrigin, Report};
use limpid_model::{EnrichmentKinds, Evidence, Image, Inventory, Platform, PluginId};
use serde_json::{Value, json};

use super::*;
use crate::json as api;

fn artifact() -> Artifact {
    Artifact { repository: "shop/web".to_owned(), digest: Digest::of(b"manifest") }
}

fn written(report: &api::Report, kind: Kind) -> Vec<u8> {
    let (mut out, artifact) = (Vec::new(), artifact());
    let heading = Heading { generated_at: 1_767_323_045_000, artifact: &artifact };
    write_vulnerabilities(report, kind, heading, &mut out).unwrap();
    out
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = fs::read_dir(root.join("golden")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = golden.filter(|path| path.is_dir()).chain([root.join("hostile")]).collect();
    folders.sort();
    folders
}

fn report(folder: &Path) -> api::Report {
    serde_json::from_str(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap()
}

#[test]
fn reports_are_written_as_they_were_reviewed() {
    let mut differ = Vec::new();
    for folder in folders() {
        let report = report(&folder);
        for (kind, name) in
            [(Kind::Vulnerabilities, "harbor.vulnerabilities"), (Kind::Native, "harbor.native")]
        {
            let bytes = written(&report, kind);
            assert_eq!(bytes, written(&report, kind), "the same report gives the same bytes");
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
            let path = folder.join(name);
            if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
                fs::write(&path, text).unwrap();
            } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                differ.push(path);
            }
        }
    }
    assert!(differ.is_empty(), "differ from what was reviewed: {differ:#?}");
}

fn mixed() -> api::Report {
    report(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/mixed"))
}

/// A report of these findings, which are a finding of another that was changed.
fn of(changes: &[&dyn Fn(&mut api::Finding)]) -> Value {
    let mut report = mixed();
    let model = report.findings.remove(0);
    report.findings = changes
        .iter()
        .map(|change| {
            let mut finding = model.clone();
            change(&mut finding);
            finding
        })
        .collect();
    serde_json::from_slice(&written(&report, Kind::Vulnerabilities)).unwrap()
}

#[test]
fn findings_that_are_one_to_harbor_are_one_row_and_the_worst_stands_for_all() {
    let at = |path: &'static str, level: &'static str| {
        move |finding: &mut api::Finding| {
            finding.package.path = path.to_owned();
            finding.severity.level = level.into();
            finding.severity.rating = Some(rating("CVSS:3.1", Some(5.0)));
        }
    };
    let other = |finding: &mut api::Finding| finding.package.version = "0.0.1".to_owned();
    let report = of(&[&at("a", "low"), &other, &at("b", "high"), &at("c", "medium")]);
    let rows = report["vulnerabilities"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{report:#}");
    assert_eq!((&rows[0]["severity"], &rows[1]["version"]), (&json!("High"), &json!("0.0.1")));
    let places = rows[0]["vendor_attributes"]["places"].as_array().unwrap();
    assert_eq!(places.iter().map(|place| &place["path"]).collect::<Vec<_>>(), ["a", "b", "c"]);
    // Harbor joins its key: where that makes one of two, one of them would be dropped.
    let named = |id: &'static str, name: &'static str| {
        move |finding: &mut api::Finding| {
            finding.vulnerability = id.into();
            finding.package.name = name.to_owned();
        }
    };
    let report = of(&[&named("CVE-1", "a-b"), &named("CVE-1-a", "b")]);
    assert_eq!(report["vulnerabilities"].as_array().unwrap().len(), 1, "{report:#}");
}

fn rating(system: &str, score: Option<f32>) -> api::Rating {
    let value = format!("{system}/AV:N");
    api::Rating { system: system.to_owned(), value, score, of: "vulnerability".into(), feed: None }
}

#[test]
fn attributes_come_only_beside_a_score() {
    let rated = |rating: Option<api::Rating>| {
        move |finding: &mut api::Finding| {
            finding.enrichments.clear();
            finding.severity.rating = rating.clone();
        }
    };
    let check = |rating: Option<api::Rating>, is_scored: bool| {
        let report = of(&[&rated(rating.clone())]);
        let row = &report["vulnerabilities"][0];
        assert_eq!(row["preferred_cvss"]["score_v3"].is_null(), !is_scored, "{row:#}");
        assert_eq!(row.get("vendor_attributes").is_some(), is_scored, "{row:#}");
    };
    check(None, false);
    check(Some(rating("CVSS:4.0", Some(9.3))), false);
    check(Some(rating("CVSS:2.0", Some(7.5))), false);
    check(Some(rating("CVSS:3.1", None)), false);
    check(Some(rating("CVSS:3.1", Some(7.5))), true);
    // Another feed gives the score that the publisher's rating does not.
    let enriched = |finding: &mut api::Finding| {
        finding.severity.rating = Some(rating("CVSS:4.0", Some(9.3)));
        finding.enrichments = vec![api::Enrichment {
            feed: "nvd".to_owned(),
            kind: "cvss".to_owned(),
            ratings: vec![rating("CVSS:3.1", Some(8.1))],
            facts: [].into(),
        }];
    };
    assert_eq!(of(&[&enriched])["vulnerabilities"][0]["preferred_cvss"]["score_v3"], json!(8.1));
}

#[test]
fn harbor_is_told_only_words_that_it_knows() {
    for severity in limpid_model::Severity::WORST_FIRST {
        let report = of(&[&|finding: &mut api::Finding| finding.severity.level = severity.as_str().into()]);
        let word = report["severity"].as_str().unwrap();
        assert!(["Critical", "High", "Medium", "Low", "Negligible", "Unknown"].contains(&word), "{word}");
        assert_eq!(report["vulnerabilities"][0]["severity"], word);
    }
    let nothing = of(&[]);
    assert_eq!((&nothing["vulnerabilities"], &nothing["severity"]), (&json!([]), &json!("Unknown")));
}

fn package(name: &str) -> InstalledPackage {
    let digest = Digest::of(b"x");
    InstalledPackage {
        name: name.into(),
        version: "1".into(),
        scheme: "test".into(),
        arch: None,
        purl: format!("pkg:deb/debian/{name}@1"),
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
    }
}

/// An image that is known by these names, and as of when what is known of vulnerabilities is.
fn image(names: &[&str], ingested: u64) -> (Report, Inventory) {
    let image = Image {
        id: Digest::of(b"x"),
        manifests: names.iter().map(|name| Digest::of(name.as_bytes())).collect(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        platform: Platform { os: "linux".into(), architecture: "amd64".into(), variant: None },
        created: Some("2026-01-02T03:04:05Z".to_owned()),
        labels: Vec::new(),
        layers: Vec::new(),
    };
    let source = EnrichmentSource {
        feed: "epss".to_owned(),
        source: "scores".to_owned(),
        revision: ingested,
        ingested,
        states: EnrichmentKinds::default(),
    };
    let coverage = Coverage {
        distribution: None,
        packages: 2,
        judged: 2,
        sources: Vec::new(),
        enrichments: vec![source],
        examination: Examination::default(),
        unordered: Vec::new(),
        unjudged: Vec::new(),
        gaps: vec![limpid_model::report::Gap::UnjudgedAdvisories(usize::try_from(ingested).unwrap())],
    };
    let report = Report {
        image: image.clone(),
        findings: Vec::new(),
        suppressed: Vec::new(),
        attached: Vec::new(),
        coverage,
        plugins: Vec::new(),
        base: None,
        recommendation: None,
    };
    let inventory = Inventory {
        image,
        distribution: None,
        packages: vec![package("a"), package("b")],
        examination: Examination::default(),
    };
    (report, inventory)
}

#[test]
fn a_bill_of_materials_is_the_same_whatever_is_known_of_advisories_and_names() {
    let artifact = artifact();
    let reference = format!("harbor.example/shop/web@{}", artifact.digest);
    for form in BillForm::ALL {
        let bill = |names: &[&str], ingested: u64| {
            let mut out = Vec::new();
            let heading = Heading { generated_at: ingested, artifact: &artifact };
            write_sbom(image(names, ingested), &reference, form, heading, &mut out).unwrap();
            let document: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(document["media_type"], form.media_type());
            assert_eq!(document["artifact"]["repository"], "shop/web");
            let text = String::from_utf8(out).unwrap();
            let (_, bill) = text.split_once(",\"sbom\":").unwrap();
            (bill.to_owned(), document["sbom"].clone())
        };
        let (first, document) = bill(&["a:1"], 1);
        assert_eq!(first, bill(&["b:2", "a:1"], 1_767_323_045_000).0);
        assert!(first.contains("pkg:deb/debian/a@1") && first.contains(&reference), "{document:#}");
    }
}

#[test]
fn an_artifact_is_read_from_its_reference() {
    let digest = Digest::of(b"manifest");
    assert_eq!(Artifact::of(&format!("harbor.example:8443/shop/web@{digest}")), Some(artifact()));
    for reference in
        ["harbor.example/shop/web:1", "harbor.example/shop/web@sha256:1", &format!("web@{digest}")]
    {
        assert_eq!(Artifact::of(reference), None, "{reference}");
    }
}

#[test]
fn metadata_pass_harbors_checks() {
    let metadata = serde_json::to_value(Metadata::new(Some(1_767_323_045_000), None)).unwrap();
    for field in ["name", "vendor", "version"] {
        assert_ne!(metadata["scanner"][field], "", "{metadata:#}");
    }
    let capabilities = metadata["capabilities"].as_array().unwrap();
    assert_eq!(capabilities.iter().map(|it| &it["type"]).collect::<Vec<_>>(), ["vulnerability", "sbom"]);
    for capability in capabilities {
        let consumed = capability["consumes_mime_types"].as_array().unwrap();
        assert!(consumed.contains(&json!("application/vnd.docker.distribution.manifest.v2+json")));
        assert!(!consumed.iter().any(|kind| kind.as_str().unwrap().contains("index")), "{capability:#}");
        assert_eq!(capability["produces_mime_types"].as_array().unwrap().len(), 1, "each is polled");
    }
    let bills = &capabilities[1]["additional_attributes"]["sbom_media_types"];
    assert_eq!(*bills, json!(["application/spdx+json", "application/vnd.cyclonedx+json"]));
    let properties = metadata["properties"].as_object().unwrap();
    assert!(properties.values().all(Value::is_string), "{metadata:#}");
    assert_eq!(
        properties["harbor.scanner-adapter/vulnerability-database-updated-at"],
        "2026-01-02T03:04:05Z"
    );
}
