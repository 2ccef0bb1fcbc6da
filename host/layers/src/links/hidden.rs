use std::collections::BTreeSet;

use limpid_model::{HiddenFile, LayerEntries};

use super::Stack;
use crate::tree::{Reached, Tree};
use crate::{Limits, Overlay};

/// Which of some files of each layer are not seen at their paths when all layers lie upon each other, and
/// which layer hides each.
pub fn hidden(files: &[BTreeSet<String>], layers: &[&LayerEntries], limits: &Limits) -> Vec<HiddenFile> {
    if Stack::new(layers).is_literal() {
        return by_path(files, layers);
    }
    let mut watched: Vec<(usize, &str, Option<usize>)> = Vec::new();
    for (layer, paths) in files.iter().enumerate() {
        watched.extend(paths.iter().map(|path| (layer, path.as_str(), None)));
    }
    let tree = Tree::of(layers, limits, |place, tree| {
        for (layer, path, by) in watched.iter_mut().filter(|(layer, ..)| *layer <= place) {
            if is_seen(tree, *layer, path) {
                *by = None;
            } else {
                by.get_or_insert(place);
            }
        }
    });
    if tree.left_out().is_some() {
        // What was left out is stated to be unread; nothing is taken for gone because of it.
        return by_path(files, layers);
    }
    let hidden = |(layer, path, by): (usize, &str, Option<usize>)| {
        Some(HiddenFile { layer, path: path.to_owned(), by: by? })
    };
    watched.into_iter().filter_map(hidden).collect()
}

fn is_seen(tree: &Tree<'_>, layer: usize, path: &str) -> bool {
    match tree.find(path) {
        Ok(Reached::Slot(_, _, slot, _)) => slot.layer == layer && slot.path == path && slot.holds,
        _ => false,
    }
}

/// The same where every entry stands where its path says.
fn by_path(files: &[BTreeSet<String>], layers: &[&LayerEntries]) -> Vec<HiddenFile> {
    let overlays: Vec<_> = layers.iter().map(|layer| Overlay::new(&layer.last)).collect();
    let mut hidden = Vec::new();
    for (layer, paths) in files.iter().enumerate() {
        for path in paths {
            let mut above = overlays.iter().enumerate().skip(layer + 1);
            let by = above.find(|(_, overlay)| overlay.hides(path));
            hidden.extend(by.map(|(by, _)| HiddenFile { layer, path: path.clone(), by }));
        }
    }
    hidden
}
