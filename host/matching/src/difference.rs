//! In what two images differ: what came, what went, and what is there in another state.

use std::collections::BTreeMap;

use limpid_model::report::{Finding, InstalledPackage};

/// What came, went and changed from one list to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<T> {
    /// Only in the second.
    pub added: Vec<T>,
    /// Only in the first.
    pub removed: Vec<T>,
    /// In both, in another state: as it is in the first, and in the second.
    pub changed: Vec<(T, T)>,
}

impl<T> Default for Difference<T> {
    fn default() -> Self {
        Self { added: Vec::new(), removed: Vec::new(), changed: Vec::new() }
    }
}

impl<T> Difference<T> {
    /// Whether there is no difference.
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// The packages of two images. A package is the same, whatever its version, where one detector finds it under
/// one name for one architecture.
pub fn package_difference(
    before: Vec<InstalledPackage>,
    after: Vec<InstalledPackage>,
) -> Difference<InstalledPackage> {
    difference(
        before,
        after,
        |it| (it.name.clone(), it.detector.name.clone(), it.arch.clone()),
        |it| it.version.clone(),
        |it| (it.path.clone(), it.member.clone()),
    )
}

impl Difference<Finding> {
    /// The findings of two images. A finding is the same as long as its fingerprint is; its state is what it
    /// is stated to be, how bad it is and which version fixes it.
    pub fn of_findings(before: Vec<Finding>, after: Vec<Finding>) -> Self {
        difference(
            before,
            after,
            |it| it.fingerprint.clone(),
            |it| (it.status.as_str(), it.severity.severity, it.fixed_version.clone()),
            |it| (it.package.path.clone(), it.package.version.clone()),
        )
    }
}

/// Holds two lists against each other. Those of one identity and state stay; of the others of an identity,
/// those in one place belong together first, then what is left in the order of their places. The other way
/// round it is the same the other way round.
pub fn difference<T, I: Ord, S: Ord, P: Ord>(
    before: Vec<T>,
    after: Vec<T>,
    identity: impl Fn(&T) -> I,
    state: impl Fn(&T) -> S,
    place: impl Fn(&T) -> P,
) -> Difference<T> {
    let mut groups: BTreeMap<I, (Vec<T>, Vec<T>)> = BTreeMap::new();
    for item in before {
        groups.entry(identity(&item)).or_default().0.push(item);
    }
    for item in after {
        groups.entry(identity(&item)).or_default().1.push(item);
    }
    let mut found = Difference::default();
    for (before, after) in groups.into_values() {
        let (_, before, after) = in_both(before, after, |it| (state(it), place(it)));
        let (_, before, after) = in_both(before, after, &state);
        let (changed, before, after) = in_both(before, after, &place);
        found.changed.extend(changed);
        let mut after = after.into_iter();
        for item in before {
            match after.next() {
                Some(other) => found.changed.push((item, other)),
                None => found.removed.push(item),
            }
        }
        found.added.extend(after);
    }
    found
}

/// Those of two lists that have the same key, in pairs, and the rest of both; all by key.
fn in_both<T, K: Ord>(before: Vec<T>, after: Vec<T>, key: impl Fn(&T) -> K) -> (Vec<(T, T)>, Vec<T>, Vec<T>) {
    let sorted = |mut items: Vec<T>| {
        items.sort_by_cached_key(&key);
        items
    };
    let mut after = sorted(after).into_iter().peekable();
    let (mut both, mut only_before, mut only_after) = (Vec::new(), Vec::new(), Vec::new());
    for item in sorted(before) {
        let at = key(&item);
        while let Some(other) = after.next_if(|other| key(other) < at) {
            only_after.push(other);
        }
        match after.next_if(|other| key(other) == at) {
            Some(other) => both.push((item, other)),
            None => only_before.push(item),
        }
    }
    only_after.extend(after);
    (both, only_before, only_after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Item = (char, u8, u8);

    fn of(before: Vec<Item>, after: Vec<Item>) -> Difference<Item> {
        difference(before, after, |it| it.0, |it| it.1, |it| it.2)
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        prop::collection::vec((prop::char::range('a', 'c'), 0..3_u8, 0..3_u8), 0..8)
    }

    #[test]
    fn what_is_in_the_same_place_belongs_together() {
        let found = of(vec![('a', 1, 1), ('a', 1, 2)], vec![('a', 2, 2), ('a', 3, 3), ('b', 1, 1)]);
        assert_eq!(found.changed, [(('a', 1, 2), ('a', 2, 2)), (('a', 1, 1), ('a', 3, 3))]);
        assert_eq!((found.added, found.removed), (vec![('b', 1, 1)], vec![]));
        assert!(of(vec![('a', 1, 1)], vec![('a', 1, 2)]).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_differs_from_itself(items in items()) {
            prop_assert!(of(items.clone(), items).is_empty());
        }

        #[test]
        fn a_difference_is_the_same_the_other_way_round(before in items(), after in items()) {
            let forth = of(before.clone(), after.clone());
            let back = of(after, before);
            prop_assert_eq!((&forth.added, &forth.removed), (&back.removed, &back.added));
            let turned: Vec<_> = back.changed.into_iter().map(|(a, b)| (b, a)).collect();
            prop_assert_eq!(forth.changed, turned);
        }

        #[test]
        fn nothing_is_lost(before in items(), after in items()) {
            let count = (before.len(), after.len());
            let found = of(before, after);
            prop_assert_eq!(count.0 + found.added.len(), count.1 + found.removed.len());
        }
    }
}
