use std::collections::{BTreeMap, BTreeSet, HashSet};

use limpid_model::LayerEntries;

use super::{LinkedFile, Links, Unfollowed};
use crate::claims::Claimant;
use crate::reach::{Known, States};
use crate::tree::{Id, Node, ROOT, Reached, Slot, TooManyLinks, Tree};
use crate::{ClaimSet, Limits};

/// How many links Linux follows for one path.
const LINUX_FOLLOWS: u64 = 40;

/// Claimed paths that are stated to be unfollowed, at most.
const UNFOLLOWED: usize = 1_000;

/// Finds all files that are seen at claimed paths which their layers do not show there.
pub(super) fn find(
    layers: &[&LayerEntries],
    unread: &BTreeSet<usize>,
    claims: &ClaimSet,
    limits: &Limits,
) -> Links {
    let tree = Tree::of(layers, limits, |_, _| ());
    let mut finder = Finder {
        tree: &tree,
        claims,
        limits,
        unread,
        known: Known::new(claims.parts()),
        seen: HashSet::new(),
        work: Vec::new(),
        files: BTreeMap::new(),
        taken: BTreeSet::new(),
        unfollowed: BTreeMap::new(),
        steps: 0,
    };
    finder.all();
    if let Some(left_out) = tree.left_out() {
        let (why, claimants) = (left_out.why(limits), (0..claims.claimants()).collect());
        let all = Unfollowed { path: String::new(), layer: 0, why, claimants };
        // However many paths are stated by themselves.
        finder.unfollowed.insert(String::new(), all);
    }
    Links {
        files: finder.files.into_values().collect(),
        unfollowed: finder.unfollowed.into_values().collect(),
    }
}

struct Finder<'t, 'a> {
    tree: &'t Tree<'a>,
    claims: &'t ClaimSet,
    limits: &'t Limits,
    unread: &'t BTreeSet<usize>,
    known: Known<'t>,
    /// Directories that were looked at behind a link, and how far globs had got there.
    seen: HashSet<(Id, States)>,
    work: Vec<Behind>,
    files: BTreeMap<String, LinkedFile>,
    /// Which files were found for whom.
    taken: BTreeSet<(Id, &'a str, usize)>,
    unfollowed: BTreeMap<String, Unfollowed>,
    steps: u64,
}

/// A directory behind a link.
struct Behind {
    directory: Id,
    /// By which path it was reached.
    path: String,
    /// How far globs have got on that path that get not as far on the path without links.
    states: States,
    since: usize,
    /// How many links are on that path.
    links: u64,
}

/// A link, or a name in a directory behind one.
struct At<'s> {
    path: String,
    states: &'s States,
    since: usize,
    links: u64,
}

impl<'a> Finder<'_, 'a> {
    /// Looks at all that is there.
    fn all(&mut self) {
        let mut directories = vec![(ROOT, String::new())];
        while let Some((id, path)) = directories.pop() {
            let tree = self.tree;
            let mut below = Vec::new();
            for (name, slot) in tree.children(id) {
                let path = join(&path, name);
                match tree.node(slot.node) {
                    Some(Node::Directory(_)) => below.push((slot.node, path)),
                    Some(Node::Symbolic(target)) => {
                        let states = self.known.at(&path);
                        let at = At { path, states: &states, since: slot.layer, links: 1 };
                        self.link(id, target, at);
                    }
                    Some(Node::File(_)) if !slot.shown || slot.path != path => {
                        let claimants = self.claims.of_path(&path);
                        self.file((id, name, slot), path, slot.layer, claimants);
                    }
                    Some(Node::Lost(target)) => self.lost(path, slot.layer, target),
                    _ => {}
                }
            }
            directories.extend(below.into_iter().rev());
        }
    }

    /// Looks at what a link leads to.
    fn link(&mut self, directory: Id, target: &'a str, at: At<'_>) {
        let further = at.states.without(&self.claims.parts().start());
        if further.is_empty() || at.path.len() as u64 > self.limits.path_length {
            return;
        }
        match self.tree.follow(directory, target) {
            Ok(Reached::Directory(id, since)) => {
                let states = further.without(&self.known.at(&self.tree.path_of(id)));
                let (path, links) = (at.path, at.links);
                self.work.push(Behind { directory: id, path, states, since: since.max(at.since), links });
                while let Some(behind) = self.work.pop() {
                    self.behind(behind);
                }
            }
            Ok(Reached::Slot(id, name, slot, since)) => {
                self.target((id, name, slot), At { since: since.max(at.since), states: &further, ..at });
            }
            Ok(Reached::Missing(..)) if !self.unread.is_empty() => {
                let why = format!("a link to `{target}`, which may be in a layer that was not read");
                self.unmet(&further, at.path, at.since, &why);
            }
            // Nothing is there for a container either.
            Ok(Reached::Missing(..)) => {}
            Err(TooManyLinks) if self.limits.links_followed < LINUX_FOLLOWS => {
                let most = self.limits.links_followed;
                let why = format!("more links lead to it than the limit `links_followed` of {most}");
                self.unmet(&further, at.path, at.since, &why);
            }
            Err(TooManyLinks) => {}
        }
    }

    /// Looks at what is in a directory behind a link.
    fn behind(&mut self, behind: Behind) {
        let Behind { directory: id, path, states, since, links } = behind;
        let tree = self.tree;
        if states.is_empty() || !self.seen.insert((id, states.clone())) {
            return;
        }
        for (name, slot) in tree.children(id) {
            if self.steps >= self.limits.linked_steps {
                let most = self.limits.linked_steps;
                let why =
                    format!("links lead to more than is looked at: over the limit `linked_steps` of {most}");
                return self.leave(path, since, &why, (0..self.claims.claimants()).collect());
            }
            self.steps += 1;
            let states = self.claims.parts().step(&states, name);
            if states.is_empty() {
                continue;
            }
            let at = At { path: join(&path, name), states: &states, since: since.max(slot.layer), links };
            match tree.node(slot.node) {
                Some(Node::Directory(_)) if at.path.len() as u64 <= self.limits.path_length => {
                    let states = states.without(&self.known.at(&tree.path_of(slot.node)));
                    let (path, since) = (at.path, at.since);
                    self.work.push(Behind { directory: slot.node, path, states, since, links });
                }
                Some(Node::Symbolic(target)) if links < self.limits.links_followed => {
                    self.link_behind(id, target, At { links: links + 1, ..at });
                }
                _ => self.target((id, name, slot), at),
            }
        }
    }

    /// The same as [`link`](Self::link), without looking at directories at once.
    fn link_behind(&mut self, directory: Id, target: &'a str, at: At<'_>) {
        match self.tree.follow(directory, target) {
            Ok(Reached::Directory(id, since)) => {
                let states = at.states.without(&self.known.at(&self.tree.path_of(id)));
                let (path, links) = (at.path, at.links);
                self.work.push(Behind { directory: id, path, states, since: since.max(at.since), links });
            }
            Ok(Reached::Slot(id, name, slot, since)) => {
                self.target((id, name, slot), At { since: since.max(at.since), ..at });
            }
            Ok(Reached::Missing(..)) if !self.unread.is_empty() => {
                let why = format!("a link to `{target}`, which may be in a layer that was not read");
                self.unmet(at.states, at.path, at.since, &why);
            }
            Ok(Reached::Missing(..)) | Err(TooManyLinks) => {}
        }
    }

    /// Takes what a path with links leads to, where it is claimed.
    fn target(&mut self, (id, name, slot): (Id, &'a str, &Slot<'a>), at: At<'_>) {
        let met = self.claims.parts().met(at.states);
        if met.is_empty() {
            return;
        }
        match self.tree.node(slot.node) {
            Some(Node::File(_)) => {
                let mut claimants = self.claims.of_path(&at.path);
                claimants.retain(|claimant| met.contains(&claimant.index));
                self.file((id, name, slot), at.path, at.since, claimants);
            }
            Some(Node::Lost(target)) => self.lost(at.path, at.since, target),
            _ => {}
        }
    }

    /// Takes a file for those who claim a path under which it is seen, and have not seen it.
    fn file(
        &mut self,
        (id, name, slot): (Id, &'a str, &Slot<'a>),
        path: String,
        since: usize,
        mut claimants: Vec<Claimant>,
    ) {
        let Some(Node::File(origin)) = self.tree.node(slot.node) else { return };
        let real = join(&self.tree.path_of(id), name);
        let seen_as = self.seen_as(id, name, slot, &real);
        if let Some(seen_as) = &seen_as {
            let seen_by = self.claims.of_path(seen_as);
            claimants.retain(|claimant| seen_by.iter().all(|by| by.index != claimant.index));
        }
        // Another path to the same file, which is shown under that one.
        claimants.retain(|claimant| !self.taken.contains(&(id, name, claimant.index)));
        let by_content = seen_as.is_none() && path == real && self.claims.longest_magic() > 0;
        if claimants.is_empty() && !by_content {
            return;
        }
        if self.files.len() as u64 >= self.limits.linked_files {
            let most = self.limits.linked_files;
            let why = format!("more files are behind links than the limit `linked_files` of {most}");
            return self.leave(path, since, &why, claimants.iter().map(|claimant| claimant.index).collect());
        }
        self.taken.extend(claimants.iter().map(|claimant| (id, name, claimant.index)));
        let (layer, ordinal) = (origin.layer, origin.ordinal);
        let file = LinkedFile { path: path.clone(), real, layer, ordinal, since, seen_as, claimants };
        self.files.insert(path, file);
    }

    /// Under which path a file was shown that still leads to it.
    fn seen_as(&self, id: Id, name: &str, slot: &Slot<'a>, real: &str) -> Option<String> {
        if !slot.shown {
            return None;
        }
        let leads_here = slot.path == real
            || matches!(self.tree.find(slot.path), Ok(Reached::Slot(at, called, ..)) if at == id && called == name);
        leads_here.then(|| slot.path.to_owned())
    }

    fn lost(&mut self, path: String, layer: usize, target: &str) {
        let claimants = self.claims.of_path(&path).iter().map(|claimant| claimant.index).collect();
        let why = if self.unread.is_empty() {
            format!("a hard link to `{target}`, which is no file of this layer or of those below it")
        } else {
            format!("a hard link to `{target}`, which may be in a layer that was not read")
        };
        self.leave(path, layer, &why, claimants);
    }

    /// Says so for all who claim a path, or may claim one below it.
    fn unmet(&mut self, states: &States, path: String, layer: usize, why: &str) {
        let claimants = self.claims.parts().claimants(states);
        self.leave(path, layer, why, claimants);
    }

    /// Says that a claimed path was not followed.
    fn leave(&mut self, path: String, layer: usize, why: &str, mut claimants: Vec<usize>) {
        claimants.sort_unstable();
        claimants.dedup();
        if !claimants.is_empty() && self.unfollowed.len() < UNFOLLOWED {
            let unfollowed = Unfollowed { path: path.clone(), layer, why: why.to_owned(), claimants };
            self.unfollowed.insert(path, unfollowed);
        }
    }
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}
