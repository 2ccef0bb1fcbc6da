//! Says what of an image nobody has examined.

use std::collections::BTreeSet;

use limpid_matching::Contents;
use limpid_model::report::{Coverage, Gap, LayerNote, UnexaminedFiles, UnreadLayer};
use limpid_model::{Digest, Image, Pattern};
use limpid_store::View;
use limpid_store::tables::kinds::Files;
use limpid_store::tables::unexamined::{self, Unexamined};

use super::Reporter;
use crate::Error;
use crate::detectors::{claims, loaded};

/// Paths that are named as examples.
const EXAMPLES: usize = 5;

/// Adds to the coverage of an image what of it nobody has examined.
pub(super) fn add(
    reporter: Reporter<'_>,
    view: &View<'_>,
    image: &Image,
    contents: &Contents,
    coverage: &mut Coverage,
) -> Result<(), Error> {
    let rules = &reporter.settings.kinds;
    let mut row = view.get::<Unexamined>(&image.id)?.unwrap_or_default();
    if Digest::from(row.rules) != rules.digest() && !rules.is_empty() {
        row.uncounted = image.layers.len() as u64;
    }
    for layer in row.layers {
        add_layer(image, layer, coverage);
    }
    coverage.unexamined = files(reporter, contents, row.files)?;
    if !coverage.unexamined.is_empty() {
        let counts = coverage.unexamined.iter().map(|kind| (kind.title.clone(), kind.files));
        coverage.gaps.push(Gap::UnexaminedFiles(counts.collect()));
    }
    if row.uncounted > 0 {
        coverage.gaps.push(Gap::UncountedFiles { layers: row.uncounted });
    }
    Ok(())
}

fn add_layer(image: &Image, layer: unexamined::Layer, coverage: &mut Coverage) {
    let place = usize::try_from(layer.place).unwrap_or(usize::MAX);
    let Some(diff_id) = image.layers.get(place).map(|layer| layer.diff_id) else { return };
    if let Some(unread) = layer.unread {
        coverage.gaps.push(Gap::UnreadLayer { index: place, why: unread.message.clone() });
        coverage.unread_layers.push(UnreadLayer {
            index: place,
            diff_id,
            code: unread.code,
            why: unread.message,
        });
    }
    if let Some((entries, limit)) = layer.long_paths {
        coverage.gaps.push(Gap::LongPaths { index: place, diff_id, entries, limit });
    }
    coverage.notes.extend(layer.stored_as.map(|what| LayerNote { index: place, diff_id, what }));
}

/// Of the files that were recognised, those that nobody reads: no detector that is loaded claims such a
/// file for what it is, and none has stated anything from it.
fn files(
    reporter: Reporter<'_>,
    contents: &Contents,
    recognised: Vec<Files>,
) -> Result<Vec<UnexaminedFiles>, Error> {
    if recognised.is_empty() {
        return Ok(Vec::new());
    }
    let rules = &reporter.settings.kinds;
    let detectors = loaded(reporter.plugins);
    let claims = claims(&detectors)?;
    let stated: BTreeSet<&str> = contents
        .packages
        .iter()
        .map(|installed| installed.path.as_str())
        .chain(contents.unread.iter().map(|(.., unread)| unread.path.as_str()))
        .collect();
    let mut unexamined = Vec::new();
    for Files { code, paths, more } in recognised {
        let patterns = detectors.iter().filter_map(|plugin| plugin.detector()).flat_map(|d| d.claims());
        let mut magics = patterns.filter_map(|claim| match &claim.pattern {
            Pattern::Magic(magic) => Some(magic),
            Pattern::Path(_) => None,
        });
        if magics.any(|magic| rules.is_told_by(&code, magic)) {
            continue;
        }
        let is_read = |path: &String| stated.contains(path.as_str()) || !claims.wanted(path).is_empty();
        let (known, were_kept) = (paths.len(), !paths.is_empty());
        let mut examples: Vec<_> = paths.into_iter().filter(|path| !is_read(path)).collect();
        // What was only counted is taken for what was kept: read where all of that is.
        let more = if were_kept && examples.is_empty() { 0 } else { more };
        let files = (examples.len() as u64).saturating_add(more);
        if files == 0 {
            continue;
        }
        debug_assert!(examples.len() <= known, "examples are of what was kept");
        examples.truncate(EXAMPLES);
        let kind = rules.get(&code);
        let title = kind.map(|kind| if files == 1 { &kind.one } else { &kind.many });
        let title = title.unwrap_or(&code).clone();
        unexamined.push(UnexaminedFiles { kind: code, title, files, examples });
    }
    unexamined.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.kind.cmp(&b.kind)));
    Ok(unexamined)
}
