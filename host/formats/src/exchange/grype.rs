//! [Grype's JSON](https://oss.anchore.com/docs/reference/grype/json/latest/), for what reads it.
//!
//! | Grype | Report |
//! |---|---|
//! | `matches` | findings |
//! | `ignoredMatches` | findings that do not count, and by which policy or VEX document |
//! | `vulnerability.severity` | `Critical` also for malicious packages |
//! | `vulnerability.fix` | the nearest fixed version; `wont-fix` where the publisher says so, `not-fixed` where none is known |
//! | `vulnerability.namespace`, `dataSource` | the feed and its namespace; the first address of further reading |
//! | `vulnerability.cvss` | the rating that counts, where it is a vector with a score |
//! | `vulnerability.epss`, `knownExploited` | the likelihood, without a percentile; since when it is known to be exploited |
//! | `relatedVulnerabilities` | aliases |
//! | `matchDetails` | the package as it was judged, and the version to update to |
//! | `artifact` | the package; `type` is that of its package URL, `upstreams` its source package |
//! | `source`, `distro` | the image and its distribution |
//! | `vulnerability.risk`, `cwes`, `artifact.cpes` | nothing: reports have none |
//!
//! There is no place for what is missing for a full answer.

use std::io::{self, Write};

use limpid_model::Severity;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::trivy::type_of;
use super::{
    Each, Subject, VERSION, addresses, as_of, name_of, place_of, repository_digests, severity_word,
    suppression, title, write_document,
};
use crate::json as api;

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = subject.report;
    let image = &report.image;
    let layers = image.layers.iter().map(|layer| {
        json!({ "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "digest": layer.diff_id, "size": 0 })
    });
    let source = json!({
        "type": "image",
        "target": {
            "userInput": name_of(image),
            "imageID": image.digest,
            "manifestDigest": image.manifests.first().map_or("", String::as_str),
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "tags": image.names,
            "imageSize": 0,
            "layers": layers.collect::<Vec<_>>(),
            "manifest": "",
            "config": "",
            "repoDigests": repository_digests(image),
            "architecture": image.platform.architecture,
            "os": image.platform.os,
        },
    });
    let distribution = report.coverage.distribution.as_ref();
    let time = as_of(report);
    write_document(
        &Document {
            matches: Each(|| report.findings.iter().map(|finding| of_finding(finding, &time))),
            ignored_matches: Each(|| report.suppressed.iter().map(|it| ignored(it, &time))),
            source,
            distro: json!({
                "name": distribution.map_or("", |known| &known.id),
                "version": distribution.map_or("", |known| &known.version_id),
                "idLike": [],
            }),
            descriptor: json!({ "name": "limpid", "version": VERSION, "timestamp": time }),
        },
        out,
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<M, I> {
    matches: M,
    ignored_matches: I,
    source: Value,
    distro: Value,
    descriptor: Value,
}

/// A match that does not count, with the rule that says so.
fn ignored(it: &api::Suppressed, time: &str) -> Value {
    let mut found = of_finding(&it.finding, time);
    let vex = it.suppression.vex_status().map_or("", api::VexStatus::as_str);
    let rule = json!({
        "vulnerability": it.finding.vulnerability,
        "reason": suppression(&it.suppression),
        "namespace": "",
        "fix-state": "",
        "vex-status": vex,
        "vex-justification": it.suppression.justification.as_deref().unwrap_or_default(),
    });
    if let Some(members) = found.as_object_mut() {
        members.insert("appliedIgnoreRules".to_owned(), json!([rule]));
    }
    found
}

fn of_finding(finding: &api::Finding, time: &str) -> Value {
    let package = &finding.package;
    let data_source = addresses(finding).next().unwrap_or_default();
    let severity = severity(&finding.severity.level);
    let namespace = format!("{}:{}", finding.feed, finding.namespace);
    let related = finding.aliases.iter().map(|alias| {
        json!({
            "id": alias, "dataSource": data_source, "namespace": namespace, "severity": severity,
            "urls": [], "description": title(finding), "cvss": [],
        })
    });
    let mut found = json!({ "vulnerabilityID": finding.advisory, "versionConstraint": "" });
    if let (Some(version), Some(found)) = (&finding.fixed_version, found.as_object_mut()) {
        found.insert("versionConstraint".to_owned(), format!("< {version}").into());
    }
    let mut detail = json!({
        "type": "exact-direct-match",
        "matcher": format!("{}-matcher", package.detector),
        "searchedBy": {
            "namespace": namespace,
            "package": { "name": package.name, "version": package.version },
        },
        "found": found,
    });
    let update = finding.update_to.as_ref().or(finding.fixed_version.as_ref());
    if let (Some(version), Some(detail)) = (update, detail.as_object_mut()) {
        detail.insert("fix".to_owned(), json!({ "suggestedVersion": version }));
    }
    json!({
        "vulnerability": vulnerability(finding, data_source, severity, &namespace, time),
        "relatedVulnerabilities": related.collect::<Vec<_>>(),
        "matchDetails": [detail],
        "artifact": artifact(finding),
    })
}

fn vulnerability(
    finding: &api::Finding,
    data_source: &str,
    severity: &str,
    namespace: &str,
    time: &str,
) -> Value {
    let versions: Vec<_> = finding.fixed_version.iter().collect();
    let state = match &*finding.status {
        _ if !versions.is_empty() => "fixed",
        "wont-fix" | "end-of-life" => "wont-fix",
        "affected" | "fix-deferred" => "not-fixed",
        _ => "unknown",
    };
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("id", finding.vulnerability.as_str().into());
    put("dataSource", data_source.into());
    put("namespace", namespace.into());
    put("severity", severity.into());
    put("urls", addresses(finding).collect());
    put("description", title(finding).into());
    put("cvss", finding.severity.rating.iter().filter_map(cvss).collect());
    put("fix", json!({ "versions": versions, "state": state }));
    put("advisories", json!([]));
    put("risk", json!(0));
    if let Some(probability) = finding.exploit_probability {
        // What is shown is what was given: 0.5 is not 0.500000000001.
        let probability: Value = serde_json::from_str(&probability.to_string()).unwrap_or(Value::Null);
        let date = time.get(..10).unwrap_or_default();
        put("epss", json!([{ "cve": finding.vulnerability, "epss": probability, "date": date }]));
    }
    if let Some(exploited) = &finding.exploited {
        put("knownExploited", json!([{ "cve": finding.vulnerability, "dateAdded": exploited.since }]));
    }
    Value::Object(members)
}

fn cvss(rating: &api::Rating) -> Option<Value> {
    let version = rating.system.strip_prefix("CVSS:")?;
    let score: Value = serde_json::from_str(&rating.score?.to_string()).ok()?;
    rating.value.contains('/').then(|| {
        json!({
            "source": rating.feed,
            "type": if rating.of == "package" { "Secondary" } else { "Primary" },
            "version": version,
            "vector": rating.value,
            "metrics": { "baseScore": score },
            "vendorMetadata": {},
        })
    })
}

fn artifact(finding: &api::Finding) -> Value {
    let package = &finding.package;
    let inside = package.member.as_deref().map_or_else(String::new, |member| format!("!{member}"));
    let path = format!("/{}{inside}", package.path);
    let upstreams = package.source_name.iter().map(|name| match &package.source_version {
        Some(version) => json!({ "name": name, "version": version }),
        None => json!({ "name": name }),
    });
    json!({
        "id": place_of(finding),
        "name": package.name,
        "version": package.version,
        "type": type_of(&package.purl),
        "locations": [{ "path": path, "layerID": package.layer.diff_id, "accessPath": path }],
        "language": "",
        "licenses": package.licenses,
        "cpes": [],
        "purl": package.purl,
        "upstreams": upstreams.collect::<Vec<_>>(),
    })
}

fn severity(level: &str) -> &'static str {
    severity_word(Severity::from_word(level).unwrap_or(Severity::Unknown))
}
