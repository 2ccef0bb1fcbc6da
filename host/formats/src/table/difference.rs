use super::grid::{Grid, Last};
use super::look::Tone;
use super::name_of;
use super::page::{Page, Piece};
use super::report::of_severity;
use crate::json as api;

/// Stands for what is not known.
const NOTHING: &str = "-";

/// In what two images differ.
pub fn difference(page: &mut Page, difference: &api::Difference) {
    for (side, image) in [("before", &difference.before), ("after", &difference.after)] {
        let name = name_of(&image.names, &image.digest);
        page.line(&[
            Piece::new(Tone::Faint, format!("{side:<7}")),
            Piece::new(Tone::Strong, name),
            Piece::new(Tone::Faint, format!("  {}", image.digest)),
        ]);
    }
    page.blank();
    if difference.is_empty() {
        let known = if difference.doubts.is_empty() { "" } else { " as far as is known" };
        page.line(&[format!("No package and no finding differs{known}").into()]);
    }
    packages(page, &difference.packages);
    findings(page, &difference.findings);
    if difference.doubts.is_empty() {
        return;
    }
    page.blank();
    page.line(&[Piece::new(Tone::Strong, "This comparison is not complete:")]);
    for doubt in &difference.doubts {
        page.sentence(&format!("  - {}: ", doubt.of), Tone::Plain, &doubt.message);
    }
}

fn packages(page: &mut Page, packages: &api::PackageDifference) {
    let api::PackageDifference { added, removed, changed } = packages;
    if added.is_empty() && removed.is_empty() && changed.is_empty() {
        return;
    }
    let title = format!(
        "Packages: {} added, {} removed, {} of another version",
        added.len(),
        removed.len(),
        changed.len()
    );
    page.line(&[Piece::new(Tone::Strong, title)]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    let mut row = |sign: &str, name: &str, version: String, path: &str| {
        grid.row([
            Piece::from(sign),
            Piece::new(Tone::Strong, name),
            Piece::from(version),
            Piece::new(Tone::Faint, path),
        ]);
    };
    for changed in changed {
        let versions = format!("{} -> {}", changed.from, changed.to);
        row("~", &changed.name, versions, &changed.package.path);
    }
    for (sign, packages) in [("+", added), ("-", removed)] {
        for package in packages {
            row(sign, &package.name, package.version.clone(), &package.path);
        }
    }
    page.grid(&grid);
}

fn findings(page: &mut Page, findings: &api::FindingDifference) {
    let api::FindingDifference { added, removed, changed } = findings;
    if added.is_empty() && removed.is_empty() && changed.is_empty() {
        return;
    }
    page.blank();
    let title =
        format!("Findings: {} added, {} removed, {} changed", added.len(), removed.len(), changed.len());
    page.line(&[Piece::new(Tone::Strong, title)]);
    let mut grid = Grid::default().indented(2).with_last(Last::Cut);
    for (sign, tone, found) in [("+", Tone::Plain, added), ("-", Tone::Good, removed)] {
        for finding in found {
            grid.row(row(Piece::new(tone, sign), finding, fixed(finding)));
        }
    }
    for pair in changed {
        let (before, after) = (&pair.before, &pair.after);
        let parts = [
            (before.severity.level.to_string(), after.severity.level.to_string()),
            (before.status.to_string(), after.status.to_string()),
            (fixed(before), fixed(after)),
        ];
        let parts = parts.into_iter().filter(|(before, after)| before != after);
        let what: Vec<_> = parts.map(|(before, after)| format!("{before} -> {after}")).collect();
        grid.row(row(Piece::from("~"), after, what.join(", ")));
    }
    page.grid(&grid);
}

fn row(sign: Piece, finding: &api::Finding, what: String) -> [Piece; 6] {
    [
        sign,
        of_severity(&finding.severity.level, &finding.severity.level),
        Piece::new(Tone::Strong, &finding.vulnerability),
        Piece::from(&finding.package.name),
        Piece::from(&finding.package.version),
        Piece::from(what),
    ]
}

fn fixed(finding: &api::Finding) -> String {
    finding.fixed_version.as_ref().map_or_else(|| NOTHING.to_owned(), |version| format!("fixed in {version}"))
}
