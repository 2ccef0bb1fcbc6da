//! The report of an image: what is bad, what to do first, which layer.

mod attached;
mod listed;
mod summary;
mod suppressed;

use crate::json as api;

use super::look::Tone;
use super::missing::Missing;
use super::page::{Page, Piece};
use super::{count, heading};
use crate::FindingFilter as Filter;
use crate::groups::groups;
pub(super) use suppressed::row as suppressed_row;

/// What is written below a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// Whether any advisory is stored, of whatever.
    pub any_advisories: bool,
}

/// Shows a report: what it comes to, what to do first, each finding, and what is missing.
pub fn report(page: &mut Page, report: &api::Report, filter: &Filter, hints: Hints) {
    heading(page, &report.image, report.coverage.distribution.as_ref());
    let shown: Vec<_> = report.findings.iter().filter(|finding| filter.shows(finding)).collect();
    let distribution = report.coverage.distribution.as_ref().map_or(&[][..], |known| &known.namespaces);
    let groups = groups(shown.iter().copied(), distribution);
    page.blank();
    summary::totals(page, report);
    suppressed::total(page, report);
    attached::total(page, report);
    summary::base(page, report);
    summary::filtered(page, report, filter);
    if !groups.is_empty() {
        summary::updates(page, &groups, shown.len());
        if !report.image.is_bill_of_materials() {
            summary::layers(page, &report.image, &shown);
        }
        listed::findings(page, &groups);
    }
    suppressed::listed(page, report);
    Missing::from(&report.coverage).show(page, "This report is not complete:");
    notes(page, report);
    next(page, report, hints);
}

/// What was odd about layers that were read all the same.
fn notes(page: &mut Page, report: &api::Report) {
    for note in &report.coverage.notes {
        page.blank();
        let text = format!("Layer {} was read all the same: {}", note.index, note.message);
        page.sentence("", Tone::Plain, &text);
    }
}

/// Which command helps, where one does.
fn next(page: &mut Page, report: &api::Report, hints: Hints) {
    let summary = &report.summary;
    let lacks = |code: &str| report.coverage.gaps.iter().any(|gap| gap.code == code);
    let advice = if summary.packages == 0 {
        "`limpid plugin list` shows what is looked for in images"
    } else if !hints.any_advisories {
        "No advisories are stored: `limpid feed update` fetches them, `limpid feed import` takes them from a file"
    } else if (summary.judged == 0 && !summary.complete) || lacks("no-advisories") {
        "`limpid feed update` fetches what publishers say now, `limpid feed list` shows what is stored"
    } else if page.look().width.is_some() && !report.findings.is_empty() {
        "`limpid explain IMAGE VULNERABILITY` says why; `--format json` says all that is known"
    } else {
        return;
    };
    page.blank();
    page.sentence("", Tone::Faint, advice);
}

/// How many findings of how many vulnerabilities.
fn findings_of(findings: usize, vulnerabilities: usize) -> String {
    format!(
        "{} of {}",
        count(findings, "finding", "findings"),
        count(vulnerabilities, "vulnerability", "vulnerabilities")
    )
}

/// Text as the severity that it states is shown.
pub(super) fn of_severity(level: &str, text: impl AsRef<str>) -> Piece {
    let tone = match level {
        "malicious" | "critical" => Tone::Critical,
        "high" => Tone::High,
        "medium" => Tone::Medium,
        "low" => Tone::Low,
        _ => Tone::Faint,
    };
    Piece::new(tone, text)
}
