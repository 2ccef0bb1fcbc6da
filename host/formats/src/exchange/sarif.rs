//! SARIF 2.1.0: a run for each image, a rule for each vulnerability, a result for each finding.
//!
//! | SARIF | Report |
//! |---|---|
//! | `run.automationDetails.id` | `limpid/` and what the image is called and runs on: a run replaces the one before of the same image |
//! | `rule.properties.security-severity` | the highest score of the vulnerability's findings; where nobody has scored it, one of its severity |
//! | `result.suppressions` | by which policy or VEX document a finding does not count |
//! | `result.level` | `error` from *high* on, `note` from *low* down, otherwise `warning` |
//! | `result.partialFingerprints` | the finding's fingerprint, and one of its place: several files may have one finding |
//! | `result.locations` | the file that states the package, from the root of the image |
//! | `invocation.toolExecutionNotifications` | gaps: what is missing for a full answer; and what a filter hides |

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    Each, HOME, Subject, TOOL, VERSION, addresses, advice, place_of, purl_of, score, suppression, title,
    title_of, write_document,
};
use crate::json as api;

/// GitHub takes no more results in one run, and no more runs in one file.
const RESULTS: usize = 25_000;
const RUNS: usize = 20;

/// Longer texts are cut: GitHub takes 1,024 characters of short ones.
const SHORT: usize = 1_000;

/// What stays as it is in the path of an address.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn write(subjects: &[Subject<'_>], out: &mut dyn Write) -> io::Result<()> {
    let runs: Vec<_> = subjects.iter().take(RUNS).map(Run).collect();
    write_document(
        &Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs },
        out,
    )
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run<'a>>,
}

/// What is found in an image: each of its findings is made when it is written.
struct Run<'a>(&'a Subject<'a>);

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        run(self.0, serializer)
    }
}

fn run<S: Serializer>(subject: &Subject<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let report = subject.report;
    let suppressed = report.suppressed.iter().map(|it| (&it.finding, Some(&it.suppression)));
    let all = report.findings.iter().map(|finding| (finding, None)).chain(suppressed);
    let shown: Vec<_> = all.take(RESULTS).collect();
    let mut by_id: BTreeMap<&str, Vec<&api::Finding>> = BTreeMap::new();
    for (finding, _) in &shown {
        by_id.entry(&finding.vulnerability).or_default().push(finding);
    }
    let places: BTreeMap<&str, usize> = by_id.keys().enumerate().map(|(place, id)| (*id, place)).collect();
    let left_out = (report.findings.len() + report.suppressed.len()).saturating_sub(shown.len());
    let remarks = subject.remarks().into_iter();
    let mut notifications: Vec<_> = remarks
        .map(|(code, text)| {
            json!({ "level": "warning", "descriptor": { "id": code }, "message": { "text": text } })
        })
        .collect();
    if left_out > 0 {
        notifications.push(json!({
            "level": "warning",
            "descriptor": { "id": "results-left-out" },
            "message": { "text": format!("{left_out} findings are left out: a run has at most {RESULTS}") },
        }));
    }
    let mut run = serializer.serialize_struct("Run", 7)?;
    let rules = Each(|| by_id.iter().map(|(id, findings)| rule(id, findings)));
    run.serialize_field(
        "tool",
        &Tool {
            driver: Driver {
                name: TOOL,
                version: VERSION,
                semantic_version: VERSION,
                information_uri: HOME,
                rules,
            },
        },
    )?;
    run.serialize_field(
        "automationDetails",
        &json!({ "id": format!("limpid/{}/", title_of(&report.image)) }),
    )?;
    let invocation = json!({ "executionSuccessful": true, "toolExecutionNotifications": notifications });
    run.serialize_field("invocations", &[invocation])?;
    run.serialize_field("originalUriBaseIds", &json!({ "ROOT": { "uri": "file:///" } }))?;
    run.serialize_field("columnKind", "utf16CodeUnits")?;
    let properties = json!({
        "image": report.image.digest,
        "names": report.image.names,
        "purl": purl_of(&report.image),
        "complete": report.summary.complete,
    });
    run.serialize_field("properties", &properties)?;
    let place = |finding: &api::Finding| places.get(&*finding.vulnerability);
    let results = Each(|| shown.iter().map(|(finding, known)| result(finding, *known, place(finding))));
    run.serialize_field("results", &results)?;
    run.end()
}

#[derive(Serialize)]
struct Tool<R> {
    driver: Driver<R>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<R> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: R,
}

fn rule(id: &str, findings: &[&api::Finding]) -> Value {
    let Some(first) = findings.first() else { return Value::Null };
    let worst =
        findings.iter().map(|finding| security_severity(finding)).fold(None, |worst: Option<f32>, other| {
            match (worst, other) {
                (Some(worst), Some(other)) => Some(worst.max(other)),
                (worst, other) => worst.or(other),
            }
        });
    let title = short(title(first));
    let mut tags = vec!["security", "vulnerability"];
    tags.extend(findings.iter().any(|finding| finding.exploited.is_some()).then_some("exploited"));
    let mut properties = json!({ "precision": "very-high", "tags": tags, "aliases": first.aliases });
    if let (Some(score), Some(properties)) = (worst, properties.as_object_mut()) {
        properties.insert("security-severity".to_owned(), format!("{score:.1}").into());
    }
    let mut rule = json!({
        "id": id,
        "shortDescription": { "text": title },
        "fullDescription": { "text": title },
        "help": { "text": format!("{title}\n{}", addresses(first).collect::<Vec<_>>().join("\n")) },
        "properties": properties,
    });
    if let (Some(address), Some(rule)) = (addresses(first).next(), rule.as_object_mut()) {
        rule.insert("helpUri".to_owned(), address.into());
    }
    rule
}

/// A score as GitHub sorts by it: over 9.0 is critical, from 7.0 high, from 4.0 medium, above 0 low.
fn security_severity(finding: &api::Finding) -> Option<f32> {
    let of_level = match &*finding.severity.level {
        "malicious" => Some(10.0),
        "critical" => Some(9.5),
        "high" => Some(8.0),
        "medium" => Some(5.5),
        "low" => Some(2.0),
        "negligible" => Some(0.1),
        _ => None,
    };
    // A publisher's word may say something else than the score beside it, and the word counts.
    let fits = |score: &f32| limpid_model::Severity::of_score(*score).as_str() == &*finding.severity.level;
    score(finding).filter(fits).or(of_level)
}

fn result(finding: &api::Finding, suppressed: Option<&api::Suppression>, rule: Option<&usize>) -> Value {
    let package = &finding.package;
    let level = match &*finding.severity.level {
        "malicious" | "critical" | "high" => "error",
        "low" | "negligible" => "note",
        _ => "warning",
    };
    let text = format!(
        "{} {} is affected by {} ({}): {}. {}.",
        package.name,
        package.version,
        finding.vulnerability,
        finding.severity.level,
        title(finding),
        advice(finding),
    );
    let inside = package.member.as_deref().map_or_else(String::new, |member| format!("!{member}"));
    let mut result = json!({
        "ruleId": finding.vulnerability,
        "ruleIndex": rule,
        "level": level,
        "kind": "fail",
        "message": { "text": text },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {
                    "uri": utf8_percent_encode(&package.path, PATH).to_string(),
                    "uriBaseId": "ROOT",
                },
                "region": { "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1 },
            },
            "logicalLocations": [{
                "name": package.name,
                "fullyQualifiedName": format!("{}{inside}", package.path),
                "kind": "package",
            }],
            "message": { "text": format!("{} {} in layer {}", package.name, package.version, package.layer.index) },
        }],
        "partialFingerprints": { "limpidFinding/v1": finding.fingerprint, "limpidPlace/v1": place_of(finding) },
        "properties": {
            "purl": package.purl,
            "status": finding.status,
            "fixedVersion": finding.fixed_version,
            "layer": package.layer.diff_id,
            "evidence": package.evidence,
            "origin": finding.origin,
            "exploitProbability": finding.exploit_probability,
        },
    });
    if let (Some(known), Some(members)) = (suppressed, result.as_object_mut()) {
        let suppressions = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": suppression(known),
            "properties": { "by": known.by, "source": known.source, "until": known.until },
        }]);
        members.insert("suppressions".to_owned(), suppressions);
    }
    result
}

/// The beginning of a text.
fn short(text: &str) -> String {
    text.chars().take(SHORT).collect()
}
