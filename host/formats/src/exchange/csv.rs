//! CSV as RFC 4180 has it: a line for each finding, those that do not count last. What a spreadsheet would take for a
//! formula has an apostrophe in front, as [OWASP](https://owasp.org/www-community/attacks/CSV_Injection) advises.

use super::{Subject, name_of, score, suppression, title};
use crate::{json as api, printable_line};

const COLUMNS: [&str; 24] = [
    "image",
    "digest",
    "platform",
    "severity",
    "score",
    "vulnerability",
    "aliases",
    "epss",
    "exploited",
    "package",
    "installed",
    "purl",
    "fixed-in",
    "update-to",
    "status",
    "source-package",
    "layer",
    "origin",
    "evidence",
    "path",
    "feed",
    "title",
    "fingerprint",
    "suppressed",
];

pub(super) fn write(subjects: &[Subject<'_>]) -> String {
    let mut text = head();
    for subject in subjects {
        let suppressed = subject.report.suppressed.iter();
        let suppressed = suppressed.map(|it| (&it.finding, Some(&it.suppression)));
        let counted = subject.report.findings.iter().map(|finding| (finding, None));
        for (finding, suppression) in counted.chain(suppressed) {
            text.push_str(&line(&subject.report.image, finding, suppression));
        }
    }
    text
}

/// The line that names the columns.
pub fn head() -> String {
    COLUMNS.join(",") + "\r\n"
}

/// The line of a finding, with why it does not count.
pub fn line(image: &api::Image, finding: &api::Finding, why: Option<&api::Suppression>) -> String {
    let cells = cells(image, finding, why.map(suppression).unwrap_or_default()).map(|cell| cell_of(&cell));
    cells.join(",") + "\r\n"
}

fn cells(image: &api::Image, finding: &api::Finding, suppression: String) -> [String; COLUMNS.len()] {
    let package = &finding.package;
    let number = |number: Option<f32>| number.map_or_else(String::new, |number| number.to_string());
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let inside = package.member.as_deref().map_or_else(String::new, |member| format!("!{member}"));
    [
        name_of(image).to_owned(),
        image.digest.clone(),
        format!("{}/{}", image.platform.os, image.platform.architecture),
        finding.severity.level.to_string(),
        number(score(finding)),
        finding.vulnerability.to_string(),
        finding.aliases.join(" "),
        number(finding.exploit_probability),
        text(finding.exploited.as_ref().map(|exploited| exploited.since.as_str())),
        package.name.clone(),
        package.version.clone(),
        package.purl.clone(),
        text(finding.fixed_version.as_deref()),
        text(finding.update_to.as_deref()),
        finding.status.to_string(),
        text(package.source_name.as_deref()),
        package.layer.index.to_string(),
        text(finding.origin.as_deref()),
        package.evidence.to_string(),
        package.path.clone() + &inside,
        finding.feed.to_string(),
        title(finding).to_owned(),
        finding.fingerprint.clone(),
        suppression,
    ]
}

/// A cell: quoted where it must be, on one line, and never a formula.
pub fn cell_of(text: &str) -> String {
    let text = printable_line(text);
    let is_formula =
        text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = if is_formula { format!("'{text}") } else { text };
    if text.contains(['"', ',']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
