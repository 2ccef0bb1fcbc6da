//! Findings that do not count, and who says so.

use std::collections::BTreeMap;

use crate::json as api;

use crate::table::count;
use crate::table::grid::{Grid, Last};
use crate::table::look::Tone;
use crate::table::page::{Page, Piece};

/// Findings that are listed; what comes after them is counted.
const LISTED: usize = 50;

/// By whom, in a line.
pub(super) fn total(page: &mut Page, report: &api::Report) {
    if report.suppressed.is_empty() {
        return;
    }
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for suppressed in &report.suppressed {
        *by.entry(who(&suppressed.suppression)).or_default() += 1;
    }
    let by: Vec<_> = by.into_iter().map(|(who, count)| format!("{count} by {who}")).collect();
    let all = count(report.suppressed.len(), "more does not count", "more do not count");
    page.sentence("  ", Tone::Plain, &format!("{all}: {}", by.join(", ")));
}

/// Each of them.
pub(super) fn listed(page: &mut Page, report: &api::Report) {
    if report.suppressed.is_empty() {
        return;
    }
    page.blank();
    page.line(&[Piece::new(Tone::Strong, "Suppressed, not counted above:")]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    report.suppressed.iter().take(LISTED).for_each(|suppressed| grid.row(row(suppressed)));
    page.grid(&grid);
    if let Some(rest) = report.suppressed.len().checked_sub(LISTED).filter(|rest| *rest > 0) {
        page.line(&[Piece::new(Tone::Faint, format!("  and {rest} more: `--format json` has all"))]);
    }
}

/// A finding that does not count, by whose decision, and why.
pub(in crate::table) fn row(api::Suppressed { finding, suppression }: &api::Suppressed) -> [Piece; 5] {
    // The day is enough.
    let day = suppression.until.as_deref().and_then(|until| until.get(..10));
    let until = day.map(|day| format!(" until {day}")).unwrap_or_default();
    let why = match suppression.reason.trim() {
        "" => suppression.justification.clone().unwrap_or_default(),
        reason => reason.to_owned(),
    };
    [
        Piece::from(&*finding.severity.level),
        Piece::from(finding.vulnerability.as_str()),
        Piece::from(format!("{} {}", finding.package.name, finding.package.version)),
        Piece::from(format!("{}{until}", who(suppression))),
        Piece::new(Tone::Faint, why),
    ]
}

/// By whose decision.
fn who(suppression: &api::Suppression) -> String {
    let author = suppression.author.as_deref();
    let by = match &*suppression.by {
        "policy" => format!("policy `{}`", suppression.source),
        "grace" => format!("grace of policy `{}`", suppression.source),
        "vex-fixed" => format!("VEX of {} (fixed)", author.unwrap_or(&suppression.source)),
        _ => format!("VEX of {}", author.unwrap_or(&suppression.source)),
    };
    match (&suppression.repository, &suppression.attached) {
        (Some(repository), _) => format!("{by} in repository `{repository}`"),
        (None, Some(attached)) => format!("{by}, {}", attached.vouched()),
        (None, None) => by,
    }
}
