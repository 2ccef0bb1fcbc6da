use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use limpid_model::{EntryKind, LayerEntry};

use crate::Superseded;

/// What the entries of a layer, read in order, leave of each other: its final word on each path.
#[derive(Default)]
pub(super) struct Entries {
    paths: BTreeMap<Arc<str>, Slot>,
    superseded: Vec<Superseded>,
    below: String,
}

/// What is known of a path.
#[derive(Default)]
struct Slot {
    /// What is there.
    there: Option<There>,
    is_whiteout: bool,
    is_opaque: bool,
}

/// What the last entry of a path put there.
#[derive(Clone, Copy)]
pub(super) struct There {
    pub(super) kind: EntryKind,
    /// Which entry it was.
    pub(super) ordinal: u64,
    /// The entry that holds its content: for a hard link, the one that it leads to.
    pub(super) origin: u64,
    /// Whether it was shown to claimants of `alone` files.
    pub(super) shown: bool,
    /// Whether it is of the image, and not only there for links to lead to.
    pub(super) listed: bool,
}

impl Entries {
    /// Notes what an entry puts there; what it replaces is forgotten.
    pub(super) fn put(&mut self, path: Arc<str>, there: There) {
        if there.kind != EntryKind::Directory {
            self.drop_below(&path);
        }
        let slot = self.paths.entry(path.clone()).or_default();
        if let Some(before) = slot.there.replace(there).filter(|before| before.shown) {
            self.superseded.push(Superseded { path: path.to_string(), ordinal: before.ordinal });
        }
    }

    pub(super) fn whiteout(&mut self, path: String) {
        self.paths.entry(path.into()).or_default().is_whiteout = true;
    }

    pub(super) fn opaque(&mut self, path: String) {
        self.paths.entry(path.into()).or_default().is_opaque = true;
    }

    /// What is there by now.
    pub(super) fn get(&self, path: &str) -> Option<There> {
        self.paths.get(path)?.there
    }

    /// Notes that the path's entry is about to be shown.
    pub(super) fn show(&mut self, path: &str) {
        if let Some(there) = self.paths.get_mut(path).and_then(|slot| slot.there.as_mut()) {
            there.shown = true;
        }
    }

    /// Whether that entry is the layer's final word on the path.
    pub(super) fn holds(&self, path: &str, ordinal: u64) -> bool {
        self.get(path).is_some_and(|there| there.ordinal == ordinal)
    }

    /// What is no directory replaces a directory with all that it holds.
    fn drop_below(&mut self, path: &str) {
        self.below.clear();
        self.below.push_str(path);
        self.below.push('/');
        loop {
            let range = (Bound::Included(self.below.as_str()), Bound::Unbounded);
            let Some((found, _)) = self.paths.range::<str, _>(range).next() else { return };
            if !found.starts_with(&self.below) {
                return;
            }
            let found = found.clone();
            let gone = self.paths.remove(&found).and_then(|slot| slot.there);
            if let Some(there) = gone.filter(|there| there.shown) {
                self.superseded.push(Superseded { path: found.to_string(), ordinal: there.ordinal });
            }
        }
    }

    /// All entries by path and kind, and the showings that do not hold.
    pub(super) fn finish(self) -> (Vec<LayerEntry>, Vec<Superseded>) {
        let mut entries = Vec::with_capacity(self.paths.len());
        for (path, slot) in self.paths {
            let there = slot.there.filter(|there| there.listed && !path.is_empty()).map(|there| there.kind);
            let whiteout = slot.is_whiteout.then_some(EntryKind::Whiteout);
            let opaque = slot.is_opaque.then_some(EntryKind::Opaque);
            let kinds = [there, whiteout, opaque].into_iter().flatten();
            entries.extend(kinds.map(|kind| LayerEntry { path: path.to_string(), kind }));
        }
        (entries, self.superseded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(kind: EntryKind, ordinal: u64) -> There {
        There { kind, ordinal, origin: ordinal, shown: false, listed: true }
    }

    fn paths(entries: Entries) -> Vec<(String, EntryKind)> {
        entries.finish().0.into_iter().map(|entry| (entry.path, entry.kind)).collect()
    }

    #[test]
    fn the_last_entry_of_a_path_counts() {
        let mut entries = Entries::default();
        entries.put("a".into(), there(EntryKind::File, 0));
        entries.put("a".into(), there(EntryKind::Other, 1));
        assert!(entries.holds("a", 1) && !entries.holds("a", 0));
        assert_eq!(paths(entries), [("a".into(), EntryKind::Other)]);
    }

    #[test]
    fn a_link_in_place_of_a_directory_drops_what_it_held() {
        let mut entries = Entries::default();
        for (ordinal, path) in ["a", "a/b", "a/b/c", "a-b", "ab"].into_iter().enumerate() {
            entries.put(path.into(), there(EntryKind::Directory, ordinal as u64));
        }
        entries.show("a/b/c");
        entries.put("a".into(), there(EntryKind::Other, 9));
        assert_eq!(entries.superseded, [Superseded { path: "a/b/c".into(), ordinal: 2 }]);
        let kept = paths(entries).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(kept, ["a", "a-b", "ab"]);
    }

    #[test]
    fn a_path_may_be_there_and_removed_below() {
        let mut entries = Entries::default();
        entries.put("a".into(), there(EntryKind::Directory, 0));
        entries.whiteout("a".into());
        entries.opaque("a".into());
        let kinds = paths(entries).into_iter().map(|(_, kind)| kind).collect::<Vec<_>>();
        assert_eq!(kinds, [EntryKind::Directory, EntryKind::Whiteout, EntryKind::Opaque]);
    }
}
