//! The rows of what one source states.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use limpid_model::{Advisory, Affected, Bound, KeyedRange, Range, RangeEnd, Statement};
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::known_as::{self, KnownAs};
use limpid_store::tables::stated::{self, Stated};
use limpid_store::{Batch, View};

use super::is_older;
use crate::Error;
use crate::history::Record;
use crate::ingest::aliases::Aliases;
use crate::ingest::records::PackedAdvisory;
use crate::notices::Changes;
use crate::stated::package_advisory;
use crate::versions::KnownKeys;

/// Fewer advisories are not worth a thread.
const LEAST: usize = 500;

/// Writes what one source states.
pub(super) struct RowsOf<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) record: &'a Record<'a>,
    /// Whether somebody may want to be told. What a source states first is news to nobody.
    pub(super) tells: bool,
}

impl RowsOf<'_> {
    /// What is stored of an advisory.
    pub(super) fn stored(&self, id: &str) -> Result<Option<Advisory>, Error> {
        let row = self.view.get::<Advisories>(&self.advisory(id))?;
        Ok(row.map(|row| row.into_advisory(id.to_owned())))
    }

    /// Writes advisories, in as many threads as there are processors.
    pub(super) fn put_all(
        &self,
        batch: &mut Batch,
        mut fresh: Vec<(String, PackedAdvisory)>,
        with: (&KnownKeys, &Aliases<'_>),
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let each = fresh.len().div_ceil(threads).max(LEAST);
        let gone = &changes.gone;
        let put = |advisories: Vec<(String, PackedAdvisory)>| -> Result<(Batch, Changes), Error> {
            let (mut batch, mut changes) = (Batch::default(), Changes::default());
            // Each is gone when it is written.
            for (id, packed) in advisories {
                self.put(&mut batch, id, &packed, with, (gone, &mut changes))?;
            }
            Ok((batch, changes))
        };
        let written: Vec<_> = thread::scope(|scope| {
            let mut others = Vec::new();
            while fresh.len() > each {
                let last = fresh.split_off(fresh.len() - each);
                others.push(scope.spawn(|| put(last)));
            }
            let own = put(fresh);
            let others = others.into_iter().rev().map(|it| it.join().unwrap_or_else(|it| resume_unwind(it)));
            std::iter::once(own).chain(others).collect()
        });
        for written in written {
            let (rows, stated) = written?;
            batch.append(rows);
            changes.append(stated);
        }
        Ok(())
    }

    /// Writes an advisory.
    fn put(
        &self,
        batch: &mut Batch,
        id: String,
        packed: &PackedAdvisory,
        (keys, aliases): (&KnownKeys, &Aliases<'_>),
        (gone, changes): (&BTreeSet<advisories::Key>, &mut Changes),
    ) -> Result<(), Error> {
        batch.put_packed::<Advisories>(&self.advisory(&id), &packed.row)?;
        batch.put::<Stated>(&self.stated(&id), &stated::Row { digest: packed.digest.into() })?;
        let advisory = packed.advisory(&id)?;
        self.record.names_now(batch, &advisory)?;
        let vulnerabilities = aliases.names(&advisory)?;
        let names = vulnerabilities.iter().map(String::as_str);
        for alias in identifiers(&advisory).into_iter().chain(names).collect::<BTreeSet<_>>() {
            batch.put::<KnownAs>(&self.known_as(&advisory.id, alias), &known_as::Row)?;
        }
        let mut by_package: BTreeMap<(&str, &str), Vec<Statement>> = BTreeMap::new();
        // What was taken back stays known, but affects nobody.
        let affected = if advisory.withdrawn.is_some() { &[][..] } else { &advisory.affected };
        for affected in affected {
            by_package
                .entry((&affected.namespace, &affected.name))
                .or_default()
                .push(statement(affected, keys));
        }
        let mut stated = Vec::new();
        for ((namespace, name), statements) in by_package {
            let key = self.affects(&advisory.id, namespace, name);
            let first_name = self.first_name(&key, &vulnerabilities, (gone, changes))?;
            let row = affects::Row::new(statements, vulnerabilities.clone()).first_called(first_name);
            batch.put::<Affects>(&key, &row)?;
            if self.tells {
                stated.push(package_advisory(key, row));
            }
        }
        if self.tells {
            changes.vulnerabilities.extend(vulnerabilities);
            changes.fresh.insert(self.advisory(&advisory.id), (advisory, stated));
        }
        Ok(())
    }

    /// The name that the vulnerability of an advisory had when it was first stated, where only its name has
    /// changed since: an identifier was assigned, or corrected.
    fn first_name(
        &self,
        key: &affects::Key,
        names: &[String],
        (gone, changes): (&BTreeSet<advisories::Key>, &mut Changes),
    ) -> Result<Option<String>, Error> {
        // What is new has always been called so.
        if !gone.contains(&self.advisory(&key.id)) {
            return Ok(None);
        }
        let Some(before) = self.view.get::<Affects>(key)? else { return Ok(None) };
        let [name] = names else { return Ok(None) };
        let first = before.first_name().map(str::to_owned);
        let before = match before.vulnerabilities() {
            [] => key.id.clone(),
            [before] => before.clone(),
            _ => return Ok(None),
        };
        if before != *name {
            changes.renamed.entry(before.clone()).or_default().insert(name.clone());
        }
        Ok(Some(first.unwrap_or(before)).filter(|first| first != name))
    }

    /// Writes under which name all publishers speak of the vulnerability of an advisory that some source
    /// states, where what the document says has changed that.
    pub(super) fn rename(
        &self,
        batch: &mut Batch,
        key: &advisories::Key,
        advisory: Advisory,
        names: &[String],
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let mut places = BTreeSet::new();
        for affected in &advisory.affected {
            places.insert(affects::Key {
                namespace: affected.namespace.clone(),
                name: affected.name.clone(),
                feed: key.feed.clone(),
                id: key.id.clone(),
                source: key.source.clone(),
            });
        }
        let mut stated = Vec::new();
        for place in places {
            let Some(row) = self.view.get::<Affects>(&place)? else { continue };
            let before = match row.vulnerabilities() {
                [] => vec![key.id.clone()],
                names => names.to_vec(),
            };
            if before == names {
                continue;
            }
            let known_as = |alias: &str| known_as::Key {
                alias: known_as::folded(alias),
                feed: key.feed.clone(),
                id: key.id.clone(),
                source: key.source.clone(),
            };
            let own = identifiers(&advisory);
            for name in before.iter().filter(|name| !own.contains(name.as_str())) {
                batch.delete::<KnownAs>(&known_as(name));
            }
            for name in names {
                batch.put::<KnownAs>(&known_as(name), &known_as::Row)?;
            }
            if let ([before], [name]) = (before.as_slice(), names) {
                changes.renamed.entry(before.clone()).or_default().insert(name.clone());
            }
            changes.vulnerabilities.extend(before.iter().chain(names).cloned());
            let first = row.first_name().map(str::to_owned).or_else(|| before.first().cloned());
            let first = first.filter(|first| names != [first.clone()]);
            let (statements, _) = row.into_parts();
            let row = affects::Row::new(statements, names.to_vec()).first_called(first);
            batch.put::<Affects>(&place, &row)?;
            stated.push(package_advisory(place, row));
        }
        if !stated.is_empty() {
            changes.gone.insert(key.clone());
            changes.fresh.insert(key.clone(), (advisory, stated));
        }
        Ok(())
    }

    /// Whether a record is at least as new as the one that was handed in by itself.
    pub(super) fn is_newer_than_alone(&self, id: &str, advisory: &Advisory) -> Result<bool, Error> {
        let key = advisories::Key { source: id.to_owned(), ..self.advisory(id) };
        let stored = self.view.get::<Advisories>(&key)?.map(|row| row.into_advisory(key.id));
        Ok(stored.is_some_and(|stored| {
            is_older(&stored, advisory).is_some() || stored.modified == advisory.modified
        }))
    }

    /// Why a record that is handed in by itself stays out: another source has a newer state of it.
    pub(super) fn is_older_than_elsewhere(&self, advisory: &Advisory) -> Result<Option<String>, Error> {
        let rows = self.view.scan::<Advisories>(|key| {
            key.text(self.record.feed).text(&advisory.id);
        });
        for row in rows {
            let (key, row) = row?;
            if key.source != self.record.source {
                let why = is_older(advisory, &row.into_advisory(key.id));
                if why.is_some() {
                    return Ok(why);
                }
            }
        }
        Ok(None)
    }

    /// Removes an advisory with all that follows of it.
    pub(super) fn remove(
        &self,
        batch: &mut Batch,
        id: &str,
        stored: Option<Advisory>,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        if let Some(advisory) = stored {
            let mut names = advisory.vulnerabilities();
            for affected in &advisory.affected {
                let key = self.affects(id, &affected.namespace, &affected.name);
                if let Some(row) = self.view.get::<Affects>(&key)? {
                    names.extend(row.vulnerabilities().iter().cloned());
                }
                batch.delete::<Affects>(&key);
            }
            let names: BTreeSet<_> = names.into_iter().collect();
            for alias in identifiers(&advisory).into_iter().chain(names.iter().map(String::as_str)) {
                batch.delete::<KnownAs>(&self.known_as(id, alias));
            }
            if self.tells {
                changes.vulnerabilities.extend(names);
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
            alias: known_as::folded(alias),
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

/// A version that is named as the last one, or as one of several, stands for all of its builds.
fn statement(affected: &Affected, keys: &KnownKeys) -> Statement {
    let keyed = |version: &String| keys.keyed(&affected.scheme, version);
    let ceiling = |version: &String| keys.ceiling(&affected.scheme, version);
    let range = |range: &Range| {
        let (until, end) = match &range.until {
            None => (None, RangeEnd::default()),
            Some(Bound::Excluding(version)) => (Some(keyed(version)), RangeEnd::Fix),
            Some(Bound::Including(version)) => (Some(ceiling(version)), RangeEnd::Last),
            Some(Bound::Limit(version)) => (Some(keyed(version)), RangeEnd::Limit),
        };
        KeyedRange { introduced: range.introduced.as_ref().map(keyed), until, end }
    };
    let mut statement = Statement {
        of_source: affected.source,
        scheme: affected.scheme.clone(),
        component: keys.component(&affected.scheme),
        status: affected.status,
        ranges: affected.ranges.iter().map(range).collect(),
        versions: affected.versions.iter().map(keyed).collect(),
        requires: affected.requires.clone(),
        ratings: affected.ratings.clone(),
        note: affected.note.clone(),
    };
    keys.add_builds(&mut statement);
    statement
}
