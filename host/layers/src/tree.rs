//! The file system that a container sees: layers applied one upon the other, as runtimes unpack them.
//!
//! Entries of a layer are applied in the order of its tar. The directory in which one stands is resolved
//! through the symbolic links that are there by then, within the root (containerd's `fs.RootPath`,
//! umoci's `SecureJoin`, moby's `chroot`); the last part of its path is not. What is there gives way,
//! unless both are directories.

use std::cell::Cell;
use std::collections::BTreeMap;

use limpid_model::{EntryKind, LayerEntries, LayerEntry, Leads};

use crate::Limits;

/// How many symbolic links are followed to find where an entry is written, as containerd and umoci have it.
const LINKS_TO_WRITE: u32 = 255;

/// How many directories one may stand in another: what is deeper has no path that a system call takes.
const DEPTH: usize = 1024;

/// How many parts of one path are followed without being counted: no tool writes such long ones.
const UNCOUNTED_STEPS: u32 = 64;

/// Place of a node.
pub(crate) type Id = usize;

/// The root directory.
pub(crate) const ROOT: Id = 0;

/// A file system in memory, without its files' content.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// All names in all directories. A map for each directory would take ten times the memory where
    /// directories have one name each.
    children: BTreeMap<(Id, &'a str), Slot<'a>>,
    links: u32,
    most: usize,
    /// How many steps are left that are counted: parts of long paths, and of links that lead far; and names
    /// in directories of which a layer hides what is below.
    steps: Cell<u64>,
    left_out: Cell<Option<LeftOut>>,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// There are more entries than the limit `image_entries`.
    Entries,
    /// Directories stand too deep in each other.
    Depth,
    /// Following paths takes more steps than the limit `linked_steps`.
    Steps,
}

impl LeftOut {
    /// The same for whoever reads a report.
    pub(crate) fn why(self, limits: &Limits) -> String {
        match self {
            Self::Entries => format!(
                "its layers hold more than links can be followed through: over the limit `image_entries` of {}",
                limits.image_entries
            ),
            Self::Depth => format!("its layers hold more than {DEPTH} directories, one in the other"),
            Self::Steps => format!(
                "its paths and links take more steps than are followed: over the limit `linked_steps` of {}",
                limits.linked_steps
            ),
        }
    }
}

/// What is there.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Directory(Directory<'a>),
    File(Origin),
    Symbolic(&'a str),
    /// A device or the like.
    Other,
    /// A hard link to what is not there.
    Lost(&'a str),
}

#[derive(Debug)]
pub(crate) struct Directory<'a> {
    parent: Id,
    name: &'a str,
    depth: usize,
}

/// The entry of a layer that has a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    /// Place of the layer.
    pub(crate) layer: usize,
    /// Which of its entries.
    pub(crate) ordinal: u64,
}

/// A name in a directory.
#[derive(Clone, Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) node: Id,
    /// Place of the layer that put it there.
    pub(crate) layer: usize,
    /// The path of the entry that did, as the layer has it.
    pub(crate) path: &'a str,
    /// Whether that entry is its layer's last word on its path, with the content that the layer by itself
    /// has there.
    pub(crate) holds: bool,
    /// Whether those who claim that path were shown the content when the layer was read.
    pub(crate) shown: bool,
    /// The last layer that has an entry for it.
    touched: usize,
}

/// Too many links: they lead in a circle, or are over the limit; or too many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyLinks;

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Reached<'t, 'a> {
    Directory(Id, Since),
    /// Something else, and the directory in which it is, by which name.
    Slot(Id, &'a str, &'t Slot<'a>, Since),
    /// Nothing is there. What is left of the path from the directory on.
    Missing(Id, Vec<&'a str>),
}

/// The highest layer that has put something on the way.
pub(crate) type Since = usize;

impl<'a> Tree<'a> {
    /// All layers, lowest first. `each` is told after every layer. A path is followed through as many
    /// links as `limits` say.
    pub(crate) fn of(
        layers: &[&'a LayerEntries],
        limits: &Limits,
        mut each: impl FnMut(usize, &Self),
    ) -> Self {
        let root = Directory { parent: ROOT, name: "", depth: 0 };
        let links = u32::try_from(limits.links_followed).unwrap_or(u32::MAX);
        let most = usize::try_from(limits.image_entries).unwrap_or(usize::MAX);
        let (steps, left_out) = (Cell::new(limits.linked_steps), Cell::new(None));
        let (nodes, children) = (vec![Node::Directory(root)], BTreeMap::new());
        let mut tree = Self { nodes, children, links, most, steps, left_out };
        for (layer, entries) in layers.iter().enumerate() {
            tree.apply(layer, entries);
            each(layer, &tree);
        }
        tree
    }

    /// Why something was left out, by now; none where nothing was.
    pub(crate) fn left_out(&self) -> Option<LeftOut> {
        self.left_out.get()
    }

    /// Counts steps; says whether they may be gone.
    fn may_go(&self, steps: usize) -> bool {
        let left = self.steps.get().checked_sub(steps as u64);
        self.steps.set(left.unwrap_or(0));
        if left.is_none() {
            self.left_out.set(Some(LeftOut::Steps));
        }
        left.is_some()
    }

    pub(crate) fn node(&self, id: Id) -> Option<&Node<'a>> {
        self.nodes.get(id)
    }

    pub(crate) fn directory(&self, id: Id) -> Option<&Directory<'a>> {
        match self.nodes.get(id)? {
            Node::Directory(directory) => Some(directory),
            _ => None,
        }
    }

    /// The names in a directory, in order.
    pub(crate) fn children(&self, directory: Id) -> impl Iterator<Item = (&'a str, &Slot<'a>)> {
        let names = self.children.range((directory, "")..(directory + 1, ""));
        names.map(|(&(_, name), slot)| (name, slot))
    }

    /// Where a path leads when all links are followed, the last part too.
    pub(crate) fn find(&self, path: &'a str) -> Result<Reached<'_, 'a>, TooManyLinks> {
        self.walk(ROOT, path, true, self.links)
    }

    /// Where a link in a directory leads.
    pub(crate) fn follow(&self, directory: Id, target: &'a str) -> Result<Reached<'_, 'a>, TooManyLinks> {
        let from = if target.starts_with('/') { ROOT } else { directory };
        let most = self.links.checked_sub(1).ok_or(TooManyLinks)?;
        self.walk(from, target, true, most)
    }

    /// The path of a directory, without links.
    pub(crate) fn path_of(&self, mut directory: Id) -> String {
        let mut names = Vec::new();
        while directory != ROOT
            && let Some(known) = self.directory(directory)
        {
            names.push(known.name);
            directory = known.parent;
        }
        names.reverse();
        names.join("/")
    }

    fn walk(
        &self,
        from: Id,
        path: &'a str,
        follow_last: bool,
        most: u32,
    ) -> Result<Reached<'_, 'a>, TooManyLinks> {
        let (mut at, mut since, mut links, mut steps) = (from, 0, 0, 0);
        let mut pending = Vec::new();
        push(&mut pending, path);
        while let Some(name) = pending.pop() {
            let Some(directory) = self.directory(at) else { break };
            steps += 1;
            if steps > UNCOUNTED_STEPS && !self.may_go(1) {
                return Err(TooManyLinks);
            }
            if name == ".." {
                at = directory.parent;
                continue;
            }
            let Some(slot) = self.children.get(&(at, name)) else {
                pending.push(name);
                pending.reverse();
                return Ok(Reached::Missing(at, pending));
            };
            since = since.max(slot.layer);
            match self.nodes.get(slot.node) {
                Some(Node::Directory(_)) => at = slot.node,
                Some(Node::Symbolic(target)) if follow_last || !pending.is_empty() => {
                    links += 1;
                    if links > most {
                        return Err(TooManyLinks);
                    }
                    if target.starts_with('/') {
                        at = ROOT;
                    }
                    push(&mut pending, target);
                }
                _ if pending.is_empty() => return Ok(Reached::Slot(at, name, slot, since)),
                // Something that is no directory stands in the way.
                _ => {
                    pending.push(name);
                    pending.reverse();
                    return Ok(Reached::Missing(at, pending));
                }
            }
        }
        Ok(Reached::Directory(at, since))
    }

    fn apply(&mut self, layer: usize, entries: &'a LayerEntries) {
        let last = entries.last.iter().map(|entry| (entry, true));
        let mut all: Vec<_> = last.chain(entries.replaced.iter().map(|entry| (entry, false))).collect();
        // Where what is no directory gave way to one, the mark that nothing below comes back is of the same
        // entry, and removes what is there before it.
        all.sort_by_key(|(entry, _)| (entry.ordinal, entry.kind != EntryKind::Whiteout, entry.kind));
        for (entry, is_last) in all {
            if self.nodes.len() >= self.most {
                self.left_out.set(Some(LeftOut::Entries));
            }
            if matches!(self.left_out.get(), Some(LeftOut::Entries | LeftOut::Steps)) {
                return;
            }
            self.enter(layer, entry, is_last);
        }
    }

    fn enter(&mut self, layer: usize, entry: &'a LayerEntry, is_last: bool) {
        let (parent, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        if entry.kind == EntryKind::Opaque {
            if let Ok(Reached::Directory(directory, _)) = self.walk(ROOT, &entry.path, true, LINKS_TO_WRITE) {
                self.clear(directory, layer);
            }
            return;
        }
        let reached = match self.walk(ROOT, parent, true, LINKS_TO_WRITE) {
            Ok(Reached::Directory(directory, _)) => Some(directory),
            Ok(Reached::Missing(..) | Reached::Slot(..)) if entry.kind == EntryKind::Whiteout => return,
            Ok(Reached::Missing(directory, missing)) => self.make(directory, &missing, layer),
            // A runtime stops here, unless it is lenient: the file gives way.
            Ok(Reached::Slot(directory, name, ..)) => self.make(directory, &[name], layer),
            // No runtime writes such an entry.
            Err(TooManyLinks) => return,
        };
        let Some(directory) = reached else {
            self.left_out.set(Some(LeftOut::Depth));
            return;
        };
        if entry.kind == EntryKind::Whiteout {
            self.children.remove(&(directory, name));
            return;
        }
        let mut slot =
            Slot { node: ROOT, layer, path: &entry.path, holds: is_last, shown: is_last, touched: layer };
        match (entry.kind, &entry.leads) {
            (EntryKind::Directory, _) => {
                if let Some(known) = self.children.get_mut(&(directory, name)) {
                    known.touched = layer;
                    let node = known.node;
                    if self.directory(node).is_some() {
                        return;
                    }
                }
                let Some(node) = self.add_directory(directory, name) else {
                    self.left_out.set(Some(LeftOut::Depth));
                    return;
                };
                slot.node = node;
            }
            (_, Leads::Symbolic(target)) => slot.node = self.add(Node::Symbolic(target)),
            (EntryKind::File, Leads::Nowhere) => {
                slot.node = self.add(Node::File(Origin { layer, ordinal: entry.ordinal }));
            }
            (EntryKind::File, Leads::Within(target, ordinal)) => {
                let origin = Origin { layer, ordinal: *ordinal };
                slot.node = self.linked(target).unwrap_or_else(|| self.add(Node::File(origin)));
                let same = matches!(self.nodes.get(slot.node), Some(Node::File(known)) if *known == origin);
                slot.holds &= same;
                slot.shown &= same;
            }
            (EntryKind::File, Leads::Below(target)) => {
                slot.node = self.linked(target).unwrap_or_else(|| self.add(Node::Lost(target)));
                slot.shown = false;
            }
            _ => slot.node = self.add(Node::Other),
        }
        self.children.insert((directory, name), slot);
    }

    /// What a hard link to a path is another name of.
    fn linked(&self, target: &'a str) -> Option<Id> {
        match self.walk(ROOT, target, false, LINKS_TO_WRITE) {
            Ok(Reached::Slot(_, _, slot, _)) => Some(slot.node),
            _ => None,
        }
    }

    fn add(&mut self, node: Node<'a>) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn add_directory(&mut self, parent: Id, name: &'a str) -> Option<Id> {
        let depth = self.directory(parent)?.depth + 1;
        let directory = Directory { parent, name, depth };
        (depth <= DEPTH).then(|| self.add(Node::Directory(directory)))
    }

    /// Makes directories one in the other. Returns the last; none where they are too many.
    fn make(&mut self, mut at: Id, names: &[&'a str], layer: usize) -> Option<Id> {
        for &name in names {
            if name == ".." {
                at = self.directory(at).map_or(ROOT, |directory| directory.parent);
                continue;
            }
            let known = self.children.get(&(at, name));
            if let Some(node) = known.map(|slot| slot.node).filter(|&node| self.directory(node).is_some()) {
                at = node;
                continue;
            }
            let node = self.add_directory(at, name)?;
            let slot = Slot { node, layer, path: "", holds: true, shown: true, touched: layer };
            self.children.insert((at, name), slot);
            at = node;
        }
        Some(at)
    }

    /// Removes all below a directory that this layer has not put there. Returns whether anything stays.
    fn clear(&mut self, directory: Id, layer: usize) -> bool {
        let slots = self.children(directory).map(|(name, slot)| (name, slot.node, slot.touched == layer));
        let slots: Vec<_> = slots.collect();
        if !self.may_go(slots.len()) {
            return true;
        }
        let mut stays = false;
        for (name, node, is_of_layer) in slots {
            let holds = self.directory(node).is_some() && self.clear(node, layer);
            if holds || is_of_layer {
                stays = true;
            } else {
                self.children.remove(&(directory, name));
            }
        }
        stays
    }
}

/// The parts of a path, the next one last.
fn push<'a>(pending: &mut Vec<&'a str>, path: &'a str) {
    pending.extend(path.rsplit('/').filter(|part| !part.is_empty() && *part != "."));
}
