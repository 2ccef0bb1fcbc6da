//! GitLab's report of container scanning, version 15.2.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Each, HOME, Subject, TOOL, VERSION, addresses, advice, as_of, name_of, place_of, suppression, title,
    write_document,
};
use crate::json as api;

/// Longer names, descriptions and addresses are refused or cut.
const NAME: usize = 255;

/// Findings that do not count and are told of.
const MESSAGES: usize = 100;

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = subject.report;
    let time = as_of(report);
    let time = time.trim_end_matches('Z');
    let image = name_of(&report.image);
    let system = report.coverage.distribution.as_ref().map_or("unknown", |known| known.pretty_name.as_str());
    let about = json!({
        "id": "limpid", "name": TOOL, "url": HOME, "version": VERSION, "vendor": { "name": TOOL },
    });
    let messages = subject.remarks().into_iter().map(|(_, text)| json!({ "level": "warn", "value": text }));
    // The form has no place for what does not count.
    let suppressed = report.suppressed.iter().map(|it| {
        let finding = &it.finding;
        let (id, package, why) =
            (&finding.vulnerability, &finding.package.name, suppression(&it.suppression));
        json!({ "level": "info", "value": format!("{id} in {package}: {why}") })
    });
    let messages = messages.chain(suppressed.take(MESSAGES));
    let scan = json!({
        "type": "container_scanning",
        "analyzer": about,
        "scanner": about,
        "start_time": time,
        "end_time": time,
        "status": "success",
        "messages": messages.collect::<Vec<_>>(),
    });
    let vulnerabilities =
        Each(|| report.findings.iter().map(|finding| vulnerability(finding, image, system)));
    write_document(&Document { version: "15.2.1", scan, vulnerabilities, remediations: [] }, out)
}

#[derive(Serialize)]
struct Document<V> {
    version: &'static str,
    scan: Value,
    vulnerabilities: V,
    remediations: [Value; 0],
}

fn vulnerability(finding: &api::Finding, image: &str, system: &str) -> Value {
    let severity = match &*finding.severity.level {
        "malicious" | "critical" => "Critical",
        "high" => "High",
        "medium" => "Medium",
        "low" => "Low",
        "negligible" => "Info",
        _ => "Unknown",
    };
    let identifiers =
        std::iter::once(finding.vulnerability.as_str()).chain(finding.aliases.iter().map(String::as_str));
    let identifiers: Vec<_> = identifiers.map(|id| identifier(id, finding)).collect();
    let links = addresses(finding).map(|url| json!({ "url": url }));
    let name = format!("{} in {}", finding.vulnerability, finding.package.name);
    json!({
        "id": place_of(finding),
        "name": name.chars().take(NAME).collect::<String>(),
        "description": title(finding),
        "severity": severity,
        "solution": advice(finding),
        "location": {
            "dependency": {
                "package": { "name": finding.package.name },
                "version": finding.package.version,
            },
            "operating_system": system,
            "image": image,
        },
        "identifiers": identifiers,
        "links": links.collect::<Vec<_>>(),
    })
}

/// An identifier; its type is the word before the first dash, as GitLab has it: `cve`, `ghsa`.
fn identifier(id: &str, finding: &api::Finding) -> Value {
    let kind = id.split('-').next().filter(|kind| !kind.is_empty()).unwrap_or("other").to_ascii_lowercase();
    let mut identifier = json!({ "type": kind, "name": id, "value": id });
    let address = addresses(finding).find(|address| address.contains(id));
    if let (Some(address), Some(members)) = (address, identifier.as_object_mut()) {
        members.insert("url".to_owned(), address.into());
    }
    identifier
}
