//! In what two images differ: what came, what went, and what is there in another state.

use std::collections::BTreeMap;

use limpid_model::FindingDifference;
use limpid_model::report::{Finding, InstalledPackage, Suppressed, Suppression};

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

/// The findings of two images, those that count and those that do not. A finding is the same as long as its
/// fingerprint is; its state is what it is stated to be, how bad it is, which version fixes it, and whether it counts.
/// Of those that count in neither it is not told how they differ.
pub fn finding_difference(
    before: (Vec<Finding>, Vec<Suppressed>),
    after: (Vec<Finding>, Vec<Suppressed>),
) -> FindingDifference {
    let both = difference(
        together(before),
        together(after),
        |(it, _)| it.fingerprint.clone(),
        |(it, why)| (it.status.as_str(), it.severity.severity, it.fixed_version.clone(), why.is_some()),
        |(it, _)| (it.package.path.clone(), it.package.version.clone()),
    );
    let mut found = FindingDifference::default();
    (found.added, found.added_suppressed) = apart(both.added);
    (found.removed, found.removed_suppressed) = apart(both.removed);
    for ((before, reason_before), (after, reason_after)) in both.changed {
        match (reason_before, reason_after) {
            (None, None) => found.changed.push((before, after)),
            (None, Some(suppression)) => found.suppressed.push(Suppressed { finding: after, suppression }),
            (Some(suppression), None) => found.counted.push(Suppressed { finding: after, suppression }),
            (Some(_), Some(_)) => {}
        }
    }
    found
}

fn together((counted, suppressed): (Vec<Finding>, Vec<Suppressed>)) -> Vec<(Finding, Option<Suppression>)> {
    let counted = counted.into_iter().map(|finding| (finding, None));
    let suppressed = suppressed.into_iter().map(|it| (it.finding, Some(it.suppression)));
    counted.chain(suppressed).collect()
}

fn apart(all: Vec<(Finding, Option<Suppression>)>) -> (Vec<Finding>, Vec<Suppressed>) {
    let (mut counted, mut suppressed) = (Vec::new(), Vec::new());
    for (finding, suppression) in all {
        match suppression {
            None => counted.push(finding),
            Some(suppression) => suppressed.push(Suppressed { finding, suppression }),
        }
    }
    (counted, suppressed)
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
    use limpid_model::Severity;
    use limpid_model::report::SuppressedBy;
    use proptest::prelude::*;

    use super::*;
    use crate::test_support;

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

    #[test]
    fn what_is_decided_on_findings_is_told_apart_from_what_becomes_of_them() {
        let finding = |id: &str, severity| {
            test_support::finding(id, severity, &test_support::reported("a", "db", 0), &[])
        };
        let counted = |id| finding(id, Severity::Low);
        let by = |id: &str, reason: &str| Suppressed {
            finding: finding(id, Severity::Low),
            suppression: Suppression {
                by: SuppressedBy::Policy("p".to_owned()),
                repository: None,
                author: None,
                reason: reason.to_owned(),
                justification: None,
                since: None,
                until: None,
                attached: None,
            },
        };
        let before = (
            vec![counted("gone"), counted("worse"), counted("suppressed"), counted("same")],
            vec![by("again", "then"), by("gone-suppressed", "then"), by("always", "then")],
        );
        let after = (
            vec![counted("come"), finding("worse", Severity::High), counted("again"), counted("same")],
            vec![by("suppressed", "now"), by("come-suppressed", "now"), by("always", "now")],
        );
        let found = finding_difference(before, after);
        let expected = FindingDifference {
            added: vec![counted("come")],
            removed: vec![counted("gone")],
            changed: vec![(counted("worse"), finding("worse", Severity::High))],
            suppressed: vec![by("suppressed", "now")],
            counted: vec![by("again", "then")],
            added_suppressed: vec![by("come-suppressed", "now")],
            removed_suppressed: vec![by("gone-suppressed", "then")],
        };
        assert_eq!(found, expected);
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
