use std::collections::BTreeMap;

use limpid_model::Digest;
use limpid_model::report::Report;
use serde::Serialize;
use serde_json::Value;

use super::contents::Contents;
use super::vulnerability::{Cvss, Numbered, Vulnerability};
use super::{Id, Subject};

/// What an image holds.
#[derive(Clone, Debug, Serialize)]
pub struct IndexReport {
    manifest_hash: String,
    state: &'static str,
    #[serde(flatten)]
    contents: Contents,
    success: bool,
    err: String,
}

impl IndexReport {
    /// Of an image of which something is known. Where a layer was not read, the report says that it failed: whoever
    /// reads it has no other way to learn that packages may be missing.
    pub fn of(subject: Subject<'_>) -> Self {
        if let Some(why) = subject.unread() {
            return Self::failed(subject.manifest, why);
        }
        let (contents, _) = Contents::of(subject, std::iter::empty());
        let manifest_hash = subject.manifest.to_string();
        Self { manifest_hash, state: "IndexFinished", contents, success: true, err: String::new() }
    }

    /// Of one that cannot be indexed.
    pub fn failed(manifest: Digest, why: String) -> Self {
        let (manifest_hash, contents) = (manifest.to_string(), Contents::default());
        Self { manifest_hash, state: "IndexError", contents, success: false, err: why }
    }
}

/// The only enrichment: Quay reads the first that there is, whatever it is, as this one.
const CVSS: &str = "message/vnd.clair.map.vulnerability; enricher=clair.cvss \
                    schema=https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema";

/// What affects an image.
#[derive(Clone, Debug, Serialize)]
pub struct VulnerabilityReport {
    manifest_hash: String,
    #[serde(flatten)]
    contents: Contents,
    vulnerabilities: BTreeMap<Id, Numbered>,
    package_vulnerabilities: BTreeMap<Id, Vec<Id>>,
    enrichments: BTreeMap<&'static str, Vec<BTreeMap<Id, [Value; 1]>>>,
}

impl VulnerabilityReport {
    /// Of an image all of whose layers were read.
    pub fn of(subject: Subject<'_>, report: &Report) -> Self {
        let packages = report.findings.iter().map(|finding| &*finding.package);
        let (contents, places) = Contents::of(subject, packages);
        let mut known: BTreeMap<Vulnerability, (Option<Cvss>, Vec<Id>)> = BTreeMap::new();
        for finding in &report.findings {
            let package = &finding.package;
            let from = contents.source(package, &places);
            let (cvss, packages) = known.entry(Vulnerability::of(finding, from)).or_default();
            packages.extend(places.id(package));
            if cvss.is_none() {
                *cvss = Cvss::of(finding);
            }
        }
        let mut vulnerabilities = BTreeMap::new();
        let mut package_vulnerabilities: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        let mut scores = BTreeMap::new();
        for (number, (vulnerability, (cvss, packages))) in known.into_iter().enumerate() {
            let id = Id(number as u64 + 1);
            for package in packages {
                let of_package = package_vulnerabilities.entry(package).or_default();
                // Several findings may come to the same.
                if of_package.last() != Some(&id) {
                    of_package.push(id);
                }
            }
            scores.extend(cvss.map(|cvss| (id, [cvss.into()])));
            vulnerabilities.insert(id, Numbered { id, vulnerability });
        }
        let enrichments =
            if scores.is_empty() { BTreeMap::new() } else { BTreeMap::from([(CVSS, vec![scores])]) };
        let manifest_hash = subject.manifest.to_string();
        Self { manifest_hash, contents, vulnerabilities, package_vulnerabilities, enrichments }
    }
}
