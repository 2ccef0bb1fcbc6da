use std::collections::HashMap;

use super::Held;

/// What a layer did to a package.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Added(Held),
    Removed(Held),
    /// Another version of what was there before.
    Changed(Box<(Held, Held)>),
}

/// Which package it is, whatever its version: as far as one detector tells them apart.
type Identity = (String, String, Option<String>);

fn identity(held: &Held) -> Identity {
    (held.detector.name.clone(), held.package.name.clone(), held.package.arch.clone())
}

/// Holds what a layer states against what it hides. A package that was there before, at the same
/// version, was merely stated again: it keeps the layer that introduced it. What remains was added,
/// removed or changed.
pub(super) fn carry_over(gone: Vec<Held>, brought: &mut [Held]) -> Vec<Change> {
    let mut before: HashMap<Identity, Vec<Held>> = HashMap::new();
    for held in gone {
        before.entry(identity(&held)).or_default().push(held);
    }
    let mut fresh = Vec::new();
    for held in brought.iter_mut() {
        let candidates = before.entry(identity(held)).or_default();
        match restated(candidates, held) {
            Some(place) => held.introduced_by = candidates.swap_remove(place).introduced_by,
            None => fresh.push(held.clone()),
        }
    }
    let mut changes: Vec<Change> = fresh
        .into_iter()
        .map(|held| match before.get_mut(&identity(&held)).and_then(Vec::pop) {
            Some(old) => Change::Changed(Box::new((old, held))),
            None => Change::Added(held),
        })
        .collect();
    changes.extend(before.into_values().flatten().map(Change::Removed));
    changes.sort_by(|a, b| subject(a).cmp(&subject(b)));
    changes
}

/// The same version, at the same place if it is there, or else at another from which it went.
fn restated(candidates: &[Held], held: &Held) -> Option<usize> {
    let same = |old: &Held| old.package.version == held.package.version;
    let at_home = candidates.iter().position(|old| same(old) && old.path == held.path);
    at_home.or_else(|| candidates.iter().position(same))
}

fn subject(change: &Change) -> (&str, &str, &str) {
    let (Change::Added(held) | Change::Removed(held)) = change else {
        let Change::Changed(pair) = change else { return ("", "", "") };
        return (&pair.1.package.name, &pair.1.package.version, &pair.1.path);
    };
    (&held.package.name, &held.package.version, &held.path)
}
