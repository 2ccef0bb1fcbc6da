//! Policies, VEX documents and what other scanners ignore, as people and publishers write them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_policy::{
    Base, Candidate, Decisions, Form, Moment, Order, Policy, Subject, VexDocument, grype, trivy,
};

/// Orders versions by their bytes, and those with a letter not at all.
#[derive(Debug)]
struct Bytes;

impl Order for Bytes {
    fn keys(&self, _: &str, versions: &[&str]) -> Vec<Option<Vec<u8>>> {
        let has_letter = |text: &str| text.contains(char::is_alphabetic);
        versions.iter().map(|it| (!has_letter(it)).then(|| it.as_bytes().to_vec())).collect()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let vex = VexDocument::read("fuzz", bytes).ok();
    if let Some(vex) = &vex {
        let packages = ["pkg:npm/lodash".to_owned(), "pkg:oci/web".to_owned()];
        let of_repository = vex.clone().of_repository("hub", &packages);
        assert!(of_repository.is_none_or(|it| it.statements() <= vex.statements()));
    }
    let text = String::from_utf8_lossy(bytes);
    let policies = [Form::Toml, Form::Json].map(|form| Policy::read("fuzz", &text, form).ok());
    // What is made of another tool's file is a policy.
    for imported in [trivy(&text, false), trivy(&text, true), grype(&text)].into_iter().flatten() {
        let policy = Policy::read("imported", &imported.policy, Form::Toml).unwrap();
        assert_eq!(policy.rules(), imported.rules);
    }
    let policies = policies.into_iter().flatten().map(Into::into).collect();
    let decisions = Decisions::new(policies, vex.into_iter().map(Into::into).collect());
    let subject = Subject {
        names: vec!["registry.example/shop/web:1".to_owned()],
        architecture: "amd64".to_owned(),
        labels: vec![("team".to_owned(), "shop".to_owned())],
        digests: vec![format!("sha256:{}", "a".repeat(64))],
        bases: vec![Base { names: vec!["debian:12".to_owned()], digests: Vec::new(), layers: 1 }],
    };
    let mut at_image = decisions.at_image(subject, Moment(1_790_000_000_000)).ordered_by(&Bytes);
    at_image.decide(&mut Candidate {
        identifiers: vec!["CVE-2024-1"],
        purl: "pkg:npm/lodash@4.17.4".parse().ok(),
        name: "lodash",
        version: "4.17.4",
        scheme: Some("npm"),
        source: None,
        path: "srv/app/package.json",
        layer: 0,
        diff_id: "sha256:00",
        severity: limpid_model::Severity::High,
        is_fixable: true,
        published: Some("2026-09-01"),
    });
    assert!(at_image.unused().len() <= decisions.policies().map(Policy::rules).sum());
});
