use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::{Advisory, Affected, Bound, Digest, Range};
use limpid_runtime::{Mode, Source};
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::affects::{self, Affects, KeyedRange, Statement};
use limpid_store::tables::known_as::{self, KnownAs};
use limpid_store::tables::sources::{self, Sources};
use limpid_store::tables::stated::{self, Stated};
use limpid_store::{Batch, Packed, View};

use crate::history::Record;
use crate::matching::Said;
use crate::notices::Changes;
use crate::versions::{KnownKeys, Wanted};
use crate::{Error, Scanner};

/// What a document changes in what its source stated before.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// How many advisories the document states.
    pub(super) stated: u64,
    /// How many its source states now.
    pub(super) held: u64,
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) withdrawn: u64,
    /// Of which namespaces its source speaks now.
    pub(super) namespaces: BTreeSet<String>,
    /// What changes, as far as somebody may want to be told.
    pub(super) changes: Changes,
}

impl Difference {
    pub(super) const fn any(&self) -> bool {
        self.added + self.changed + self.withdrawn > 0
    }

    /// Holds what a document states against what its source stated before, and adds to the batch
    /// only what differs.
    pub(super) fn write(
        scanner: &Scanner,
        view: &View<'_>,
        batch: &mut Batch,
        (record, source): (&Record<'_>, &Source),
        advisories: BTreeMap<String, Advisory>,
        withdrawn: &BTreeSet<String>,
    ) -> Result<Self, Error> {
        let feed = record.feed;
        let mut before = stated_before(view, feed, &source.name)?;
        let held = before.len() as u64;
        let mut difference = Self { stated: advisories.len() as u64, ..Self::default() };
        if source.mode == Mode::Delta {
            difference.namespaces.extend(namespaces_before(view, feed, &source.name)?);
        }
        let tells = held > 0;
        let writer = Writer { view, record, tells };
        let mut wanted = Wanted::of(&source.name);
        let mut fresh = Vec::new();
        for (id, advisory) in advisories {
            difference.namespaces.extend(advisory.affected.iter().map(|a| a.namespace.clone()));
            let row = advisories::Row::from(advisory);
            let packed = Packed::new(&row)?;
            let digest = packed.digest();
            let known = before.remove(&id);
            if known != Some(digest) {
                record.advisory(view, batch, &id)?;
            }
            match known {
                Some(said) if said == digest => continue,
                Some(_) => {
                    difference.changed += 1;
                    writer.remove(batch, &id, &mut difference.changes)?;
                }
                None => difference.added += 1,
            }
            let advisory = row.into_advisory(id);
            want(&mut wanted, &advisory);
            fresh.push((advisory.id, packed));
        }
        let keys = scanner.keys_of(wanted);
        for (id, packed) in fresh {
            writer.put(batch, id, &packed, &keys, &mut difference.changes)?;
        }
        for id in before.into_keys() {
            if source.mode == Mode::Whole || withdrawn.contains(&id) {
                difference.withdrawn += 1;
                record.advisory(view, batch, &id)?;
                writer.remove(batch, &id, &mut difference.changes)?;
            }
        }
        difference.held = (held + difference.added).saturating_sub(difference.withdrawn);
        Ok(difference)
    }
}

fn namespaces_before(view: &View<'_>, feed: &str, source: &str) -> Result<Vec<String>, Error> {
    let key = sources::Key { feed: feed.to_owned(), source: source.to_owned() };
    Ok(view.get::<Sources>(&key)?.map(|row| row.namespaces).unwrap_or_default())
}

fn stated_before(view: &View<'_>, feed: &str, source: &str) -> Result<HashMap<String, Digest>, Error> {
    let rows = view.scan::<Stated>(|key| {
        key.text(feed).text(source);
    });
    rows.map(|row| row.map(|(key, row)| (key.id, row.digest.into())).map_err(Error::from)).collect()
}

/// Adds all versions that an advisory names.
fn want(wanted: &mut Wanted, advisory: &Advisory) {
    for affected in &advisory.affected {
        let ends = affected.ranges.iter().flat_map(|range| {
            let until = range.until.as_ref().map(|bound| match bound {
                Bound::Excluding(version) | Bound::Including(version) => version,
            });
            [range.introduced.as_ref(), until]
        });
        for version in ends.flatten().chain(&affected.versions) {
            wanted.add(&affected.scheme, version);
        }
    }
}

/// Writes what one source states.
struct Writer<'a> {
    view: &'a View<'a>,
    record: &'a Record<'a>,
    /// Whether somebody may want to be told. What a source states first is news to nobody.
    tells: bool,
}

impl Writer<'_> {
    fn put(
        &self,
        batch: &mut Batch,
        id: String,
        row: &Packed<Advisories>,
        keys: &KnownKeys,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        batch.put_packed::<Advisories>(&self.advisory(&id), row)?;
        batch.put::<Stated>(&self.stated(&id), &stated::Row { digest: row.digest().into() })?;
        let advisory = row.unpack()?.into_advisory(id);
        for alias in identifiers(&advisory) {
            batch.put::<KnownAs>(&self.known_as(&advisory.id, alias), &known_as::Row)?;
        }
        let vulnerabilities = advisory.vulnerabilities();
        let mut by_package: BTreeMap<(&str, &str), Vec<Statement>> = BTreeMap::new();
        // What was taken back stays known, but concerns nobody.
        let affected = if advisory.withdrawn.is_some() { &[][..] } else { &advisory.affected };
        for affected in affected {
            by_package
                .entry((&affected.namespace, &affected.name))
                .or_default()
                .push(statement(affected, keys));
        }
        let mut said = Vec::new();
        for ((namespace, name), statements) in by_package {
            let key = self.affects(&advisory.id, namespace, name);
            let row = affects::Row::new(statements, vulnerabilities.clone());
            batch.put::<Affects>(&key, &row)?;
            if self.tells {
                said.push(Said::new(key, row));
            }
        }
        if self.tells {
            changes.vulnerabilities.extend(vulnerabilities);
            changes.fresh.insert(self.advisory(&advisory.id), (advisory, said));
        }
        Ok(())
    }

    /// Removes an advisory with all that follows of it.
    fn remove(&self, batch: &mut Batch, id: &str, changes: &mut Changes) -> Result<(), Error> {
        if let Some(row) = self.view.get::<Advisories>(&self.advisory(id))? {
            let advisory = row.into_advisory(id.to_owned());
            for alias in identifiers(&advisory) {
                batch.delete::<KnownAs>(&self.known_as(id, alias));
            }
            for affected in &advisory.affected {
                batch.delete::<Affects>(&self.affects(id, &affected.namespace, &affected.name));
            }
            if self.tells {
                changes.vulnerabilities.extend(advisory.vulnerabilities());
                changes.gone.insert(self.advisory(id));
            }
        }
        batch.delete::<Advisories>(&self.advisory(id));
        batch.delete::<Stated>(&self.stated(id));
        Ok(())
    }

    fn advisory(&self, id: &str) -> advisories::Key {
        advisories::Key {
            feed: self.record.feed.to_owned(),
            id: id.to_owned(),
            source: self.record.source.to_owned(),
        }
    }

    fn stated(&self, id: &str) -> stated::Key {
        stated::Key {
            feed: self.record.feed.to_owned(),
            source: self.record.source.to_owned(),
            id: id.to_owned(),
        }
    }

    fn known_as(&self, id: &str, alias: &str) -> known_as::Key {
        known_as::Key {
            alias: alias.to_owned(),
            feed: self.record.feed.to_owned(),
            id: id.to_owned(),
            source: self.record.source.to_owned(),
        }
    }

    fn affects(&self, id: &str, namespace: &str, name: &str) -> affects::Key {
        affects::Key {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            feed: self.record.feed.to_owned(),
            id: id.to_owned(),
            source: self.record.source.to_owned(),
        }
    }
}

/// All identifiers under which an advisory is found.
fn identifiers(advisory: &Advisory) -> BTreeSet<&str> {
    std::iter::once(&advisory.id).chain(&advisory.aliases).map(String::as_str).collect()
}

fn statement(affected: &Affected, keys: &KnownKeys) -> Statement {
    let keyed = |version: &String| keys.keyed(&affected.scheme, version);
    let range = |range: &Range| {
        let (until, inclusive) = match &range.until {
            None => (None, false),
            Some(Bound::Excluding(version)) => (Some(keyed(version)), false),
            Some(Bound::Including(version)) => (Some(keyed(version)), true),
        };
        KeyedRange { introduced: range.introduced.as_ref().map(keyed), until, inclusive }
    };
    Statement {
        of_source: affected.source,
        scheme: affected.scheme.clone(),
        component: keys.component(&affected.scheme),
        status: affected.status,
        ranges: affected.ranges.iter().map(range).collect(),
        versions: affected.versions.iter().map(keyed).collect(),
        requires: affected.requires.clone(),
        ratings: affected.ratings.clone(),
        note: affected.note.clone(),
    }
}

#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod tests;
