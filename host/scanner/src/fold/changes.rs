use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Held;

/// What a layer did to a package.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Added(Held),
    Removed(Held),
    /// Another version of what was there before.
    Changed(Box<(Held, Held)>),
}

/// What a layer did to all packages: what it hides, held against what it states.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    added: Vec<&'a Held>,
    removed: Vec<&'a Held>,
    changed: Vec<(&'a Held, &'a Held)>,
}

impl Changes<'_> {
    /// Each of them, by name.
    pub(crate) fn each(&self) -> Vec<Change> {
        let pair = |&(old, held): &(&Held, &Held)| Change::Changed(Box::new((old.clone(), held.clone())));
        let mut changes: Vec<_> = self.changed.iter().map(pair).collect();
        changes.extend(self.added.iter().map(|&held| Change::Added(held.clone())));
        changes.extend(self.removed.iter().map(|&held| Change::Removed(held.clone())));
        changes.sort_by(|a, b| subject(a).cmp(&subject(b)));
        changes
    }
}

/// Which package it is, whatever its version: as far as one detector tells them apart.
type Identity<'a> = (&'a str, &'a str, Option<&'a str>);

fn identity(held: &Held) -> Identity<'_> {
    (&held.detector.name, &held.package.name, held.package.arch.as_deref())
}

/// Whether something that is gone may be what is there now.
type Likeness = fn(&Held, &Held) -> bool;

/// What a layer hides and has not yet been found again.
struct Gone<'a> {
    places: HashMap<Identity<'a>, usize, RandomState>,
    /// By place, in the order in which they were hidden, so that the same layers always give the same
    /// changes.
    candidates: Vec<Vec<&'a Held>>,
}

impl<'a> Gone<'a> {
    fn new(gone: &'a [Held]) -> Self {
        let mut places = HashMap::with_capacity_and_hasher(gone.len(), RandomState::default());
        let mut candidates: Vec<Vec<_>> = Vec::with_capacity(gone.len());
        for held in gone {
            let place = *places.entry(identity(held)).or_insert(candidates.len());
            match candidates.get_mut(place) {
                Some(same) => same.push(held),
                None => candidates.push(vec![held]),
            }
        }
        Self { places, candidates }
    }

    fn take(&mut self, held: &Held, like: Likeness) -> Option<&'a Held> {
        let candidates = self.candidates.get_mut(*self.places.get(&identity(held))?)?;
        let place = candidates.iter().position(|old| like(old, held))?;
        Some(candidates.remove(place))
    }
}

/// Holds what a layer states against what it hides. A package that was there before, at the same
/// version, was merely stated again: it keeps the layer that introduced it. What remains was added,
/// removed or changed. Of several copies, those that stay in their places go first.
pub(super) fn carry_over<'a>(gone: &'a [Held], brought: &'a mut [Held]) -> Changes<'a> {
    let mut before = Gone::new(gone);
    let mut fresh: Vec<usize> = (0..brought.len()).collect();
    for like in [same_in_place, same_version] {
        fresh.retain(|&place| {
            let Some(held) = brought.get_mut(place) else { return false };
            let Some(old) = before.take(held, like) else { return true };
            held.introduced_by = old.introduced_by;
            false
        });
    }
    let brought: &[Held] = brought;
    let mut fresh: Vec<&Held> = fresh.into_iter().filter_map(|place| brought.get(place)).collect();
    let mut changed = Vec::new();
    for like in [same_path, any] {
        fresh.retain(|held| {
            let old = before.take(held, like);
            changed.extend(old.map(|old| (old, *held)));
            old.is_none()
        });
    }
    Changes { added: fresh, removed: before.candidates.into_iter().flatten().collect(), changed }
}

fn same_version(old: &Held, held: &Held) -> bool {
    old.package.version == held.package.version
}

fn same_path(old: &Held, held: &Held) -> bool {
    old.path == held.path
}

fn same_in_place(old: &Held, held: &Held) -> bool {
    same_version(old, held) && same_path(old, held)
}

const fn any(_: &Held, _: &Held) -> bool {
    true
}

fn subject(change: &Change) -> (&str, &str, &str) {
    let (Change::Added(held) | Change::Removed(held)) = change else {
        let Change::Changed(pair) = change else { return ("", "", "") };
        return (&pair.1.package.name, &pair.1.package.version, &pair.1.path);
    };
    (&held.package.name, &held.package.version, &held.path)
}
