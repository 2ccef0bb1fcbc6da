use std::collections::BTreeMap;

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

/// Whether something that is gone may be what is there now.
type Likeness = fn(&Held, &Held) -> bool;

/// Holds what a layer states against what it hides. A package that was there before, at the same
/// version, was merely stated again: it keeps the layer that introduced it. What remains was added,
/// removed or changed. Of several copies, those that stay in their places go first.
pub(super) fn carry_over(gone: Vec<Held>, brought: &mut [Held]) -> Vec<Change> {
    // Ordered, so that the same layers always give the same changes in the same order.
    let mut before: BTreeMap<Identity, Vec<Held>> = BTreeMap::new();
    for held in gone {
        before.entry(identity(&held)).or_default().push(held);
    }
    let mut take = |identity: &Identity, held: &Held, like: Likeness| {
        let candidates = before.get_mut(identity)?;
        let place = candidates.iter().position(|old| like(old, held))?;
        Some(candidates.remove(place))
    };
    let mut fresh: Vec<(Identity, &mut Held)> =
        brought.iter_mut().map(|held| (identity(held), held)).collect();
    for like in [same_in_place, same_version] {
        fresh.retain_mut(|(identity, held)| {
            let old = take(identity, held, like);
            held.introduced_by = old.as_ref().map_or(held.introduced_by, |old| old.introduced_by);
            old.is_none()
        });
    }
    let mut changes = Vec::new();
    for like in [same_path, any] {
        fresh.retain_mut(|(identity, held)| {
            let old = take(identity, held, like);
            let is_new = old.is_none();
            changes.extend(old.map(|old| Change::Changed(Box::new((old, held.clone())))));
            is_new
        });
    }
    changes.extend(fresh.into_iter().map(|(_, held)| Change::Added(held.clone())));
    changes.extend(before.into_values().flatten().map(Change::Removed));
    changes.sort_by(|a, b| subject(a).cmp(&subject(b)));
    changes
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
