//! What is known of a vulnerability.

use crate::json as api;

use super::grid::Grid;
use super::look::Tone;
use super::page::{Page, Piece};
use super::report::of_severity;
use super::{count, joined};

/// Packages of which an advisory speaks, and references, that are shown.
const SHOWN: usize = 8;

/// What each publisher says of a vulnerability, and the packages that it affects.
pub fn vulnerability(page: &mut Page, known: &api::Vulnerability) {
    page.line(&[Piece::new(Tone::Strong, &known.id)]);
    let others = joined(known.identifiers.iter().filter(|id| **id != known.id));
    if !others.is_empty() {
        page.sentence("also ", Tone::Plain, &others);
    }
    for enrichment in &known.enrichments {
        let facts = joined(enrichment.facts.iter().map(|(name, value)| format!("{name} {value}")));
        let facts = if facts.is_empty() { String::new() } else { format!(": {facts}") };
        page.sentence(&format!("{} ", enrichment.feed), Tone::Plain, &format!("{}{facts}", enrichment.kind));
    }
    known.advisories.iter().for_each(|it| advisory(page, it));
    page.blank();
    if known.packages.is_empty() {
        page.line(&["It affects no package of a known image.".into()]);
        return;
    }
    page.line(&[Piece::new(Tone::Strong, "Affected packages of known images:")]);
    let mut rows: Vec<_> = known
        .packages
        .iter()
        .map(|package| {
            let fixed = package.fixed_version.as_deref().unwrap_or("-");
            (&*package.name, &*package.version, &*package.severity, fixed, &*package.feed)
        })
        .collect();
    // The same package is in many layers.
    rows.sort_unstable();
    rows.dedup();
    let mut grid = Grid::new(&["package", "version", "severity", "fixed in", "feed"]).indented(2);
    for (name, version, severity, fixed, feed) in rows {
        let fixed = Piece::new(if fixed == "-" { Tone::Faint } else { Tone::Good }, fixed);
        let [name, version, feed] = [name, version, feed].map(Piece::from);
        grid.row([name, version, of_severity(severity, severity), fixed, feed]);
    }
    page.grid(&grid);
    if page.look().width.is_some() {
        page.blank();
        let next = format!("`limpid vulnerability images {}` names the images.", known.id);
        page.sentence("", Tone::Faint, &next);
    }
}

fn advisory(page: &mut Page, advisory: &api::Advisory) {
    page.blank();
    let from = format!(" {} ({})", advisory.feed, advisory.source);
    page.line(&[Piece::new(Tone::Strong, &advisory.id), Piece::new(Tone::Faint, from)]);
    let mut say = |lead: &str, text: &str| {
        if !text.is_empty() {
            page.sentence(&format!("  {lead}"), Tone::Plain, text);
        }
    };
    say("", &advisory.title);
    let dates = [
        ("published", &advisory.published),
        ("changed", &advisory.modified),
        ("withdrawn", &advisory.withdrawn),
    ];
    say("", &joined(dates.iter().filter_map(|(what, date)| Some(format!("{what} {}", date.as_ref()?)))));
    for rating in &advisory.ratings {
        let score = rating.score.map(|score| format!(" ({score:.1})")).unwrap_or_default();
        say("", &format!("{} {}{score}", rating.system, rating.value));
    }
    say("", &joined(advisory.weaknesses.iter()));
    say("affects ", &some(&advisory.affects, "package", "packages"));
    for reference in advisory.references.iter().take(SHOWN) {
        say("", reference);
    }
    match advisory.references.len().saturating_sub(SHOWN) {
        0 => {}
        more => say("", &format!("and {}", count(more, "reference", "references"))),
    }
}

/// The first of them, and how many there are beside.
fn some(all: &[String], one: &str, many: &str) -> String {
    let shown = joined(all.iter().take(SHOWN));
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {}", count(more, one, many)),
    }
}
