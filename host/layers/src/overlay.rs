use std::borrow::Cow;

use limpid_model::{EntryKind, LayerEntry};

use crate::path::ancestors;

/// What one layer hides of the layers below it.
#[derive(Clone, Debug)]
pub struct Overlay<'a> {
    /// By path and kind.
    entries: Cow<'a, [LayerEntry]>,
}

impl<'a> Overlay<'a> {
    /// Of a layer with these entries; quickest where they are sorted, as
    /// [`LayerContents`](crate::LayerContents) has them.
    pub fn new(entries: &'a [LayerEntry]) -> Self {
        let mut entries = Cow::Borrowed(entries);
        if !entries.is_sorted() {
            entries.to_mut().sort();
        }
        Self { entries }
    }

    /// Whether the file `path` of a lower layer is not to be seen any more: because this layer
    /// removes it or a directory above it, hides the lower content of such a directory, or puts
    /// something else in its place or in that of a directory above it.
    ///
    /// `path` is normalised and names a file or the like: a directory that this layer holds too
    /// joins it and is not asked for.
    pub fn hides(&self, path: &str) -> bool {
        self.replaces_file(path) || ancestors(path).any(|above| self.replaces_tree(above))
    }

    /// An opaque marker alone does not: nothing says that its directory is there.
    fn replaces_file(&self, path: &str) -> bool {
        self.at(path).any(|kind| kind != EntryKind::Opaque) || self.holds_below(path)
    }

    fn replaces_tree(&self, directory: &str) -> bool {
        self.at(directory).any(|kind| kind != EntryKind::Directory)
    }

    /// What this layer says of a path.
    fn at(&self, path: &str) -> impl Iterator<Item = EntryKind> {
        let start = self.entries.partition_point(|entry| entry.path.as_str() < path);
        let from = self.entries.get(start..).unwrap_or_default();
        from.iter().take_while(move |entry| entry.path == path).map(|entry| entry.kind)
    }

    /// Whether this layer puts something below a path, which makes it a directory even without an
    /// entry of its own.
    fn holds_below(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let start = self.entries.partition_point(|entry| entry.path < below);
        let from = self.entries.get(start..).unwrap_or_default();
        let mut under = from.iter().take_while(|entry| entry.path.starts_with(&below));
        under.any(|entry| !matches!(entry.kind, EntryKind::Whiteout | EntryKind::Opaque))
    }
}

#[cfg(test)]
mod tests;
