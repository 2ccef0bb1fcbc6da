//! Says what of an image nobody, or not everybody, has examined.

use std::collections::{BTreeMap, BTreeSet};

use limpid_matching::Contents;
use limpid_model::report::{
    Examination, LayerFailure, LayerNote, LongPaths, UnexaminedFiles, UnreadFile, UnreadLayer,
};
use limpid_model::{Digest, Image, Pattern};
use limpid_store::View;
use limpid_store::tables::images::Indexing;
use limpid_store::tables::kinds::Files;
use limpid_store::tables::unexamined::{self, Unexamined};

use super::Reporter;
use crate::Error;
use crate::detectors::{claims, loaded};

/// Paths that are named as examples.
const EXAMPLES: usize = 5;

/// What of an image nobody, or not everybody, has examined.
pub(super) fn examination(
    reporter: Reporter<'_>,
    view: &View<'_>,
    (image, indexing): (&Image, &Indexing),
    contents: &Contents,
) -> Result<Examination, Error> {
    let rules = &reporter.settings.kinds;
    let mut row = view.get::<Unexamined>(&image.id)?.unwrap_or_default();
    if Digest::from(row.rules) != rules.digest() && !rules.is_empty() {
        row.uncounted = image.layers.len() as u64;
    }
    let failures = contents.failures.iter();
    let mut examination = Examination {
        failures: failures
            .map(|(diff_id, failure)| LayerFailure { diff_id: *diff_id, failure: failure.clone() })
            .collect(),
        refused_plugins: reporter.plugins.missing(),
        unread: unread(contents),
        unexamined: files(reporter, contents, row.files)?,
        uncounted: row.uncounted,
        unseen: unseen(reporter, &indexing.detectors),
        ..Examination::default()
    };
    for layer in row.layers {
        add_layer(image, layer, &mut examination);
    }
    Ok(examination)
}

/// Claimed files that could not be read, each once, whoever claims it.
fn unread(contents: &Contents) -> Vec<UnreadFile> {
    let mut files: Vec<UnreadFile> = Vec::new();
    let mut places: BTreeMap<(Digest, &str, String), usize> = BTreeMap::new();
    for (diff_id, detector, unread) in &contents.unread {
        let key = (*diff_id, unread.path.as_str(), unread.error.to_string());
        let place = *places.entry(key).or_insert(files.len());
        match files.get_mut(place) {
            Some(file) => file.detectors.push(detector.clone()),
            None => files.push(UnreadFile {
                diff_id: *diff_id,
                detectors: vec![detector.clone()],
                unread: unread.clone(),
            }),
        }
    }
    files
}

/// Detectors that are loaded now and did not see the image.
fn unseen(reporter: Reporter<'_>, seen: &[Digest]) -> Vec<String> {
    let plugins = reporter.plugins;
    let unseen =
        plugins.detectors().map(|detector| detector.plugin()).filter(|id| !seen.contains(&id.digest));
    unseen.map(|id| format!("{} {}", id.name, id.version)).collect()
}

fn add_layer(image: &Image, layer: unexamined::Layer, examination: &mut Examination) {
    let index = usize::try_from(layer.place).unwrap_or(usize::MAX);
    let Some(diff_id) = image.layers.get(index).map(|layer| layer.diff_id) else { return };
    if let Some(unexamined::Unread { code, message: why, .. }) = layer.unread {
        examination.unread_layers.push(UnreadLayer { index, diff_id, code, why });
    }
    if let Some((entries, limit)) = layer.long_paths {
        examination.long_paths.push(LongPaths { index, diff_id, entries, limit });
    }
    examination.notes.extend(layer.stored_as.map(|what| LayerNote { index, diff_id, what }));
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
        // What was only counted is taken for what was kept: read where all of that is, unread where none of it
        // is; where some is, nobody knows.
        let (more, perhaps) = match examples.len() {
            0 if were_kept => (0, 0),
            unread if unread == known => (more, 0),
            _ => (0, more),
        };
        let files = (examples.len() as u64).saturating_add(more);
        if files == 0 {
            continue;
        }
        debug_assert!(examples.len() <= known, "examples are of what was kept");
        examples.truncate(EXAMPLES);
        let kind = rules.get(&code);
        let title = kind.map(|kind| if files == 1 { &kind.one } else { &kind.many });
        let title = title.unwrap_or(&code).clone();
        unexamined.push(UnexaminedFiles { kind: code, title, files, perhaps, examples });
    }
    unexamined.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.kind.cmp(&b.kind)));
    Ok(unexamined)
}
