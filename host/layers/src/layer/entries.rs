use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use limpid_model::{EntryKind, LayerEntries, LayerEntry, Leads};

use crate::Superseded;

/// What the entries of a layer, read in order, leave of each other: its last word on each path.
///
/// Order counts for whiteouts too: one removes what the same layer put there before it, as
/// containerd and moby have it when they unpack a layer.
#[derive(Default)]
pub(super) struct Entries {
    paths: BTreeMap<Arc<str>, Slot>,
    superseded: Vec<Superseded>,
    replaced: Vec<LayerEntry>,
    below: String,
}

/// What is known of a path. Whiteouts and opaque markers are known by which entry they are.
#[derive(Default)]
struct Slot {
    /// What is there.
    there: Option<There>,
    whiteout: Option<u64>,
    opaque: Option<u64>,
}

/// What the last entry of a path put there.
#[derive(Clone)]
pub(super) struct There {
    pub(super) kind: EntryKind,
    /// Which entry it was.
    pub(super) ordinal: u64,
    /// The entry that holds its content: for a hard link, the one that it leads to.
    pub(super) origin: u64,
    pub(super) leads: Leads,
    /// Whether it was shown to claimants of `alone` files.
    pub(super) shown: bool,
    /// Whether it is of the image, and not only there for links to lead to.
    pub(super) listed: bool,
}

impl Entries {
    /// Notes what an entry puts there; what it replaces counts no more.
    pub(super) fn put(&mut self, path: Arc<str>, there: There) {
        if there.kind != EntryKind::Directory {
            self.drop_below(&path);
        }
        let slot = self.paths.entry(path.clone()).or_default();
        let is_directory = |there: &There| there.kind == EntryKind::Directory;
        if is_directory(&there)
            && let Some(known) = slot.there.as_mut().filter(|known| is_directory(known))
        {
            // It is there since its first entry, below which others may have been put.
            known.listed |= there.listed;
            return;
        }
        let (kind, ordinal) = (there.kind, there.ordinal);
        if let Some(before) = slot.there.replace(there) {
            if kind == EntryKind::Directory && before.kind != EntryKind::Directory {
                // What is no directory took the place of a lower one, which does not come back.
                slot.whiteout = slot.whiteout.or(Some(before.ordinal));
            }
            self.replace(&path, before);
        }
        debug_assert!(self.holds(&path, ordinal), "what was put is there");
    }

    pub(super) fn whiteout(&mut self, path: String, ordinal: u64) {
        self.drop_below(&path);
        let path: Arc<str> = path.into();
        let slot = self.paths.entry(path.clone()).or_default();
        let (before, whiteout) = (slot.there.take(), slot.whiteout.replace(ordinal));
        if let Some(there) = before {
            self.replace(&path, there);
        }
        self.replace_mark(&path, EntryKind::Whiteout, whiteout);
    }

    /// What the same layer holds below it stays, wherever it stands.
    pub(super) fn opaque(&mut self, path: String, ordinal: u64) {
        let path: Arc<str> = path.into();
        let before = self.paths.entry(path.clone()).or_default().opaque.replace(ordinal);
        self.replace_mark(&path, EntryKind::Opaque, before);
    }

    /// What is there by now.
    pub(super) fn get(&self, path: &str) -> Option<&There> {
        self.paths.get(path)?.there.as_ref()
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
            let Some(slot) = self.paths.remove(&found) else { return };
            if let Some(there) = slot.there {
                self.replace(&found, there);
            }
            self.replace_mark(&found, EntryKind::Whiteout, slot.whiteout);
            self.replace_mark(&found, EntryKind::Opaque, slot.opaque);
        }
    }

    fn replace(&mut self, path: &Arc<str>, there: There) {
        if there.shown {
            self.superseded.push(Superseded { path: path.to_string(), ordinal: there.ordinal });
        }
        if there.listed {
            self.replaced.push(there.into_entry(path));
        }
    }

    fn replace_mark(&mut self, path: &Arc<str>, kind: EntryKind, ordinal: Option<u64>) {
        self.replaced.extend(ordinal.map(|ordinal| mark(path, kind, ordinal)));
    }

    /// All entries by path and kind, and the showings that do not hold.
    pub(super) fn finish(self) -> (LayerEntries, Vec<Superseded>) {
        let mut last = Vec::with_capacity(self.paths.len());
        for (path, slot) in self.paths {
            let there = slot.there.filter(|there| there.listed && !path.is_empty());
            last.extend(there.map(|there| there.into_entry(&path)));
            last.extend(slot.whiteout.map(|ordinal| mark(&path, EntryKind::Whiteout, ordinal)));
            last.extend(slot.opaque.map(|ordinal| mark(&path, EntryKind::Opaque, ordinal)));
        }
        (LayerEntries { last, replaced: self.replaced }, self.superseded)
    }
}

impl There {
    fn into_entry(self, path: &str) -> LayerEntry {
        LayerEntry { path: path.to_owned(), kind: self.kind, ordinal: self.ordinal, leads: self.leads }
    }
}

fn mark(path: &str, kind: EntryKind, ordinal: u64) -> LayerEntry {
    LayerEntry { path: path.to_owned(), kind, ordinal, leads: Leads::Nowhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(kind: EntryKind, ordinal: u64) -> There {
        There { kind, ordinal, origin: ordinal, leads: Leads::Nowhere, shown: false, listed: true }
    }

    fn paths(entries: Entries) -> Vec<(String, EntryKind)> {
        entries.finish().0.last.into_iter().map(|entry| (entry.path, entry.kind)).collect()
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
    fn a_link_in_place_of_a_directory_drops_what_it_kept() {
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
        entries.whiteout("a".into(), 0);
        entries.put("a".into(), there(EntryKind::Directory, 1));
        entries.opaque("a".into(), 2);
        let kinds = paths(entries).into_iter().map(|(_, kind)| kind).collect::<Vec<_>>();
        assert_eq!(kinds, [EntryKind::Directory, EntryKind::Whiteout, EntryKind::Opaque]);
    }

    #[test]
    fn a_whiteout_removes_what_the_same_layer_put_there_before_it() {
        let mut entries = Entries::default();
        for (ordinal, path) in ["a", "a/b", "c"].into_iter().enumerate() {
            entries.put(path.into(), there(EntryKind::Directory, ordinal as u64));
        }
        entries.show("a/b");
        entries.whiteout("a".into(), 3);
        entries.put("a/d".into(), there(EntryKind::File, 4));
        assert_eq!(entries.superseded, [Superseded { path: "a/b".into(), ordinal: 1 }]);
        let replaced: Vec<_> = entries.replaced.iter().map(|entry| entry.path.clone()).collect();
        assert_eq!(replaced, ["a/b", "a"]);
        let expected = [("a", EntryKind::Whiteout), ("a/d", EntryKind::File), ("c", EntryKind::Directory)];
        assert_eq!(paths(entries), expected.map(|(path, kind)| (path.to_owned(), kind)));
    }

    #[test]
    fn a_directory_is_there_since_its_first_entry() {
        let mut entries = Entries::default();
        for (ordinal, kind) in
            [EntryKind::Other, EntryKind::Directory, EntryKind::Directory].into_iter().enumerate()
        {
            entries.put("a".into(), there(kind, ordinal as u64));
        }
        assert!(entries.holds("a", 1));
    }

    #[test]
    fn a_directory_in_place_of_a_file_of_the_same_layer_holds_nothing_of_lower_layers() {
        let mut entries = Entries::default();
        entries.put("a".into(), there(EntryKind::File, 0));
        entries.put("a".into(), there(EntryKind::Directory, 1));
        let expected = [("a", EntryKind::Directory), ("a", EntryKind::Whiteout)];
        assert_eq!(paths(entries), expected.map(|(path, kind)| (path.to_owned(), kind)));
    }
}
