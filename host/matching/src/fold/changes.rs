use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Installed;

/// What a layer did to a package.
#[derive(Clone, Debug)]
pub enum Change {
    /// It was not there before.
    Added(Installed),
    /// It is there no longer.
    Removed(Installed),
    /// Another version of what was there before.
    Changed(Box<(Installed, Installed)>),
}

/// What a layer did to all packages: what it hides, installed against what it states.
#[derive(Debug)]
pub struct Changes<'a> {
    added: Vec<&'a Installed>,
    removed: Vec<&'a Installed>,
    changed: Vec<(&'a Installed, &'a Installed)>,
}

impl Changes<'_> {
    /// Each of them, by name.
    pub fn each(&self) -> Vec<Change> {
        let pair = |&(old, installed): &(&Installed, &Installed)| {
            Change::Changed(Box::new((old.clone(), installed.clone())))
        };
        let mut changes: Vec<_> = self.changed.iter().map(pair).collect();
        changes.extend(self.added.iter().map(|&installed| Change::Added(installed.clone())));
        changes.extend(self.removed.iter().map(|&installed| Change::Removed(installed.clone())));
        changes.sort_by(|a, b| subject(a).cmp(&subject(b)));
        changes
    }
}

/// Which package it is, whatever its version: as far as one detector tells them apart.
type Identity<'a> = (&'a str, &'a str, Option<&'a str>);

fn identity(installed: &Installed) -> Identity<'_> {
    (&installed.detector.name, &installed.package.name, installed.package.arch.as_deref())
}

/// Whether something that is gone may be what is there now.
type Likeness = fn(&Installed, &Installed) -> bool;

/// What a layer hides and has not yet been found again.
struct Gone<'a> {
    places: HashMap<Identity<'a>, usize, RandomState>,
    /// By place, in the order in which they were hidden, so that the same layers always give the same
    /// changes.
    candidates: Vec<Vec<&'a Installed>>,
}

impl<'a> Gone<'a> {
    fn new(gone: &'a [Installed]) -> Self {
        let mut places = HashMap::with_capacity_and_hasher(gone.len(), RandomState::default());
        let mut candidates: Vec<Vec<_>> = Vec::with_capacity(gone.len());
        for installed in gone {
            let place = *places.entry(identity(installed)).or_insert(candidates.len());
            match candidates.get_mut(place) {
                Some(same) => same.push(installed),
                None => candidates.push(vec![installed]),
            }
        }
        Self { places, candidates }
    }

    fn take(&mut self, installed: &Installed, like: Likeness) -> Option<&'a Installed> {
        let candidates = self.candidates.get_mut(*self.places.get(&identity(installed))?)?;
        let place = candidates.iter().position(|old| like(old, installed))?;
        Some(candidates.remove(place))
    }
}

/// Holds what a layer states against what it hides. A package that was there before, at the same
/// version, was merely stated again: it keeps the layer that introduced it. What remains was added,
/// removed or changed. Of several copies, those that stay in their places go first.
pub(super) fn carry_over<'a>(gone: &'a [Installed], brought: &'a mut [Installed]) -> Changes<'a> {
    if gone.is_empty() {
        return Changes { added: brought.iter().collect(), removed: Vec::new(), changed: Vec::new() };
    }
    let mut before = Gone::new(gone);
    let mut fresh: Vec<usize> = (0..brought.len()).collect();
    for like in [same_in_place, same_version] {
        fresh.retain(|&place| {
            let Some(installed) = brought.get_mut(place) else { return false };
            let Some(old) = before.take(installed, like) else { return true };
            installed.introduced_by = old.introduced_by;
            false
        });
    }
    let brought: &[Installed] = brought;
    let mut fresh: Vec<&Installed> = fresh.into_iter().filter_map(|place| brought.get(place)).collect();
    let mut changed = Vec::new();
    for like in [same_path, any] {
        fresh.retain(|installed| {
            let old = before.take(installed, like);
            changed.extend(old.map(|old| (old, *installed)));
            old.is_none()
        });
    }
    Changes { added: fresh, removed: before.candidates.into_iter().flatten().collect(), changed }
}

fn same_version(old: &Installed, installed: &Installed) -> bool {
    old.package.version == installed.package.version
}

fn same_path(old: &Installed, installed: &Installed) -> bool {
    old.path == installed.path
}

fn same_in_place(old: &Installed, installed: &Installed) -> bool {
    same_version(old, installed) && same_path(old, installed)
}

const fn any(_: &Installed, _: &Installed) -> bool {
    true
}

fn subject(change: &Change) -> (&str, &str, &str) {
    let (Change::Added(installed) | Change::Removed(installed)) = change else {
        let Change::Changed(pair) = change else { return ("", "", "") };
        return (&pair.1.package.name, &pair.1.package.version, &pair.1.path);
    };
    (&installed.package.name, &installed.package.version, &installed.path)
}
