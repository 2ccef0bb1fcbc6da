//! Each finding: in groups on a terminal, one line for each with all that is known in a pipe.

use std::collections::BTreeSet;

use crate::json::Finding;

use super::of_severity;
use crate::groups::{Group, Row};
use crate::table::grid::{Grid, Last};
use crate::table::look::Tone;
use crate::table::page::{Page, Piece};
use crate::table::{count, joined};

/// Paths of a group that are listed on a terminal.
const PATHS: usize = 4;

/// Columns in a pipe: always all of them, so that programs find each in its place; the only one that
/// holds spaces is the last.
const COLUMNS: [&str; 13] = [
    "severity",
    "vulnerability",
    "epss",
    "exploited",
    "package",
    "installed",
    "fixed-in",
    "status",
    "affects",
    "layer",
    "evidence",
    "path",
    "title",
];

/// What goes without saying of a package.
const INSTALLED: &str = "installed";

/// Stands for what is not known, so that there are as many columns in each line.
const NOTHING: &str = "-";

pub(super) fn findings(page: &mut Page, groups: &[Group<'_>]) {
    if page.look().width.is_some() {
        let known = Known::of(groups);
        for group in groups {
            block(page, group, known);
        }
    } else {
        page.blank();
        let mut grid = Grid::new(&COLUMNS);
        for group in groups {
            group.rows.iter().for_each(|row| grid.row(line(group, row)));
        }
        page.grid(&grid);
    }
}

fn line(group: &Group<'_>, row: &Row<'_>) -> Vec<Piece> {
    let finding = row.finding;
    let known = |text: Option<String>| Piece::from(text.unwrap_or_else(|| NOTHING.to_owned()));
    vec![
        of_severity(&finding.severity.level, &finding.severity.level),
        identifier(finding),
        known(epss(finding)),
        known(since(finding).map(str::to_owned)),
        Piece::from(one_word(group.name)),
        Piece::from(one_word(group.version)),
        known(finding.fixed_version.as_deref().map(one_word)),
        Piece::from(&finding.status),
        Piece::from(one_word(&joined(row.packages.iter()).replace(", ", ","))),
        Piece::from(joined(row.layers.iter()).replace(", ", ",")),
        Piece::from(joined(row.evidence().iter()).replace(", ", ",")),
        Piece::from(one_word(&joined(row.paths.iter().map(|(path, _)| path)).replace(", ", ","))),
        known(Some(finding.title.trim().to_owned()).filter(|title| !title.is_empty())),
    ]
}

/// Text without spaces: what states a package may put some into its name.
fn one_word(text: &str) -> String {
    text.replace(char::is_whitespace, "_")
}

/// Columns in groups that would be empty in all of them are not there.
#[derive(Clone, Copy)]
struct Known {
    epss: bool,
    exploited: bool,
}

impl Known {
    fn of(groups: &[Group<'_>]) -> Self {
        let any =
            |is: fn(&Finding) -> bool| groups.iter().flat_map(|group| &group.rows).any(|row| is(row.finding));
        Self {
            epss: any(|finding| finding.exploit_probability.is_some()),
            exploited: any(|finding| finding.exploited.is_some()),
        }
    }
}

fn block(page: &mut Page, group: &Group<'_>, known: Known) {
    page.blank();
    let mut head = vec![Piece::new(Tone::Strong, group.name), Piece::from(" "), Piece::from(group.version)];
    if group.updates.is_empty() {
        head.push(Piece::new(Tone::Faint, "  no fix yet"));
    } else {
        head.push(Piece::from(" -> "));
        head.push(Piece::new(Tone::Good, group.updates.join(" or ")));
    }
    head.push(Piece::new(Tone::Faint, format!("  {}", count(group.findings, "finding", "findings"))));
    page.line(&head);
    let layers = if group.layers.len() == 1 { "layer" } else { "layers" };
    let affects =
        format!("affects {}, {layers} {}", joined(group.packages.iter()), joined(group.layers.iter()));
    page.sentence("  ", Tone::Faint, &affects);
    if group.own_file {
        paths(page, &group.paths);
    }
    let updates_to = (group.updates.len() == 1).then(|| group.updates.first().copied()).flatten();
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    for row in &group.rows {
        let finding = row.finding;
        let mut cells =
            vec![of_severity(&finding.severity.level, &finding.severity.level), identifier(finding)];
        if known.epss {
            cells.push(Piece::from(epss(finding).map_or_else(String::new, |epss| format!("EPSS {epss}"))));
        }
        if known.exploited {
            let since = since(finding).map_or_else(String::new, |since| format!("exploited {since}"));
            cells.push(Piece::new(Tone::Critical, since));
        }
        // That all of them are fixed in is stated above.
        let earlier = finding.fixed_version.as_deref().filter(|fixed| Some(*fixed) != updates_to);
        cells.push(Piece::new(Tone::Good, earlier.map_or_else(String::new, |fixed| format!("in {fixed}"))));
        cells.push(Piece::new(Tone::Faint, remark(group, row)));
        grid.row(cells);
    }
    page.grid(&grid);
}

/// The files that state packages; those by name that do not say that they are installed.
fn paths(page: &mut Page, paths: &BTreeSet<(&str, &str)>) {
    for (path, evidence) in paths.iter().take(PATHS) {
        let how = if *evidence == INSTALLED { String::new() } else { format!(" ({evidence})") };
        page.line(&[Piece::new(Tone::Faint, format!("  {path}{how}"))]);
    }
    if let Some(more) = paths.len().checked_sub(PATHS).filter(|more| *more > 0) {
        page.line(&[Piece::new(Tone::Faint, format!("  and {}", count(more, "more file", "more files")))]);
    }
}

/// What is special about a row, and what the vulnerability is.
fn remark(group: &Group<'_>, row: &Row<'_>) -> String {
    let finding = row.finding;
    let mut parts = Vec::new();
    if finding.status != "affected" {
        parts.push(finding.status.replace('-', " "));
    }
    if row.packages.len() < group.packages.len() {
        parts.push(format!("{} only", joined(row.packages.iter())));
    }
    parts.extend(Some(finding.title.trim().to_owned()).filter(|title| !title.is_empty()));
    parts.join("; ")
}

/// The identifier, which leads to where most is to be read.
fn identifier(finding: &Finding) -> Piece {
    let id = &finding.vulnerability;
    let about = finding.references.iter().find(|address| address.contains(id.as_str()));
    let fallback = id.starts_with("CVE-").then(|| format!("https://www.cve.org/CVERecord?id={id}"));
    let address = about.or(fallback.as_ref()).or_else(|| finding.references.first());
    Piece::new(Tone::Strong, id).to(address.map(String::as_str))
}

/// The probability to be exploited in the next 30 days, in percent.
fn epss(finding: &Finding) -> Option<String> {
    finding.exploit_probability.map(|probability| format!("{:.1}%", probability * 100.0))
}

fn since(finding: &Finding) -> Option<&str> {
    finding.exploited.as_ref().map(|exploited| exploited.since.as_str())
}
