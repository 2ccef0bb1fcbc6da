//! Findings as Harbor keeps them.
//!
//! Harbor knows a finding by its identifier, package and version, joined by `-`: of several with the same key it takes
//! any. So they are put together here, and the worst stands for all.
//!
//! | Harbor | Report |
//! |---|---|
//! | `severity` | the level; *malicious* is `Critical` |
//! | `status` | `fixed` where a fixed version is known, otherwise the publisher's |
//! | `preferred_cvss` | the rating that counts, where it is a vector; otherwise the first of another feed |
//! | `vendor_attributes` | feed, advisory, package URL, places, exploitation; only beside a score: without one, Harbor takes attributes to have one that is 0 |
//! | top-level `vendor_attributes` | whether the report is complete, and what is missing: Harbor keeps it and shows it nowhere |
//!
//! What policies and VEX documents decide not to count is left out: Harbor counts whatever it is given.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use limpid_model::Severity;
use serde::Serialize;

use super::{Artifact, Heading, Kind, SCANNER, Scanner};
use crate::exchange::{addresses, severity_word, title};
use crate::json as api;
use crate::rfc3339;

/// Places that a row names; more are counted.
const PLACES: usize = 16;

/// Writes the vulnerabilities of a report, as [`Kind::Vulnerabilities`], or as [`Kind::Native`].
///
/// # Errors
/// Nothing that a report holds fails here.
pub fn write_vulnerabilities(
    report: &api::Report,
    kind: Kind,
    heading: Heading<'_>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let rows = folded(&report.findings);
    let worst = rows.iter().map(|row| level(row.finding)).max().unwrap_or(Severity::Unknown);
    let document = Document {
        generated_at: rfc3339(heading.generated_at),
        artifact: heading.artifact,
        scanner: SCANNER,
        severity: severity_word(worst),
        vulnerabilities: rows.iter().map(|row| row.written(kind)).collect(),
        vendor_attributes: Completeness::of(report),
    };
    serde_json::to_writer(out, &document)
}

#[derive(Serialize)]
struct Document<'a> {
    generated_at: String,
    artifact: &'a Artifact,
    scanner: Scanner,
    severity: &'static str,
    vulnerabilities: Vec<Vulnerability<'a>>,
    vendor_attributes: Completeness<'a>,
}

/// Whether a report is complete, and what is missing.
#[derive(Serialize)]
pub(super) struct Completeness<'a> {
    complete: bool,
    gaps: Vec<&'a str>,
}

impl<'a> Completeness<'a> {
    pub(super) fn of(report: &'a api::Report) -> Self {
        let gaps = report.coverage.gaps.iter().map(|gap| gap.message.as_str()).collect();
        Self { complete: report.summary.complete, gaps }
    }
}

/// Findings that are one to Harbor.
struct Row<'a> {
    /// The worst of them.
    finding: &'a api::Finding,
    all: Vec<&'a api::Finding>,
}

/// In the order of the findings.
fn folded(findings: &[api::Finding]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(findings.len());
    let mut places: HashMap<String, usize> = HashMap::with_capacity(findings.len());
    for finding in findings {
        let (id, package) = (&finding.vulnerability, &finding.package);
        match places.entry(format!("{id}-{}-{}", package.name, package.version)) {
            Entry::Vacant(place) => {
                place.insert(rows.len());
                rows.push(Row { finding, all: vec![finding] });
            }
            Entry::Occupied(place) => {
                let Some(row) = rows.get_mut(*place.get()) else { continue };
                if level(finding) > level(row.finding) {
                    row.finding = finding;
                }
                row.all.push(finding);
            }
        }
    }
    rows
}

fn level(finding: &api::Finding) -> Severity {
    Severity::from_word(&finding.severity.level).unwrap_or(Severity::Unknown)
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: &'a str,
    package: &'a str,
    version: &'a str,
    fix_version: &'a str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    description: &'a str,
    links: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_cvss: Option<Cvss<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_attributes: Option<Attributes<'a>>,
}

#[derive(Serialize)]
struct Cvss<'a> {
    score_v3: Option<f32>,
    score_v2: Option<f32>,
    vector_v3: &'a str,
    vector_v2: &'a str,
}

#[derive(Serialize)]
struct Attributes<'a> {
    fingerprint: &'a str,
    advisory: &'a str,
    feed: &'a str,
    source: &'a str,
    namespace: &'a str,
    purl: &'a str,
    evidence: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exploited_since: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exploit_probability: Option<f32>,
    /// Some of them.
    places: Vec<Place<'a>>,
    places_count: usize,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    layer: usize,
    diff_id: &'a str,
}

impl<'a> Row<'a> {
    fn written(&self, kind: Kind) -> Vulnerability<'a> {
        let finding = self.finding;
        let cvss = (kind != Kind::Native).then(|| cvss(finding));
        let is_scored = cvss.as_ref().is_some_and(|cvss| cvss.score_v3.is_some());
        Vulnerability {
            id: &finding.vulnerability,
            package: &finding.package.name,
            version: &finding.package.version,
            fix_version: finding.fixed_version.as_deref().unwrap_or_default(),
            severity: severity_word(level(finding)),
            status: (kind != Kind::Native).then(|| status(finding)),
            description: title(finding),
            links: addresses(finding).collect(),
            preferred_cvss: cvss,
            vendor_attributes: is_scored.then(|| self.attributes()),
        }
    }

    fn attributes(&self) -> Attributes<'a> {
        let finding = self.finding;
        let place = |finding: &&'a api::Finding| {
            let api::Package { path, member, layer, .. } = &finding.package;
            Place { path, member: member.as_deref(), layer: layer.index, diff_id: &layer.diff_id }
        };
        Attributes {
            fingerprint: &finding.fingerprint,
            advisory: &finding.advisory,
            feed: &finding.feed,
            source: &finding.source,
            namespace: &finding.namespace,
            purl: &finding.package.purl,
            evidence: &finding.package.evidence,
            note: finding.note.as_deref(),
            exploited_since: finding.exploited.as_ref().map(|exploited| exploited.since.as_str()),
            exploit_probability: finding.exploit_probability,
            places: self.all.iter().take(PLACES).map(place).collect(),
            places_count: self.all.len(),
        }
    }
}

fn status(finding: &api::Finding) -> &'static str {
    match (&finding.fixed_version, &*finding.status) {
        (Some(_), _) => "fixed",
        (None, "wont-fix") => "will_not_fix",
        (None, "fix-deferred") => "fix_deferred",
        (None, "end-of-life") => "end_of_life",
        (None, "under-investigation") => "under_investigation",
        (None, _) => "affected",
    }
}

/// The rating that counts comes first, then those of feeds that speak of the vulnerability whoever is affected.
fn cvss(finding: &api::Finding) -> Cvss<'_> {
    let others = finding.enrichments.iter().flat_map(|known| &known.ratings);
    let ratings = finding.severity.rating.iter().chain(others);
    let mut cvss = Cvss { score_v3: None, score_v2: None, vector_v3: "", vector_v2: "" };
    for rating in ratings {
        let (score, vector) = match rating.system.as_str() {
            "CVSS:3.0" | "CVSS:3.1" => (&mut cvss.score_v3, &mut cvss.vector_v3),
            "CVSS:2.0" => (&mut cvss.score_v2, &mut cvss.vector_v2),
            _ => continue,
        };
        if score.is_none() && rating.score.is_some() {
            *score = rating.score;
            *vector = if rating.value.contains('/') { &rating.value } else { "" };
        }
    }
    cvss
}
