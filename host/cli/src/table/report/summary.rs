//! What findings come to, which updates clear most of them, and which layers they are in.

use std::collections::{BTreeMap, BTreeSet};

use limpid_server::api;

use super::groups::Group;
use super::{findings_of, of_severity};
use crate::filter::Filter;
use crate::table::grid::{Grid, Last};
use crate::table::look::Tone;
use crate::table::page::{Page, Piece};
use crate::table::{command, count, joined};

/// Updates that are listed in the summary. What comes after them is counted, and listed below.
const UPDATES: usize = 8;

/// All findings, by severity, exploited, fixable, and how many packages were judged.
pub(super) fn totals(page: &mut Page, report: &api::Report) {
    let summary = &report.summary;
    let vulnerabilities: BTreeSet<_> = report.findings.iter().map(|finding| &finding.vulnerability).collect();
    if summary.findings == 0 {
        let judged = if summary.judged == 0 { "No package could be judged" } else { "No findings" };
        page.line(&[Piece::new(Tone::Strong, judged)]);
    } else {
        let mut line = vec![Piece::new(Tone::Strong, findings_of(summary.findings, vulnerabilities.len()))];
        let mut lead = ": ";
        for level in limpid_model::Severity::WORST_FIRST.map(limpid_model::Severity::as_str) {
            let number = summary.by_severity.get(level).copied().unwrap_or(0);
            if number > 0 {
                line.push(Piece::from(lead));
                line.push(of_severity(level, format!("{number} {level}")));
                lead = ", ";
            }
        }
        page.line(&line);
        let exploited = report.findings.iter().filter(|finding| finding.exploited.is_some()).count();
        let tone = if exploited > 0 { Tone::Critical } else { Tone::Plain };
        page.line(&[
            Piece::new(tone, format!("{exploited} known to be exploited")),
            Piece::from(", "),
            Piece::new(
                if summary.fixable > 0 { Tone::Good } else { Tone::Plain },
                format!("{} fixed by an update", summary.fixable),
            ),
        ]);
    }
    if summary.packages > 0 {
        let all = summary.judged == summary.packages;
        page.line(&[Piece::from(if all {
            format!("{} judged, which is all", count(summary.packages, "package", "packages"))
        } else {
            format!("{} of {} packages judged", summary.judged, summary.packages)
        })]);
    }
    let unrated = summary.by_severity.get("unknown").copied().unwrap_or(0);
    if unrated > 0 {
        let text = format!(
            "Nobody whose advisories are held has rated {}: unknown is not low",
            if unrated == summary.findings { "any of them".to_owned() } else { format!("{unrated} of them") },
        );
        page.sentence("", Tone::Plain, &text);
    }
}

/// What the filters hide, and what they let pass that they cannot tell.
pub(super) fn filtered(page: &mut Page, report: &api::Report, filter: &Filter) {
    let Some(asked) = filter.asked() else { return };
    let hidden = report.findings.iter().filter(|finding| !filter.shows(finding)).count();
    let mut text = format!("{asked}: {} of {} findings hidden", hidden, report.findings.len());
    let unrated = filter.unrated_shown(&report.findings);
    if unrated > 0 {
        text.push_str(&format!("; {unrated} that nobody has rated are shown (`--rated` hides them)"));
    }
    page.sentence("", Tone::Strong, &text);
}

/// Which packages to update, and how many findings that clears.
pub(super) fn updates(page: &mut Page, groups: &[Group<'_>], shown: usize) {
    let updates: Vec<_> = groups.iter().filter(|group| !group.updates.is_empty()).collect();
    page.blank();
    if updates.is_empty() {
        page.line(&[Piece::new(Tone::Strong, "No update fixes any of them yet")]);
        return;
    }
    let cleared: usize = updates.iter().map(|group| group.findings).sum();
    let these = if updates.len() == 1 {
        "this package".to_owned()
    } else {
        format!("these {} packages", updates.len())
    };
    page.line(&[Piece::new(Tone::Strong, format!("Update {these} to clear {cleared} of {shown}:"))]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    for group in updates.iter().take(UPDATES) {
        grid.row([
            Piece::new(Tone::Strong, group.name),
            Piece::from(group.version),
            Piece::new(Tone::Good, format!("-> {}", group.updates.join(" or "))),
            Piece::from(format!("clears {}", group.findings)),
            Piece::from(format!("layer {}", joined(group.layers.iter()))),
        ]);
    }
    page.grid(&grid);
    if let Some(rest) = updates.get(UPDATES..).filter(|rest| !rest.is_empty()) {
        let cleared: usize = rest.iter().map(|group| group.findings).sum();
        let text = format!("and {} more, which clear {cleared}: below", rest.len());
        page.line(&[Piece::new(Tone::Faint, format!("  {text}"))]);
    }
}

/// The layers that brought what is found, and the commands that made them.
pub(super) fn layers(page: &mut Page, image: &api::Image, shown: &[&api::Finding]) {
    let mut by_layer: BTreeMap<usize, usize> = BTreeMap::new();
    for finding in shown {
        *by_layer.entry(finding.package.layer.index).or_default() += 1;
    }
    page.blank();
    page.line(&[Piece::new(Tone::Strong, "Layers that brought them:")]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    for (index, findings) in by_layer {
        let made_by = image.layers.get(index).and_then(|layer| layer.created_by.as_deref());
        grid.row([
            Piece::from(format!("layer {index}")),
            Piece::from(count(findings, "finding", "findings")),
            Piece::new(Tone::Faint, made_by.map_or_else(|| "made by no known command".to_owned(), command)),
        ]);
    }
    page.grid(&grid);
}
