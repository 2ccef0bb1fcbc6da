//! GitLab's report of container scanning, version 15.2.
//!
//! GitLab refuses a document as a whole where a text is longer than its
//! [schema](https://gitlab.com/gitlab-org/security-products/security-report-schemas) allows, or an image is not named as
//! it expects.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Each, HOME, Subject, TOOL, VERSION, addresses, advice, as_of, name_of, place_of, suppression, title,
    write_document,
};
use crate::{json as api, printable};

/// The longest name, and the longest solution.
const NAME: usize = 255;
const SOLUTION: usize = 7_000;

/// Findings that do not count and are told of.
const MESSAGES: usize = 100;

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = subject.report;
    let time = as_of(report);
    let time = time.trim_end_matches('Z');
    let image = image_of(&report.image);
    let system = report.coverage.distribution.as_ref().map_or("unknown", |known| known.pretty_name.as_str());
    let system = &cut(system, NAME, "unknown");
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
        "name": cut(&name, NAME, "finding"),
        "description": title(finding),
        "severity": severity,
        "solution": cut(&advice(finding), SOLUTION, "none"),
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

/// The beginning of a text that is shown; something else where nothing is.
fn cut(text: &str, length: usize, otherwise: &str) -> String {
    let text: String = printable(text).chars().take(length).collect();
    if text.trim().is_empty() { otherwise.to_owned() } else { text }
}

/// The image by its name, or by its digest where that is none with one tag at most and a port.
fn image_of(image: &api::Image) -> &str {
    let name = name_of(image);
    let parts: Vec<_> = name.split(':').collect();
    let is_port = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let fits = match parts.as_slice() {
        [repository] | [repository, _] => !repository.is_empty(),
        [host, port, _] => !host.is_empty() && is_port(port),
        _ => false,
    };
    let is_plain = printable(name) == name && !name.contains(char::is_whitespace) && !name.ends_with(':');
    if fits && is_plain && name.chars().count() <= NAME { name } else { &image.digest }
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
