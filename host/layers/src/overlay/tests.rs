use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn entry(path: &str, kind: EntryKind) -> LayerEntry {
    LayerEntry::new(path, kind)
}

fn check(kind: EntryKind, at: &str, lower: &str, expected: bool) {
    let entries = [entry("0", EntryKind::File), entry(at, kind), entry("z", EntryKind::File)];
    assert_eq!(Overlay::new(&entries).hides(lower), expected, "{kind:?} at {at}, {lower} below it");
}

#[test]
fn a_file_hides_what_was_in_its_place() {
    for kind in [EntryKind::File, EntryKind::Other] {
        check(kind, "a/b", "a/b", true);
        check(kind, "a/b", "a/b/c", true);
        check(kind, "a/b", "a/bc", false);
        check(kind, "a/b", "a/c", false);
        check(kind, "a/b", "a", true);
    }
}

#[test]
fn a_directory_hides_a_file_and_joins_a_directory() {
    check(EntryKind::Directory, "a", "a", true);
    check(EntryKind::Directory, "a", "a/b", false);
}

#[test]
fn whiteout_hides_the_path_and_all_below() {
    check(EntryKind::Whiteout, "a", "a", true);
    check(EntryKind::Whiteout, "a", "a/b/c", true);
    check(EntryKind::Whiteout, "a", "ab", false);
    check(EntryKind::Whiteout, "a/b", "a", false);
}

#[test]
fn opaque_whiteout_hides_all_below() {
    check(EntryKind::Opaque, "a", "a/b/c", true);
    check(EntryKind::Opaque, "a", "a", false);
    check(EntryKind::Opaque, "a", "ab", false);
    check(EntryKind::Opaque, "", "a/b/c", true);
}

/// A file system as a map of all its paths; a file carries the layer that put it there.
#[derive(Default)]
struct Naive(BTreeMap<String, Option<usize>>);

impl Naive {
    fn remove(&mut self, path: &str) {
        self.0.remove(path);
        self.remove_below(path);
    }

    fn remove_below(&mut self, path: &str) {
        let below = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.0.retain(|path, _| !path.starts_with(&below));
    }

    fn make_directory(&mut self, path: &str) {
        for directory in ancestors(path).filter(|above| !above.is_empty()).chain([path]) {
            // A file in its place gives way; a directory stays with all that it holds.
            self.0.insert(directory.into(), None);
        }
    }

    /// First what the layer takes away, then what it brings.
    fn apply(&mut self, layer: usize, entries: &[LayerEntry]) {
        for entry in entries {
            match entry.kind {
                EntryKind::Whiteout => self.remove(&entry.path),
                EntryKind::Opaque => self.remove_below(&entry.path),
                _ => {}
            }
        }
        for entry in entries {
            match entry.kind {
                EntryKind::Directory => self.make_directory(&entry.path),
                EntryKind::File | EntryKind::Other => {
                    let parent = ancestors(&entry.path).next().unwrap();
                    if !parent.is_empty() {
                        self.make_directory(parent);
                    }
                    self.remove(&entry.path);
                    self.0.insert(entry.path.clone(), Some(layer));
                }
                _ => {}
            }
        }
    }
}

/// Layers that hold nothing below what is no directory of the same layer: runtimes do not agree on those.
fn layer() -> impl Strategy<Value = Vec<LayerEntry>> {
    let path = prop::collection::vec(prop::sample::select(vec!["a", "b", "a-", "c"]), 1..4);
    let kind = prop::sample::select(vec![
        EntryKind::Directory,
        EntryKind::File,
        EntryKind::Other,
        EntryKind::Whiteout,
        EntryKind::Opaque,
    ]);
    prop::collection::vec((path, kind), 0..8).prop_map(|entries| {
        let mut kept: BTreeMap<(String, u8), EntryKind> = BTreeMap::new();
        let class = |kind| match kind {
            EntryKind::Whiteout => 1,
            EntryKind::Opaque => 2,
            _ => 0,
        };
        for (path, kind) in entries {
            let path = path.join("/");
            let is_leaf = |path: &str| matches!(kept.get(&(path.into(), 0)), Some(kind) if *kind != EntryKind::Directory);
            if class(kind) == 0 && ancestors(&path).any(is_leaf) {
                continue;
            }
            if matches!(kind, EntryKind::File | EntryKind::Other) {
                let below = format!("{path}/");
                kept.retain(|(path, class), _| *class != 0 || !path.starts_with(&below));
            }
            kept.insert((path, class(kind)), kind);
        }
        kept.into_iter().map(|((path, _), kind)| LayerEntry::new(path, kind)).collect()
    })
}

proptest! {
    #[test]
    fn folding_by_hides_is_applying_layers_one_by_one(layers in prop::collection::vec(layer(), 1..5)) {
        let mut naive = Naive::default();
        let mut folded: BTreeMap<String, usize> = BTreeMap::new();
        for (index, entries) in layers.iter().enumerate() {
            naive.apply(index, entries);
            let overlay = Overlay::new(entries);
            folded.retain(|path, _| !overlay.hides(path));
            let files = entries.iter().filter(|e| matches!(e.kind, EntryKind::File | EntryKind::Other));
            folded.extend(files.map(|entry| (entry.path.clone(), index)));
        }
        let expected: BTreeMap<_, _> =
            naive.0.into_iter().filter_map(|(path, layer)| layer.map(|layer| (path, layer))).collect();
        prop_assert_eq!(folded, expected);
    }
}
