use std::collections::BTreeMap;

use limpid_matching::Advisories;
use limpid_model::{Digest, KeyedRange, KeyedVersion, Statement};
use limpid_store::key::Writer;
use limpid_store::tables::inventory::{self, Inventory, Named};
use limpid_store::{Cursor, View};

use crate::Error;

/// A package in the inventory, under whichever of its names it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) diff_id: Digest,
    pub(super) component: Digest,
    number: u64,
}

/// Packages that may be affected: those of the names that are spoken of, with versions that are
/// stated to be vulnerable.
pub(super) fn candidates(
    view: &View<'_>,
    stated: &Advisories,
) -> Result<BTreeMap<Place, inventory::Row>, Error> {
    let mut wanted: BTreeMap<(&str, &str, Named), Versions<'_>> = BTreeMap::new();
    for (namespace, name) in stated.names() {
        let statements = stated.of_name(namespace, name).iter().flat_map(|stated| &stated.statements);
        for statement in statements.filter(|statement| statement.status.affects()) {
            let own = if statement.of_source { Named::Source } else { Named::Package };
            // A package of the distribution does not know of which: its context does.
            for namespace in [namespace, ""] {
                for named in [Named::Alike, own] {
                    wanted.entry((namespace, name, named)).or_default().add(statement);
                }
            }
        }
    }
    let mut rows = view.cursor();
    let mut candidates = BTreeMap::new();
    for (name, versions) in wanted {
        versions.find(&mut rows, name, &mut candidates)?;
    }
    Ok(candidates)
}

/// The versions of a name of which statements speak.
#[derive(Debug, Default)]
struct Versions<'a> {
    /// All of them, whether anybody can order them or not.
    all: bool,
    /// By the component that orders them, or of those that none does.
    parts: BTreeMap<Option<&'a Digest>, Vec<Part<'a>>>,
}

/// Versions that lie side by side, as keys. Where it ends exactly is for the judge to say: the last one
/// is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part<'a> {
    from: Option<&'a [u8]>,
    until: Option<&'a [u8]>,
}

impl<'a> Versions<'a> {
    fn add(&mut self, statement: &'a Statement) {
        // What holds for all versions holds for those that nobody can order, too.
        self.all |= statement.ranges.iter().any(|range| range.introduced.is_none() && range.until.is_none());
        // A version that is listed is known by its text, where it cannot be ordered.
        if !statement.versions.is_empty() {
            self.parts.insert(None, vec![Part { from: None, until: None }]);
        }
        let Some(component) = &statement.component else { return };
        let parts = self.parts.entry(Some(component)).or_default();
        // A range whose end cannot be ordered may have any.
        parts.extend(statement.ranges.iter().map(|range: &KeyedRange| Part {
            from: range.introduced.as_ref().and_then(key_of),
            until: range.until.as_ref().and_then(key_of),
        }));
        let listed = statement.versions.iter().filter_map(key_of);
        parts.extend(listed.map(|version| Part { from: Some(version), until: Some(version) }));
    }

    fn find(
        self,
        rows: &mut Cursor<'_, Inventory>,
        (namespace, name, named): (&str, &str, Named),
        found: &mut BTreeMap<Place, inventory::Row>,
    ) -> Result<(), Error> {
        let mut add = |(key, row): (inventory::Key, inventory::Row)| {
            found.insert(Place { diff_id: key.diff_id, component: key.component, number: key.place }, row);
        };
        if self.all {
            for row in rows.scan(|key| inventory::Key::of_name(key, namespace, name, named)) {
                add(row?);
            }
            return Ok(());
        }
        for (scheme, parts) in self.parts {
            for part in joined(parts) {
                let prefix = |key: &mut Writer| inventory::Key::prefix(key, namespace, name, named, scheme);
                let rows = rows.scan_from(prefix, |key| {
                    prefix(key);
                    if let Some(from) = part.from {
                        key.bytes(from);
                    }
                });
                for row in rows {
                    let row = row?;
                    if part.until.is_some_and(|until| row.0.version.as_slice() > until) {
                        break;
                    }
                    add(row);
                }
            }
        }
        Ok(())
    }
}

/// The same versions in parts that do not overlap: the releases of a distribution mostly say the same.
fn joined(mut parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    parts.sort_unstable_by_key(|part| part.from);
    let mut joined: Vec<Part<'_>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.until.is_none_or(|until| part.from.is_none_or(|from| from <= until)) => {
                last.until = last.until.zip(part.until).map(|(a, b)| a.max(b));
            }
            _ => joined.push(part),
        }
    }
    joined
}

fn key_of(keyed: &KeyedVersion) -> Option<&[u8]> {
    keyed.key.as_ref().ok().map(limpid_model::Key::as_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(parts: &[Part<'_>], key: &[u8]) -> bool {
        parts.iter().any(|part| {
            part.from.is_none_or(|from| from <= key) && part.until.is_none_or(|until| key <= until)
        })
    }

    proptest! {
        #[test]
        fn joined_parts_hold_the_same_and_do_not_overlap(
            ends in prop::collection::vec((any::<Option<u8>>(), any::<Option<u8>>()), 0..8),
        ) {
            let ends: Vec<_> = ends.into_iter().map(|(a, b)| (a.map(|a| [a]), b.map(|b| [b]))).collect();
            let parts: Vec<_> = ends
                .iter()
                .map(|(from, until)| Part {
                    from: from.as_ref().map(<[u8; 1]>::as_slice),
                    until: until.as_ref().map(<[u8; 1]>::as_slice),
                })
                .filter(|part| part.from.zip(part.until).is_none_or(|(from, until)| from <= until))
                .collect();
            let joined = joined(parts.clone());
            for key in 0..=u8::MAX {
                prop_assert_eq!(holds(&joined, &[key]), holds(&parts, &[key]));
                let times = joined.iter().filter(|part| holds(&[**part], &[key])).count();
                prop_assert!(times <= 1);
            }
        }
    }
}
