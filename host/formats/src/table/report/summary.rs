//! What findings come to, which updates clear most of them, and which layers they are in.

use std::collections::{BTreeMap, BTreeSet};

use crate::json as api;

use super::{findings_of, of_severity};
use crate::FindingFilter as Filter;
use crate::groups::Group;
use crate::table::grid::{Grid, Last};
use crate::table::look::Tone;
use crate::table::page::{Page, Piece};
use crate::table::{command, count, joined, name_of};

/// Updates that are listed in the summary. What comes after them is counted, and listed below.
const UPDATES: usize = 8;

/// All findings, by severity, exploited, fixable, and how many packages were judged.
pub(super) fn totals(page: &mut Page, report: &api::Report) {
    let summary = &report.summary;
    let vulnerabilities: BTreeSet<_> = report.findings.iter().map(|finding| &finding.vulnerability).collect();
    let title = match (summary.findings, summary.judged) {
        (0, 0) => "No package could be judged".to_owned(),
        (0, _) => "No findings".to_owned(),
        (findings, _) => findings_of(findings, vulnerabilities.len()),
    };
    page.line(&[Piece::new(Tone::Strong, title)]);
    if summary.findings > 0 {
        page.line(&severities(&report.summary));
        page.line(&exploited_and_fixable(report));
    }
    if summary.packages > 0 {
        page.line(&[format!("  {} of {} packages judged", summary.judged, summary.packages).into()]);
    }
    if let Some(unrated) = summary.by_severity.get("unknown").filter(|unrated| **unrated > 0) {
        let of_them = if *unrated == summary.findings { "any".to_owned() } else { unrated.to_string() };
        let text =
            format!("nobody whose advisories are stored has rated {of_them} of them: unknown is not low");
        page.sentence("  ", Tone::Plain, &text);
    }
}

fn severities(summary: &api::Summary) -> Vec<Piece> {
    let (mut line, mut lead) = (Vec::new(), "  ");
    for level in limpid_model::Severity::WORST_FIRST.map(limpid_model::Severity::as_str) {
        let number = summary.by_severity.get(level).copied().unwrap_or(0);
        if number > 0 {
            line.extend([Piece::from(lead), of_severity(level, format!("{number} {level}"))]);
            lead = ", ";
        }
    }
    line
}

fn exploited_and_fixable(report: &api::Report) -> [Piece; 4] {
    let exploited = report.findings.iter().filter(|finding| finding.exploited.is_some()).count();
    let fixable = report.summary.fixable;
    let where_some = |number: usize, tone: Tone| if number > 0 { tone } else { Tone::Plain };
    [
        Piece::from("  "),
        Piece::new(where_some(exploited, Tone::Critical), format!("{exploited} known to be exploited")),
        Piece::from(", "),
        Piece::new(where_some(fixable, Tone::Good), format!("{fixable} fixed by an update")),
    ]
}

/// How many findings come from the base image, and which newer one there is.
pub(super) fn base(page: &mut Page, report: &api::Report) {
    let (Some(base), Some(origins)) = (&report.base, &report.summary.by_origin) else { return };
    let name = name_of(&base.names, &base.digest);
    let text = format!("{} from the base {name}, {} your own", origins.base, origins.own);
    page.sentence("  ", Tone::Plain, &text);
    let Some(newest) = &report.recommendation else { return };
    let newest_name = name_of(&newest.names, &newest.digest);
    // A tag that moved names both.
    let newest_name = if newest_name == name { &newest.digest } else { newest_name };
    let known = if newest.complete { "" } else { ", as far as both could be read" };
    let text = format!(
        "newer base {newest_name}: removes {} and adds {}{known}",
        count(newest.removes, "finding", "findings"),
        newest.adds
    );
    let tone = if newest.removes > newest.adds { Tone::Good } else { Tone::Plain };
    page.sentence("  ", tone, &text);
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
