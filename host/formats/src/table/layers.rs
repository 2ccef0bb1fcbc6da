//! The layers of an image as a stack: the topmost first, the base below a line that names it.

use std::collections::BTreeMap;

use limpid_model::Severity;

use super::grid::{Grid, Last};
use super::look::Tone;
use super::page::{Page, Piece};
use super::report::of_severity;
use super::{command, count, name_of};
use crate::json as api;

/// Stands for what there is none of.
const NOTHING: &str = "-";

/// Columns of a terminal from which on there is room for how large layers are as stored.
const WIDE: usize = 110;

/// The severities that have a column, and what stands above it. Malicious and negligible ones have one where there
/// are any.
const COLUMNS: [(Severity, &str); 7] = [
    (Severity::Malicious, "!"),
    (Severity::Critical, "c"),
    (Severity::High, "h"),
    (Severity::Medium, "m"),
    (Severity::Low, "l"),
    (Severity::Negligible, "n"),
    (Severity::Unknown, "?"),
];

/// What each layer of an image did.
pub fn layers(page: &mut Page, layers: &api::ImageLayers) {
    heading(page, layers);
    page.blank();
    if layers.layers.is_empty() {
        page.line(&["No layers".into()]);
        return;
    }
    page.grid(&stack(page, layers));
    page.blank();
    legend(page, layers);
    for layer in &layers.layers {
        let Some(unread) = &layer.unread else { continue };
        page.blank();
        let text = format!("Layer {} was not read, so that nothing is known of what it did: ", layer.index);
        page.sentence("", Tone::Medium, &(text + &unread.message));
    }
}

fn heading(page: &mut Page, layers: &api::ImageLayers) {
    let image = &layers.image;
    for name in &image.names {
        page.line(&[Piece::new(Tone::Strong, name)]);
    }
    page.line(&[Piece::new(Tone::Faint, &image.digest)]);
    if image.is_bill_of_materials() {
        let text = "a bill of materials, which does not say in which layers packages are: its one layer is the document";
        page.sentence("", Tone::Plain, text);
        return;
    }
    let platform = &image.platform;
    let sum = |size: fn(&api::ReportedLayer) -> Option<u64>| {
        size_of(layers.layers.iter().map(size).sum::<Option<u64>>())
    };
    page.line(&[format!(
        "{}/{}, {}, {} stored, {} inflated",
        platform.os,
        platform.architecture,
        count(layers.layers.len(), "layer", "layers"),
        sum(|layer| layer.size),
        sum(|layer| layer.inflated_size),
    )
    .into()]);
    match &layers.base {
        Some(base) => page.line(&[
            Piece::from("built upon "),
            Piece::new(Tone::Strong, name_of(&base.names, &base.digest)),
            Piece::from(format!(" ({})", count(base.layers, "layer", "layers"))),
        ]),
        None => page.line(&[Piece::new(Tone::Faint, "no image is known upon which it was built")]),
    }
}

fn stack(page: &Page, layers: &api::ImageLayers) -> Grid {
    let is_wide = page.look().width.is_none_or(|width| width >= WIDE);
    let columns: Vec<_> = COLUMNS
        .into_iter()
        .filter(|(severity, _)| {
            !matches!(severity, Severity::Malicious | Severity::Negligible)
                || layers.layers.iter().any(|layer| introduced(layer).contains_key(severity.as_str()))
        })
        .collect();
    let sizes: &[&str] = if is_wide { &["stored", "inflated"] } else { &["size"] };
    let mut header = vec!["layer", "from"];
    header.extend(sizes);
    header.push("packages");
    header.extend(columns.iter().map(|(_, title)| *title));
    header.extend(["gone", "made by"]);
    let mut grid = Grid::new(&header).with_last(Last::Cut);
    for layer in layers.layers.iter().rev() {
        let found = introduced(layer);
        let from = layer.origin.as_deref().unwrap_or(NOTHING);
        let tone = if from == "base" { Tone::Faint } else { Tone::Plain };
        let mut row = vec![Piece::from(layer.index.to_string()), Piece::new(tone, from)];
        if is_wide {
            row.push(Piece::from(size_of(layer.size)));
        }
        row.extend([Piece::from(size_of(layer.inflated_size)), packages(layer)]);
        row.extend(columns.iter().map(|(severity, _)| match found.get(severity.as_str()) {
            None => Piece::new(Tone::Faint, NOTHING),
            Some(number) => of_severity(severity.as_str(), number.to_string()),
        }));
        let gone = layer.vulnerabilities.removed.len();
        row.push(match gone {
            0 => Piece::new(Tone::Faint, NOTHING),
            gone => Piece::new(Tone::Good, format!("-{gone}")),
        });
        let made_by = layer.changes.created_by.as_deref();
        row.push(Piece::new(Tone::Faint, made_by.map_or_else(|| NOTHING.to_owned(), brief)));
        grid.row(row);
    }
    grid
}

/// A command without the shell that runs it, which takes the room of what it is.
pub(crate) fn brief(created_by: &str) -> String {
    let text = command(created_by);
    match text.strip_prefix("RUN /bin/sh -c ") {
        Some(run) => format!("RUN {run}"),
        None => text,
    }
}

fn introduced(layer: &api::ReportedLayer) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for finding in &layer.vulnerabilities.introduced {
        *found.entry(&*finding.severity).or_default() += 1;
    }
    found
}

/// `+12 -1 ~3`: added, removed, of another version.
fn packages(layer: &api::ReportedLayer) -> Piece {
    if layer.unread.is_some() {
        return Piece::new(Tone::Medium, "unread");
    }
    let changes = &layer.changes;
    let counts = [('+', changes.added.len()), ('-', changes.removed.len()), ('~', changes.upgraded.len())];
    let counts = counts.iter().filter(|(_, number)| *number > 0);
    let shown: Vec<_> = counts.map(|(sign, number)| format!("{sign}{number}")).collect();
    match shown.as_slice() {
        [] => Piece::new(Tone::Faint, NOTHING),
        shown => Piece::from(shown.join(" ")),
    }
}

fn legend(page: &mut Page, layers: &api::ImageLayers) {
    let all = layers.layers.iter().map(|layer| &layer.vulnerabilities);
    let (introduced, removed) = all.fold((0, 0), |(introduced, removed), it| {
        (introduced + it.introduced.len(), removed + it.removed.len())
    });
    let left = introduced.saturating_sub(removed);
    let text = format!(
        "{} introduced, {removed} gone again: {left} in the image",
        count(introduced, "finding", "findings")
    );
    page.sentence("", Tone::Strong, &text);
    page.sentence(
        "",
        Tone::Faint,
        "packages: + added, - removed, ~ another version; findings that a layer introduced: c critical, h high, m \
         medium, l low, n negligible, ? not rated; gone: those that it fixed or removed",
    );
}

/// `1.5 GB`, in powers of thousand; `-` where it is not known.
pub(crate) fn size_of(bytes: Option<u64>) -> String {
    let Some(bytes) = bytes else { return NOTHING.to_owned() };
    let units = ["kB", "MB", "GB", "TB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = "B";
    for next in units {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1_000;
        unit = next;
    }
    match unit {
        "B" => format!("{bytes} B"),
        unit => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_powers_of_thousand() {
        let check = |bytes: u64, expected: &str| assert_eq!(size_of(Some(bytes)), expected);
        check(0, "0 B");
        check(999, "999 B");
        check(1_000, "1.0 kB");
        check(1_519_400_000, "1.5 GB");
        check(u64::MAX, "18446744.0 TB");
        assert_eq!(size_of(None), "-");
    }
}
