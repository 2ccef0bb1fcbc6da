//! Which version of a package fixes all that can be fixed.

use std::collections::BTreeMap;

use limpid_model::{Key, KeyedRange, RangeEnd};

use crate::judge::surely_contains;
use crate::{Match, Matches};

/// For each package, the least version above all of its fixes that is not known to be vulnerable again.
pub struct Updates<'m>(BTreeMap<(usize, bool), (&'m Key, &'m str)>);

/// What the packages of some matches are to be updated to.
pub fn updates(found: &Matches) -> Updates<'_> {
    let mut updates: BTreeMap<_, (&Key, &str)> = BTreeMap::new();
    for found in &found.matches {
        let (Some(fix), Some(version)) = (&found.fix, &found.fixed_version) else { continue };
        let greatest = updates.entry((found.package, fix.of_source)).or_insert((&fix.key, version));
        if *greatest.0 < fix.key {
            *greatest = (&fix.key, version);
        }
    }
    for (package, update) in &mut updates {
        let ranges = found.vulnerable_above.get(package);
        let ranges = ranges.map_or(&[][..], Vec::as_slice);
        *update = beyond(*update, ranges);
    }
    Updates(updates)
}

/// The first version from one on that lies in none of the ranges; that one itself where what it lies in has no
/// fix.
fn beyond<'m>(version: (&'m Key, &'m str), ranges: &'m [KeyedRange]) -> (&'m Key, &'m str) {
    let mut at = version;
    // Each step leaves a range behind for good.
    for _ in ranges {
        let Some(range) = ranges.iter().find(|range| surely_contains(range, at.0)) else { return at };
        let fix = range.until.as_ref().filter(|_| range.end == RangeEnd::Fix);
        let Some((key, fix)) = fix.and_then(|fix| Some((fix.key.as_ref().ok()?, &fix.version))) else {
            return version;
        };
        at = (key, fix);
    }
    let is_free = !ranges.iter().any(|range| surely_contains(range, at.0));
    if is_free { at } else { version }
}

impl<'m> Updates<'m> {
    /// The version to which the package of a match is to be updated; none where no version fixes what
    /// was matched.
    pub fn of(&self, found: &Match) -> Option<&'m str> {
        let fix = found.fix.as_ref()?;
        self.0.get(&(found.package, fix.of_source)).map(|(_, version)| *version)
    }
}

#[cfg(test)]
mod tests {
    use limpid_model::KeyedVersion;

    use super::*;

    #[test]
    fn an_update_is_no_version_that_is_vulnerable_again() {
        let keyed = |version: u8| KeyedVersion {
            version: version.to_string().into(),
            key: Ok(Key::new(vec![version])),
        };
        let range = |from: u8, until: Option<u8>, end| KeyedRange {
            introduced: Some(keyed(from)),
            until: until.map(keyed),
            end,
        };
        let check = |ranges: &[KeyedRange], expected: &str| {
            let start = keyed(3);
            assert_eq!(
                beyond((&start.key.clone().unwrap(), &start.version), ranges).1,
                expected,
                "{ranges:?}"
            );
        };
        check(&[], "3");
        check(&[range(4, Some(5), RangeEnd::Fix)], "3");
        check(&[range(2, Some(5), RangeEnd::Fix)], "5");
        check(&[range(5, Some(7), RangeEnd::Fix), range(2, Some(5), RangeEnd::Fix)], "7");
        check(&[range(2, Some(5), RangeEnd::Last)], "3");
        check(&[range(2, None, RangeEnd::Fix)], "3");
    }
}
