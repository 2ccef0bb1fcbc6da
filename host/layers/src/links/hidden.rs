use std::collections::BTreeSet;

use limpid_model::LayerEntries;

use super::Stack;
use crate::tree::{Reached, Tree};
use crate::{Limits, Overlay};

/// A file of a layer that a container does not see at its path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden {
    /// Place of the layer that has it.
    pub layer: usize,
    /// Its path in the layer.
    pub path: String,
    /// Place of the layer that hides it: the same where it is another file that is seen there from the
    /// beginning.
    pub by: usize,
}

/// Which of some files of each layer are not seen at their paths when all layers lie upon each other, and
/// which layer hides each.
pub fn hidden(files: &[BTreeSet<String>], layers: &[&LayerEntries], limits: &Limits) -> Vec<Hidden> {
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
    if !tree.is_whole() {
        // What was left out is said to be unread; nothing is taken for gone because of it.
        return by_path(files, layers);
    }
    let hidden = |(layer, path, by): (usize, &str, Option<usize>)| {
        Some(Hidden { layer, path: path.to_owned(), by: by? })
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
fn by_path(files: &[BTreeSet<String>], layers: &[&LayerEntries]) -> Vec<Hidden> {
    let overlays: Vec<_> = layers.iter().map(|layer| Overlay::new(&layer.last)).collect();
    let mut hidden = Vec::new();
    for (layer, paths) in files.iter().enumerate() {
        for path in paths {
            let mut above = overlays.iter().enumerate().skip(layer + 1);
            let by = above.find(|(_, overlay)| overlay.hides(path));
            hidden.extend(by.map(|(by, _)| Hidden { layer, path: path.clone(), by }));
        }
    }
    hidden
}
