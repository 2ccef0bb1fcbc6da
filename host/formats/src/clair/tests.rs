//! Reports of one image, compared with what was reviewed (`golden/`).

use std::path::Path;
use std::sync::Arc;

use limpid_model::report::{
    AdvisorySummary, Coverage, Examination, Finding, InstalledPackage, LayerOrigin, Origin, RatedSeverity,
    Report, UnreadLayer,
};
use limpid_model::{
    Distribution, Evidence, Image, Inventory, Platform, PluginId, Rating, Severity, SourcePackage, Status,
};
use serde_json::Value;

use super::*;

fn package(name: &str, purl: &str, path: &str, layer: usize) -> InstalledPackage {
    let digest = Digest::of(b"plugin");
    InstalledPackage {
        name: name.into(),
        version: "1.2".into(),
        scheme: "test".into(),
        arch: purl.contains("distro").then(|| "x86_64".into()),
        purl: purl.to_owned(),
        source: name
            .starts_with("lib")
            .then(|| SourcePackage { name: "source".into(), version: "1.2".into() }),
        evidence: Evidence::Installed,
        licenses: Vec::new(),
        requires: None,
        path: path.into(),
        member: None,
        layer: Arc::new(LayerOrigin { index: layer, diff_id: Digest::of(&[9]), created_by: None }),
        detector: Arc::new(PluginId { name: "d".to_owned(), version: "1".to_owned(), digest }),
        owner: None,
        qualifiers: Vec::new(),
    }
}

fn image() -> Image {
    Image {
        id: Digest::of(b"image"),
        manifests: vec![Digest::of(b"manifest")],
        names: Vec::new(),
        platform: Platform::default(),
        created: None,
        labels: Vec::new(),
        layers: Vec::new(),
    }
}

fn inventory() -> Inventory {
    let db = "lib/apk/db/installed";
    let packages = vec![
        package("libb", "pkg:apk/alpine/libb@1.2?distro=alpine-3.19.1", db, 0),
        package("liba", "pkg:apk/alpine/liba@1.2?distro=alpine-3.19.1", db, 1),
        package("musl", "pkg:apk/alpine/musl@1.2?distro=alpine-3.19.1", db, 0),
        package("flask", "pkg:pypi/flask@1.2", "usr/lib/python3/flask.dist-info/METADATA", 1),
        package("odd", "no package URL", "odd", 7),
    ];
    let distribution = Distribution {
        id: "alpine".to_owned(),
        version_id: "3.19.1".to_owned(),
        pretty_name: "Alpine Linux v3.19".to_owned(),
        cpe: None,
        namespaces: vec!["alpine:3.19".to_owned()],
        supported_until: None,
    };
    Inventory {
        image: image(),
        distribution: Some(distribution),
        packages,
        examination: Examination::default(),
    }
}

fn finding(
    package: &InstalledPackage,
    vulnerability: &str,
    rating: Option<Rating>,
    fixed: Option<&str>,
) -> Finding {
    let summary = AdvisorySummary {
        title: "what it is".into(),
        references: ["https://a.example/1".to_owned(), "no address".to_owned()].into(),
        published: Some("2026-01-02".into()),
        ..AdvisorySummary::default()
    };
    let severity = match &rating {
        None => RatedSeverity::UNRATED,
        Some(_) => RatedSeverity { severity: Severity::Critical, rating, of_package: false, feed: None },
    };
    let (feed, namespace) = match package.purl.contains("distro") {
        true => ("alpine", "alpine:3.19"),
        false => ("osv", "PyPI"),
    };
    Finding {
        fingerprint: String::new(),
        vulnerability: vulnerability.into(),
        aliases: vec!["CVE-2026-77777".to_owned()],
        summary: Some(Arc::new(summary)),
        status: Status::Affected,
        note: None,
        severity,
        package: Arc::new(package.clone()),
        fixed_version: fixed.map(Into::into),
        update_to: None,
        origin: Arc::new(Origin {
            feed: feed.to_owned(),
            source: "s".to_owned(),
            namespace: namespace.to_owned(),
        }),
        advisory: vulnerability.into(),
        publishers: Vec::new(),
        exploited: None,
        exploit_probability: None,
        enrichments: Arc::default(),
    }
}

fn report(findings: Vec<Finding>) -> Report {
    Report {
        image: image(),
        findings,
        suppressed: Vec::new(),
        attached: Vec::new(),
        coverage: Coverage {
            distribution: None,
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
        base: None,
        recommendation: None,
    }
}

fn layers() -> [Digest; 2] {
    [Digest::of(b"first"), Digest::of(b"second")]
}

fn subject<'a>(layers: &'a [Digest], inventory: &'a Inventory) -> Subject<'a> {
    Subject { manifest: Digest::of(b"manifest"), layers, inventory }
}

fn check(name: &str, form: &impl Serialize) -> Value {
    let text = serde_json::to_string_pretty(form).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clair/golden").join(name);
    if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{}", path.display());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_index_report_is_as_it_was_reviewed_in_whatever_order_packages_come() {
    let (layers, mut inventory) = (layers(), inventory());
    let form = check("index_report.json", &IndexReport::of(subject(&layers, &inventory)));
    for (id, of) in form["environments"].as_object().unwrap() {
        assert!(form["packages"][id].is_object());
        assert!(layers.iter().any(|layer| of[0]["introduced_in"] == layer.to_string()), "{of}");
    }
    inventory.packages.reverse();
    check("index_report.json", &IndexReport::of(subject(&layers, &inventory)));
}

#[test]
fn a_vulnerability_report_is_as_it_was_reviewed() {
    let (layers, inventory) = (layers(), inventory());
    let word =
        |value: &str| Some(Rating { system: "words".to_owned(), value: value.to_owned(), score: None });
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let cvss = Rating { system: "CVSS:3.1".to_owned(), value: vector.to_owned(), score: Some(9.8) };
    let packages = &inventory.packages;
    let findings = vec![
        finding(&packages[0], "CVE-2026-1111", word("important"), Some("1.3")),
        finding(&packages[1], "CVE-2026-1111", word("important"), Some("1.3")),
        finding(&packages[3], "GHSA-xxxx", Some(cvss), None),
        finding(&package("gone", "pkg:pypi/gone@1.2", "x", 0), "PYSEC-1", None, None),
    ];
    let form = check(
        "vulnerability_report.json",
        &VulnerabilityReport::of(subject(&layers, &inventory), &report(findings)),
    );
    let [first, second] = [1, 2].map(|package| form["package_vulnerabilities"][package.to_string()].clone());
    assert!(
        first == second || form["vulnerabilities"].as_object().unwrap().len() == 3,
        "one advisory is one"
    );
    let ghsa =
        form["vulnerabilities"].as_object().unwrap().values().find(|it| it["name"] == "GHSA-xxxx").unwrap();
    assert!(ghsa["links"].as_str().unwrap().contains("CVE-2026-77777"), "Quay finds CVEs in links only");
}

#[test]
fn a_report_without_a_score_has_no_enrichment() {
    let (layers, inventory) = (layers(), inventory());
    let findings = vec![finding(&inventory.packages[0], "CVE-2026-1111", None, None)];
    let form = serde_json::to_value(VulnerabilityReport::of(subject(&layers, &inventory), &report(findings)))
        .unwrap();
    assert_eq!(form["enrichments"], serde_json::json!({}));
    assert_eq!(form["vulnerabilities"]["1"]["normalized_severity"], "Unknown");
}

#[test]
fn an_image_of_which_a_layer_was_not_read_is_not_indexed() {
    let (layers, mut inventory) = (layers(), inventory());
    inventory.examination.unread_layers.push(UnreadLayer {
        index: 1,
        diff_id: Digest::of(b"x"),
        code: "damaged".to_owned(),
        why: "it ends early".to_owned(),
    });
    let form = serde_json::to_value(IndexReport::of(subject(&layers, &inventory))).unwrap();
    assert_eq!((&form["state"], &form["success"]), (&"IndexError".into(), &false.into()));
    let why = form["err"].as_str().unwrap();
    assert!(why.contains(&layers[1].to_string()) && why.contains("it ends early"), "{why}");
    assert_eq!(form["packages"], serde_json::json!({}));
}

#[test]
fn what_people_call_a_distribution_is_taken_apart() {
    let check = |pretty: &str, name: &str, version: &str, code_name: &str| {
        let known = Distribution {
            id: "x".to_owned(),
            version_id: "1".to_owned(),
            pretty_name: pretty.to_owned(),
            cpe: None,
            namespaces: Vec::new(),
            supported_until: None,
        };
        let form = serde_json::to_value(contents::Distribution::of(&known, "")).unwrap();
        assert_eq!((&form["name"], &form["version"]), (&name.into(), &version.into()), "{pretty}");
        assert_eq!(form["version_code_name"], code_name, "{pretty}");
    };
    check("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12 (bookworm)", "bookworm");
    check("Alpine Linux v3.19", "Alpine Linux", "3.19", "");
    check("Red Hat Enterprise Linux 9.3 (Plow)", "Red Hat Enterprise Linux", "9.3 (Plow)", "plow");
    check("Arch Linux", "Arch Linux", "", "");
    check("", "", "", "");
}
