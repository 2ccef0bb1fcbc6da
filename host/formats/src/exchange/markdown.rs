//! Markdown for summaries of jobs and comments: what it comes to, what is missing, and a table of what to do.

use std::fmt::Write as _;

use super::{Subject, suppression, title, title_of};
use crate::json as api;

/// Findings that are listed: a summary of a job at GitHub has 1 MiB.
const LISTED: usize = 1_000;

pub(super) fn write(subjects: &[Subject<'_>]) -> String {
    let mut text = String::new();
    for subject in subjects {
        image(&mut text, subject);
    }
    text
}

fn image(text: &mut String, subject: &Subject<'_>) {
    let report = subject.report;
    if !text.is_empty() {
        text.push('\n');
    }
    let summary = &report.summary;
    let _ = writeln!(text, "## {}\n", escaped(&title_of(&report.image)));
    let levels = limpid_model::Severity::WORST_FIRST.map(limpid_model::Severity::as_str);
    let by_level = levels.into_iter().filter_map(|level| {
        let count = report.findings.iter().filter(|finding| &*finding.severity.level == level).count();
        (count > 0).then(|| format!("{count} {level}"))
    });
    let by_level: Vec<_> = by_level.collect();
    let findings = report.findings.len();
    let (of_all, found) = match findings {
        0 => (String::new(), "No findings".to_owned()),
        1 => (format!(" ({})", by_level.join(", ")), "1 finding".to_owned()),
        _ => (format!(" ({})", by_level.join(", ")), format!("{findings} findings")),
    };
    let _ =
        writeln!(text, "**{found}**{of_all}, {} of {} packages judged.", summary.judged, summary.packages);
    let remarks = subject.remarks();
    if !remarks.is_empty() {
        let is_whole = summary.complete && subject.hidden.is_none_or(|(_, hidden)| hidden == 0);
        text.push_str(match is_whole {
            true => "\n> [!NOTE]\n> What nobody can judge:\n",
            false => "\n> [!WARNING]\n> This report is not complete:\n",
        });
        for (_, remark) in &remarks {
            let _ = writeln!(text, "> - {}", escaped(remark));
        }
    }
    findings_of(text, report);
    suppressed(text, report);
}

fn findings_of(text: &mut String, report: &api::Report) {
    if report.findings.is_empty() {
        return;
    }
    text.push_str("\n| Severity | Vulnerability | Package | Installed | Update to | Layer | What it is |\n");
    text.push_str("|---|---|---|---|---|---|---|\n");
    for finding in report.findings.iter().take(LISTED) {
        row(text, finding);
    }
    more_than(text, report.findings.len());
}

fn more_than(text: &mut String, count: usize) {
    if let Some(more) = count.checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "\nand {more} more.");
    }
}

/// What does not count, and who says so.
fn suppressed(text: &mut String, report: &api::Report) {
    if report.suppressed.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n**{} suppressed**, not counted above:\n", report.suppressed.len());
    text.push_str("| Severity | Vulnerability | Package | Installed | Why |\n|---|---|---|---|---|\n");
    for it in report.suppressed.iter().take(LISTED) {
        let finding = &it.finding;
        let cells = [
            &*finding.severity.level,
            finding.vulnerability.as_str(),
            &finding.package.name,
            &finding.package.version,
            &suppression(&it.suppression),
        ];
        let _ = writeln!(text, "| {} |", cells.map(escaped).join(" | "));
    }
    more_than(text, report.suppressed.len());
}

fn row(text: &mut String, finding: &api::Finding) {
    let update = finding.update_to.as_deref().or(finding.fixed_version.as_deref());
    let exploited = if finding.exploited.is_some() { " (exploited)" } else { "" };
    let status = if &*finding.status == "affected" { "no fix yet" } else { &finding.status };
    let _ = writeln!(
        text,
        "| {}{exploited} | {} | {} | {} | {} | {} | {} |",
        escaped(&finding.severity.level),
        escaped(&finding.vulnerability),
        escaped(&finding.package.name),
        escaped(&finding.package.version),
        escaped(update.unwrap_or(status)),
        finding.package.layer.index,
        escaped(title(finding)),
    );
}

/// Text that is nothing but text: no markup, no link, no mention, no line of its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in crate::printable(text).chars() {
        match character {
            '\n' => escaped.push(' '),
            // An entity is text wherever it stands: neither a mention nor the start of an address.
            '@' | '<' | '>' | '&' | '#' | ':' | '|' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            character
                if character.is_ascii_punctuation() && !matches!(character, '.' | ',' | '-' | '/' | '\'') =>
            {
                escaped.push('\\');
                escaped.push(character);
            }
            '.' if escaped.ends_with("www") || escaped.ends_with("WWW") => escaped.push_str("&#46;"),
            character => escaped.push(character),
        }
    }
    escaped
}
