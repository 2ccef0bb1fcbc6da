use std::collections::BTreeMap;

use limpid_formats::json;
use limpid_model::Severity;
use serde::de::DeserializeOwned;

use crate::Request;
use crate::api::{Items, Problem};
use crate::shown;

/// Units of the drawing: how wide it is, where layers begin, and how wide one is with the most findings.
const WIDTH: usize = 400;
const LEFT: usize = 36;
const BAR: usize = WIDTH - LEFT;

/// How high layers are drawn, by their size.
const LEAST_HEIGHT: usize = 14;
const MOST_HEIGHT: usize = 44;
const GAP: usize = 3;

/// Characters of a command.
const COMMAND: usize = 240;

/// Packages and findings that are named of what a layer did; the JSON has all.
const NAMED: usize = 8;

/// The layers as they are drawn: the lowest at the foot, each as high as it is large, and as full as it has findings.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) height: usize,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) index: usize,
    pub(super) y: usize,
    pub(super) height: usize,
    /// `base`, `own` or `unknown`.
    pub(super) origin: String,
    pub(super) parts: Vec<Part>,
    pub(super) title: String,
}

/// The findings of a severity in a drawing.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) level: &'static str,
    pub(super) x: usize,
    pub(super) width: usize,
}

/// Findings by severity, by the layer that introduced their package.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<usize, BTreeMap<Severity, usize>>);

impl Counts {
    pub(super) fn add(&mut self, finding: &json::Finding) {
        let of_layer = self.0.entry(finding.package.layer.index).or_default();
        *of_layer.entry(Severity::of_word(&finding.severity.level)).or_default() += 1;
    }
}

/// A layer, and what there is to say of it.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    pub(super) layer: &'a json::ReportedLayer,
    pub(super) command: String,
    pub(super) size: Option<String>,
    /// Findings of the report whose packages it introduced.
    pub(super) findings: usize,
    /// Where those are shown.
    pub(super) address: String,
    pub(super) levels: Vec<(&'static str, usize)>,
    pub(super) named: Named<'a>,
}

/// Some of what a layer did.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) added: List<&'a json::Package>,
    pub(super) removed: List<&'a json::Package>,
    pub(super) upgraded: List<&'a json::Changed>,
    pub(super) resolved: List<&'a json::RemovedFinding>,
}

/// The first of something, and how many more there are.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) first: Vec<T>,
    pub(super) more: usize,
}

impl<'a, T> List<&'a T> {
    pub(super) fn of(all: &'a [T], most: usize) -> Self {
        Self { first: all.iter().take(most).collect(), more: all.len().saturating_sub(most) }
    }
}

impl<T: DeserializeOwned> List<T> {
    /// The same of a list of an answer, of which only the first are read.
    ///
    /// # Errors
    /// One is of another form than this program knows.
    pub(super) fn read(all: &Items<'_>, most: usize) -> Result<Self, Problem> {
        Ok(Self { first: all.first(most)?, more: all.len().saturating_sub(most) })
    }
}

impl Stack {
    /// Draws these layers of an image, and describes them, the highest first.
    pub(super) fn of<'a>(
        request: &Request,
        counts: &Counts,
        layers: &'a [json::ReportedLayer],
    ) -> (Self, Vec<Layer<'a>>) {
        let of_layer = |index: usize| -> Vec<(Severity, usize)> {
            let counts = counts.0.get(&index);
            let known = Severity::WORST_FIRST.into_iter();
            known.filter_map(|level| Some((level, *counts?.get(&level)?))).collect()
        };
        let sum = |levels: &[(Severity, usize)]| levels.iter().map(|(_, count)| count).sum::<usize>();
        let most = layers.iter().map(|layer| sum(&of_layer(layer.index))).max().unwrap_or(0).max(1);
        let largest = layers.iter().filter_map(|layer| layer.size).max().unwrap_or(0);
        let (mut y, mut blocks, mut described) = (0, Vec::new(), Vec::new());
        for layer in layers.iter().rev() {
            let levels = of_layer(layer.index);
            let (findings, height) = (sum(&levels), height(layer.size, largest));
            blocks.push(Block {
                index: layer.index,
                y,
                height,
                origin: layer.origin.as_deref().unwrap_or("unknown").to_owned(),
                parts: parts(&levels, most),
                title: title(layer, findings),
            });
            y += height + GAP;
            described.push(describe(request, layer, (findings, &levels)));
        }
        (Self { height: y.max(1), blocks }, described)
    }

    #[expect(clippy::unused_self, reason = "templates ask values, not types")]
    pub(super) const fn width(&self) -> usize {
        WIDTH
    }

    #[expect(clippy::unused_self, reason = "templates ask values, not types")]
    pub(super) const fn left(&self) -> usize {
        LEFT
    }

    #[expect(clippy::unused_self, reason = "templates ask values, not types")]
    pub(super) const fn bar(&self) -> usize {
        BAR
    }
}

fn describe<'a>(
    request: &Request,
    layer: &'a json::ReportedLayer,
    (findings, levels): (usize, &[(Severity, usize)]),
) -> Layer<'a> {
    let command = layer.changes.created_by.as_deref().map(shown::command).unwrap_or_default();
    let changes = &layer.changes;
    let address = request.here(&[("layer", &layer.index.to_string())], &["page"]);
    Layer {
        layer,
        command: shown::clip_to(command, COMMAND).into_owned(),
        size: layer.size.map(shown::size),
        findings,
        address: format!("{address}#findings"),
        levels: levels.iter().map(|(level, count)| (level.as_str(), *count)).collect(),
        named: Named {
            added: List::of(&changes.added, NAMED),
            removed: List::of(&changes.removed, NAMED),
            upgraded: List::of(&changes.upgraded, NAMED),
            resolved: List::of(&layer.vulnerabilities.removed, NAMED),
        },
    }
}

/// How high a layer of a size is drawn. Sizes differ by orders of magnitude: each has the same share.
fn height(size: Option<u64>, largest: u64) -> usize {
    let magnitude = |size: u64| (size as f64).max(1.0).log10();
    let Some(size) = size.filter(|_| largest > 1) else { return LEAST_HEIGHT };
    // Up to 10 kB all are alike.
    let (floor, top) = (4.0, magnitude(largest).max(5.0));
    let share = ((magnitude(size) - floor) / (top - floor)).clamp(0.0, 1.0);
    LEAST_HEIGHT + (share * (MOST_HEIGHT - LEAST_HEIGHT) as f64).round() as usize
}

/// Parts of a bar, beside each other: whoever has one has it seen.
fn parts(levels: &[(Severity, usize)], most: usize) -> Vec<Part> {
    let (mut x, mut seen, mut out) = (LEFT, 0, Vec::new());
    for (level, count) in levels {
        seen += count;
        let end = (LEFT + seen * BAR / most).max(x + 1).min(WIDTH);
        out.push(Part { level: level.as_str(), x, width: end.saturating_sub(x) });
        x = end;
    }
    out
}

fn title(layer: &json::ReportedLayer, findings: usize) -> String {
    let size = layer.size.map_or_else(|| "never read".to_owned(), shown::size);
    format!("Layer {}: {size}, {findings} findings", layer.index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_findings_and_shows_each_severity() {
        let levels = [(Severity::Critical, 1), (Severity::Low, 999)];
        let parts = parts(&levels, 1_000);
        assert!(parts.iter().all(|part| part.width > 0));
        assert_eq!(parts.iter().map(|part| part.width).sum::<usize>(), BAR);
        assert_eq!(parts.last().map(|part| part.x + part.width), Some(WIDTH));
    }

    #[test]
    fn a_larger_layer_is_higher_within_bounds() {
        let largest = 500_000_000;
        let heights: Vec<_> =
            [0, 1_000, 1_000_000, largest].map(|size| height(Some(size), largest)).into_iter().collect();
        assert!(heights.is_sorted(), "{heights:?}");
        assert_eq!((heights.first(), heights.last()), (Some(&LEAST_HEIGHT), Some(&MOST_HEIGHT)));
        assert_eq!(height(None, largest), LEAST_HEIGHT);
    }
}
