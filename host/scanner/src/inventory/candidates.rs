use std::collections::BTreeMap;
use std::ops::ControlFlow;

use limpid_matching::Advisories;
use limpid_model::{Digest, KeyedRange, KeyedVersion, Statement};
use limpid_store::key::Writer;
use limpid_store::tables::inventory::{self, Inventory, Named};
use limpid_store::{Cursor, View};

use super::rows::{Go, Part, Place, Rows, stretch};
use crate::Error;

/// Packages that may be affected: those of the names that are spoken of, with versions that are
/// stated to be vulnerable.
#[derive(Debug)]
pub(crate) struct Candidates<'a>(BTreeMap<(&'a str, &'a str, Named), Versions<'a>>);

impl<'a> Candidates<'a> {
    pub(crate) fn of(stated: &'a Advisories) -> Self {
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
        wanted.values_mut().for_each(Versions::join);
        Self(wanted)
    }

    /// All of them.
    pub(super) fn all(&self, view: &View<'_>) -> Result<BTreeMap<Place, inventory::Row>, Error> {
        let mut candidates = BTreeMap::new();
        self.visit(view, None, |key, row| {
            candidates.insert(Place::of(&key), row);
            Ok(Go::On)
        })?;
        Ok(candidates)
    }
}

impl Rows for Candidates<'_> {
    fn visit(
        &self,
        view: &View<'_>,
        from: Option<&inventory::Key>,
        mut visit: impl FnMut(inventory::Key, inventory::Row) -> Result<Go, Error>,
    ) -> Result<(), Error> {
        let mut rows = view.cursor();
        for (name, versions) in &self.0 {
            if versions.visit(&mut rows, *name, from, &mut visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn has(&self, key: &inventory::Key) -> bool {
        let versions = self.0.get(&(key.namespace.as_str(), key.name.as_str(), key.named));
        versions.is_some_and(|versions| versions.has(key))
    }
}

/// The versions of a name of which statements speak.
#[derive(Debug, Default)]
struct Versions<'a> {
    /// All of them, whether anybody can order them or not.
    all: bool,
    /// By the component that orders them, or of those that none does.
    parts: BTreeMap<Option<&'a Digest>, Vec<Part<'a>>>,
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

    /// Leaves parts that do not overlap, in order.
    fn join(&mut self) {
        for parts in self.parts.values_mut() {
            *parts = joined(std::mem::take(parts));
        }
    }

    fn has(&self, key: &inventory::Key) -> bool {
        let parts = || self.parts.get(&key.scheme.as_ref()).into_iter().flatten();
        self.all || parts().any(|part| part.has(&key.version))
    }

    fn visit(
        &self,
        rows: &mut Cursor<'_, Inventory>,
        (namespace, name, named): (&str, &str, Named),
        from: Option<&inventory::Key>,
        visit: &mut impl FnMut(inventory::Key, inventory::Row) -> Result<Go, Error>,
    ) -> Result<ControlFlow<()>, Error> {
        if self.all {
            return stretch(
                rows,
                from,
                None,
                |key| inventory::Key::of_name(key, namespace, name, named),
                visit,
            );
        }
        for (scheme, parts) in &self.parts {
            for part in parts {
                let prefix = |key: &mut Writer| inventory::Key::prefix(key, namespace, name, named, *scheme);
                if stretch(rows, from, Some(*part), prefix, visit)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
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
                prop_assert_eq!(joined.iter().any(|part| part.has(&[key])), parts.iter().any(|part| part.has(&[key])));
                let times = joined.iter().filter(|part| part.has(&[key])).count();
                prop_assert!(times <= 1);
            }
        }
    }
}
