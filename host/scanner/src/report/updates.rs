//! Which version of a package fixes all that can be fixed.

use std::collections::BTreeMap;

use crate::matching::{Fix, Match};

/// For each package, the greatest of its fixed versions.
pub(super) struct Updates<'m>(BTreeMap<(usize, bool), (&'m Fix, &'m str)>);

pub(super) fn updates(matches: &[Match]) -> Updates<'_> {
    let mut updates: BTreeMap<_, (&Fix, &str)> = BTreeMap::new();
    for found in matches {
        let (Some(fix), Some(version)) = (&found.fix, &found.fixed_version) else { continue };
        let greatest = updates.entry((found.package, fix.of_source)).or_insert((fix, version));
        if greatest.0.key < fix.key {
            *greatest = (fix, version);
        }
    }
    Updates(updates)
}

impl<'m> Updates<'m> {
    /// The version to which the package of a match is to be updated; none where no version fixes what
    /// was matched.
    pub(super) fn of(&self, found: &Match) -> Option<&'m str> {
        let fix = found.fix.as_ref()?;
        self.0.get(&(found.package, fix.of_source)).map(|(_, version)| *version)
    }
}
