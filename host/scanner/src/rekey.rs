//! Ordering anew what was stored with another build of a scheme: keys of two builds have nothing
//! to say to each other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use limpid_model::{Digest, Fact, KeyedVersion, Package, PackageKeys, RangeEnd, Statement};
use limpid_runtime::Registry;
use limpid_store::table::Table;
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::history::{self, History};
use limpid_store::tables::marks::{self, Marks};
use limpid_store::{Batch, Store, View};

use crate::versions::{self, KnownKeys, Wanted};
use crate::writer::Writers;
use crate::{Error, Settings, inventory};

/// A row with keys of the schemes that are loaded; none where it has them.
type Rekeyed<'s, T> = fn(&Rekeying<'s>, &<T as Table>::Key, <T as Table>::Row) -> Option<<T as Table>::Row>;

/// Adds a row to a batch, with all that follows of it.
type WriteRow<T> = fn(&View<'_>, &mut Batch, &<T as Table>::Key, <T as Table>::Row) -> Result<(), Error>;

/// Says with which schemes all rows were keyed.
const MARK: &str = "schemes";

/// Rows rewritten under one lock.
const ROWS: usize = 1_000;

/// How often plugins have changed.
#[derive(Debug, Default)]
pub(crate) struct PluginChanges(Mutex<u64>);

/// Who orders anew: what it reads and writes, and the plugins that order versions by then.
#[derive(Clone, Copy)]
pub(crate) struct Rekeying<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) registry: &'s Registry,
    pub(crate) settings: &'s Settings,
    pub(crate) changes: &'s PluginChanges,
}

impl PluginChanges {
    fn lock(&self) -> MutexGuard<'_, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'s> Rekeying<'s> {
    /// Computes again the keys of versions whose scheme's component is not the one that is loaded.
    pub(crate) fn rekey(&self) -> Result<(), Error> {
        let changes = *self.changes.lock();
        let components = self.schemes();
        let known = self.store.view().get::<Marks>(&MARK.to_owned())?.map(marks::Row::into_components);
        if known.as_ref() == Some(&components) {
            return Ok(());
        }
        // Where this is broken off, nobody relies on what it was to do.
        self.set_mark(None)?;
        let findings = self.stale::<Findings>(Self::rekeyed_findings)?;
        let statements = self.stale::<Affects>(Self::rekeyed_statements)?;
        let past = self.stale::<History>(Self::rekeyed_past)?;
        self.rewrite::<Findings>(&findings, Self::rekeyed_findings, write_findings)?;
        self.rewrite::<Affects>(&statements, Self::rekeyed_statements, write_statements)?;
        self.rewrite::<History>(&past, Self::rekeyed_past, write_past)?;
        self.vouch_for_keys(changes, components)?;
        let rewritten = findings.len() + statements.len() + past.len();
        if rewritten > 0 {
            tracing::info!(rewritten, "ordered versions anew: the plugins of their schemes have changed");
        }
        Ok(())
    }

    /// The components of all schemes that are loaded, sorted.
    fn schemes(&self) -> Vec<Digest> {
        let mut components: Vec<_> =
            self.registry.snapshot().schemes().map(|scheme| scheme.plugin().digest).collect();
        components.sort_unstable();
        components
    }

    /// Before plugins change: from now on rows may be written with the keys of a scheme that is gone
    /// again before anybody has looked, so that which are loaded does not tell which keys are there.
    pub(crate) fn doubt_keys(&self) -> Result<(), Error> {
        let mut changes = self.changes.lock();
        *changes += 1;
        match self.store.view().get::<Marks>(&MARK.to_owned())? {
            Some(_) => self.set_mark(None),
            None => Ok(()),
        }
    }

    /// Says that all rows have keys of these components, unless plugins have changed meanwhile.
    fn vouch_for_keys(&self, changes: u64, components: Vec<Digest>) -> Result<(), Error> {
        let now = self.changes.lock();
        if *now != changes || self.schemes() != components {
            return Ok(());
        }
        self.set_mark(Some(components))
    }

    fn set_mark(&self, components: Option<Vec<Digest>>) -> Result<(), Error> {
        let (mut batch, mark) = (Batch::default(), MARK.to_owned());
        match components {
            Some(components) => batch.put::<Marks>(&mark, &marks::Row::new(components))?,
            None => batch.delete::<Marks>(&mark),
        }
        Ok(self.store.commit(batch)?)
    }

    /// Rows with keys of a component that is not loaded. Whoever writes rows computes their keys
    /// under the same locks, so that what is written later has keys of the one that is.
    fn stale<T: Table>(&self, rekeyed: Rekeyed<'s, T>) -> Result<Vec<T::Key>, Error> {
        let view = {
            let writer = self.writers.all();
            writer.view()
        };
        let mut stale = Vec::new();
        for row in view.scan::<T>(|_| ()) {
            let (key, row) = row?;
            if rekeyed(self, &key, row).is_some() {
                stale.push(key);
            }
        }
        Ok(stale)
    }

    /// Writes rows anew, some at a time, as they are by now.
    fn rewrite<T: Table>(
        &self,
        keys: &[T::Key],
        rekeyed: Rekeyed<'s, T>,
        write: WriteRow<T>,
    ) -> Result<(), Error> {
        for keys in keys.chunks(ROWS) {
            let writer = self.writers.all();
            let mut batch = Batch::default();
            let view = writer.view();
            for (key, row) in keys.iter().zip(view.multi_get::<T>(keys)?) {
                if let Some(row) = row.and_then(|row| rekeyed(self, key, row)) {
                    write(&view, &mut batch, key, row)?;
                }
            }
            writer.commit(batch)?;
        }
        Ok(())
    }

    fn loaded(&self, scheme: &str) -> Option<Digest> {
        self.registry.snapshot().scheme(scheme).map(|scheme| scheme.plugin().digest)
    }

    fn rekeyed_findings(&self, key: &findings::Key, row: findings::Row) -> Option<findings::Row> {
        let (plugin, found, keys) = row.into_parts();
        let packages = || {
            found.findings.iter().filter_map(|finding| match &finding.fact {
                Fact::Package(package) => Some(&**package),
                _ => None,
            })
        };
        let stale = |(package, keys): (&Package, &PackageKeys)| self.loaded(&package.scheme) != keys.scheme;
        if !packages().zip(&keys).any(stale) {
            return None;
        }
        let keys = versions::package_keys(
            &self.registry.snapshot(),
            self.settings.versions_a_call,
            &format!("layer {}", key.diff_id),
            packages(),
        );
        Some(findings::Row::new(plugin, found, keys))
    }

    fn rekeyed_statements(&self, key: &affects::Key, row: affects::Row) -> Option<affects::Row> {
        self.rekeyed(&key.id, row)
    }

    /// What an advisory stated before it changed is compared like what it says now.
    fn rekeyed_past(&self, key: &history::Key, row: history::Row) -> Option<history::Row> {
        let history::Row::Advisory(advisory, mut stated) = row else { return None };
        let mut is_stale = false;
        for (.., row) in &mut stated {
            if let Some(rekeyed) = self.rekeyed(&key.id, row.clone()) {
                (*row, is_stale) = (rekeyed, true);
            }
        }
        is_stale.then_some(history::Row::Advisory(advisory, stated))
    }

    /// What an advisory says of a package.
    fn rekeyed(&self, advisory: &str, row: affects::Row) -> Option<affects::Row> {
        let first_name = row.first_name().map(str::to_owned);
        let (mut statements, vulnerabilities) = row.into_parts();
        if statements.iter().all(|statement| self.loaded(&statement.scheme) == statement.component) {
            return None;
        }
        let mut wanted = Wanted::of(format!("advisory {advisory}"));
        for statement in &statements {
            for keyed in versions_of(statement) {
                wanted.add_with_builds(&statement.scheme, &keyed.version);
            }
        }
        let keys = versions::keys(&self.registry.snapshot(), wanted, self.settings.versions_a_call);
        for statement in &mut statements {
            statement.component = keys.component(&statement.scheme);
            let scheme = statement.scheme.clone();
            for range in &mut statement.ranges {
                if let Some(introduced) = &mut range.introduced {
                    *introduced = keys.keyed(&scheme, &introduced.version);
                }
                if let Some(until) = &mut range.until {
                    let of = if range.end == RangeEnd::Last { KnownKeys::ceiling } else { KnownKeys::keyed };
                    *until = of(&keys, &scheme, &until.version);
                }
            }
            for listed in &mut statement.versions {
                *listed = keys.keyed(&scheme, &listed.version);
            }
            keys.add_builds(statement);
        }
        Some(affects::Row::new(statements, vulnerabilities).first_called(first_name))
    }
}

fn write_findings(
    view: &View<'_>,
    batch: &mut Batch,
    key: &findings::Key,
    row: findings::Row,
) -> Result<(), Error> {
    inventory::put_findings(view, batch, &key.diff_id, vec![(key.component, row)])
}

fn write_statements(
    _view: &View<'_>,
    batch: &mut Batch,
    key: &affects::Key,
    row: affects::Row,
) -> Result<(), Error> {
    Ok(batch.put::<Affects>(key, &row)?)
}

fn write_past(
    _view: &View<'_>,
    batch: &mut Batch,
    key: &history::Key,
    row: history::Row,
) -> Result<(), Error> {
    Ok(batch.put::<History>(key, &row)?)
}

fn versions_of(statement: &Statement) -> impl Iterator<Item = &KeyedVersion> {
    let ends = statement.ranges.iter().flat_map(|range| [&range.introduced, &range.until]);
    ends.flatten().chain(&statement.versions)
}

#[cfg(test)]
mod tests;
