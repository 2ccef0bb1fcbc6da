use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::{Advisory, Affected, Bound, Digest, KeyedRange, Range, RangeEnd, Statement};
use limpid_runtime::{Mode, Source};
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::known_as::{self, KnownAs};
use limpid_store::tables::sources::{self, Spoken};
use limpid_store::tables::stated::{self, Stated};
use limpid_store::{Batch, Packed, View};

use super::aliases::Aliases;
use super::silence::{Count, Guard, Silence, count};
use crate::Error;
use crate::history::Record;
use crate::ingest::Ingest;
use crate::notices::Changes;
use crate::stated::package_advisory;
use crate::versions;
use crate::versions::{KnownKeys, Wanted};

/// What a document changes in what its source stated before.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// How many advisories the document states.
    pub(super) stated: u64,
    /// How many its source states now.
    pub(super) stored: u64,
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) withdrawn: u64,
    /// Of which namespaces its source speaks now.
    pub(super) namespaces: BTreeSet<String>,
    /// How much it says of them.
    pub(super) spoken: Vec<Spoken>,
    /// Namespaces of which its publisher has stopped speaking with this document.
    pub(super) fell_silent: Vec<String>,
    /// Sources that are a single record, of which the document has a newer state.
    pub(super) overtaken: Vec<String>,
    /// Records that are older than what is stored of them, and stay out, with the reason.
    pub(super) stale: Vec<(String, String)>,
    /// What changes, as far as somebody may want to be told.
    pub(super) changes: Changes,
}

/// What a document is compared with, besides what its source stated before.
pub(super) struct Terms<'a> {
    pub(super) source: &'a Source,
    /// What is known of its source.
    pub(super) before: Option<&'a sources::Row>,
    pub(super) guard: Guard,
    /// In milliseconds since 1970.
    pub(super) now: u64,
    /// The percentage of what was stated that must still be stated.
    pub(super) least: u64,
    /// Advisories that it takes back by their identifiers.
    pub(super) withdrawn: &'a BTreeSet<String>,
    /// Other sources of its feed. One that is named as a record is that record, handed in by itself.
    pub(super) others: BTreeSet<String>,
}

impl Difference {
    pub(super) const fn any(&self) -> bool {
        self.added + self.changed + self.withdrawn > 0
    }

    /// Holds what a document states against what its source stated before, and adds to the batch
    /// only what differs.
    ///
    /// Where its publisher has stopped speaking of a namespace, what was stated of that stays.
    ///
    /// # Errors
    /// [`Error::Shrunk`] where it states next to nothing of what was stated.
    pub(super) fn write(
        ingest: Ingest<'_>,
        view: &View<'_>,
        batch: &mut Batch,
        record: &Record<'_>,
        advisories: BTreeMap<String, Advisory>,
        terms: &Terms<'_>,
    ) -> Result<Self, Error> {
        let Terms { source, before: known_source, guard, now, least, withdrawn, others } = terms;
        let mut before = stated_before(view, record.feed, &source.name)?;
        let stored = before.len() as u64;
        let is_whole = source.mode == Mode::Whole;
        let mut this = Self { stated: advisories.len() as u64, ..Self::default() };
        let mut silence = Silence::default();
        if is_whole {
            let counts = count(advisories.values());
            silence = Silence::new(&source.name, *known_source, counts, *guard, (*now, *least))?;
        }
        let mut moved = Moved::default();
        let writer = RowsOf { view, record, tells: stored > 0 };
        let mut aliases = Aliases::new(view, record.feed, &source.name);
        let mut wanted = Wanted::of(&source.name);
        let mut fresh = Vec::new();
        for (id, advisory) in advisories {
            if others.contains(&id) && writer.is_newer_than_alone(&id, &advisory)? {
                this.overtaken.push(id.clone());
            }
            if source.name == id
                && *guard == Guard::Checked
                && let Some(why) = writer.is_older_than_elsewhere(&advisory)?
            {
                this.stale.push((id, why));
                continue;
            }
            let row = advisories::Row::from(advisory);
            let mut packed = Packed::new(&row)?;
            let digest = packed.digest();
            let known = before.remove(&id);
            if known == Some(digest) && !silence.resumed {
                continue;
            }
            let mut advisory = row.into_advisory(id.clone());
            // What was kept of a namespace that is spoken of again goes.
            if known == Some(digest) && writer.stored(&id)?.is_none_or(|stored| stored == advisory) {
                continue;
            }
            if known.is_some() {
                let stored = writer.stored(&id)?;
                if let Some(stored) = &stored {
                    if *guard == Guard::Checked
                        && let Some(why) = is_older(&advisory, stored)
                    {
                        this.stale.push((id, why));
                        continue;
                    }
                    if keep_silent(&mut advisory, stored, &silence.silent) {
                        packed = Packed::new(&advisories::Row::from(advisory.clone()))?;
                    }
                    moved.take(stored);
                    aliases.remove(stored);
                }
                record.advisory(view, batch, &id)?;
                this.changed += 1;
                writer.remove(batch, &id, stored, &mut this.changes)?;
            } else {
                record.advisory(view, batch, &id)?;
                this.added += 1;
            }
            moved.put(&advisory);
            aliases.put(&advisory);
            want(&mut wanted, &advisory);
            fresh.push((advisory.id, packed, digest));
        }
        for id in before.into_keys() {
            let is_withdrawn = withdrawn.contains(&id);
            if !is_whole && !is_withdrawn {
                continue;
            }
            let stored = writer.stored(&id)?;
            if let Some(stored) = stored.as_ref().filter(|_| !is_withdrawn) {
                let mut rest = stored.clone();
                rest.affected.retain(|affected| silence.silent.contains(&affected.namespace));
                if !rest.affected.is_empty() {
                    if rest.affected.len() < stored.affected.len() {
                        record.advisory(view, batch, &id)?;
                        this.changed += 1;
                        aliases.remove(stored);
                        aliases.put(&rest);
                        writer.remove(batch, &id, Some(stored.clone()), &mut this.changes)?;
                        let packed = Packed::new(&advisories::Row::from(rest.clone()))?;
                        let digest = packed.digest();
                        want(&mut wanted, &rest);
                        fresh.push((rest.id, packed, digest));
                    }
                    continue;
                }
            }
            record.advisory(view, batch, &id)?;
            this.withdrawn += 1;
            if let Some(stored) = &stored {
                moved.take(stored);
                aliases.remove(stored);
            }
            writer.remove(batch, &id, stored, &mut this.changes)?;
        }
        let keys = versions::keys(&ingest.registry.snapshot(), wanted, ingest.settings.versions_a_call);
        for (id, packed, digest) in fresh {
            writer.put(batch, id, (&packed, digest), (&keys, &aliases), &mut this.changes)?;
        }
        for (key, advisory) in aliases.others()? {
            let names = aliases.names(&advisory)?;
            writer.rename(batch, &key, advisory, &names, &mut this.changes)?;
        }
        this.stored = (stored + this.added).saturating_sub(this.withdrawn);
        this.spoken = if is_whole { silence.spoken } else { moved.spoken(*known_source, *now) };
        this.namespaces = this.spoken.iter().map(|spoken| spoken.namespace.clone()).collect();
        if let Some(known) = known_source.filter(|_| !is_whole) {
            this.namespaces.extend(known.namespaces.iter().cloned());
        }
        this.fell_silent = silence.fell_silent;
        Ok(this)
    }
}

/// Adds to an advisory what was stated of namespaces of which its publisher has stopped speaking.
/// Returns whether that was anything.
fn keep_silent(advisory: &mut Advisory, stored: &Advisory, silent: &BTreeSet<String>) -> bool {
    if silent.is_empty() || advisory.withdrawn.is_some() {
        return false;
    }
    let before = advisory.affected.len();
    for affected in stored.affected.iter().filter(|affected| silent.contains(&affected.namespace)) {
        let same = |known: &Affected| known.namespace == affected.namespace && known.name == affected.name;
        if !advisory.affected.iter().take(before).any(same) {
            advisory.affected.push(affected.clone());
        }
    }
    advisory.affected.len() > before
}

/// Why a record does not take the place of the one that is stored: it is an earlier state of the same.
fn is_older(advisory: &Advisory, stored: &Advisory) -> Option<String> {
    let time = |text: &Option<String>| text.as_deref()?.parse::<jiff::Timestamp>().ok();
    let (modified, known) = (time(&advisory.modified)?, time(&stored.modified)?);
    (modified < known).then(|| {
        format!(
            "it is of {modified}, and what is stored of it of {known}: its publisher's mirror may lag behind"
        )
    })
}

/// What changes stated more and less of namespaces.
#[derive(Default)]
struct Moved {
    gone: BTreeMap<String, Count>,
    come: BTreeMap<String, Count>,
}

impl Moved {
    fn take(&mut self, advisory: &Advisory) {
        add(&mut self.gone, advisory);
    }

    fn put(&mut self, advisory: &Advisory) {
        add(&mut self.come, advisory);
    }

    /// How much is stated of namespaces once this is so.
    fn spoken(self, before: Option<&sources::Row>, now: u64) -> Vec<Spoken> {
        let before = before.map_or(&[][..], |row| &row.spoken);
        let mut spoken: BTreeMap<String, Spoken> =
            before.iter().map(|spoken| (spoken.namespace.clone(), spoken.clone())).collect();
        for (namespace, count) in self.come {
            let known = spoken.entry(namespace.clone()).or_insert_with(|| Spoken {
                namespace,
                records: 0,
                statements: 0,
                last_stated: now,
                silent_since: None,
            });
            known.records += count.records;
            known.statements += count.statements;
            (known.last_stated, known.silent_since) = (now, None);
        }
        for (namespace, count) in self.gone {
            if let Some(known) = spoken.get_mut(&namespace) {
                known.records = known.records.saturating_sub(count.records);
                known.statements = known.statements.saturating_sub(count.statements);
            }
        }
        spoken.into_values().filter(|spoken| spoken.records > 0).collect()
    }
}

fn add(counts: &mut BTreeMap<String, Count>, advisory: &Advisory) {
    for (namespace, count) in count(std::iter::once(advisory)) {
        let known = counts.entry(namespace).or_default();
        known.records += count.records;
        known.statements += count.statements;
    }
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
        for range in &affected.ranges {
            if let Some(introduced) = &range.introduced {
                wanted.add(&affected.scheme, introduced);
            }
            match &range.until {
                Some(Bound::Excluding(version) | Bound::Limit(version)) => {
                    wanted.add(&affected.scheme, version)
                }
                Some(Bound::Including(version)) => wanted.add_with_builds(&affected.scheme, version),
                None => {}
            }
        }
        for version in &affected.versions {
            wanted.add_with_builds(&affected.scheme, version);
        }
    }
}

/// Writes what one source states.
struct RowsOf<'a> {
    view: &'a View<'a>,
    record: &'a Record<'a>,
    /// Whether somebody may want to be told. What a source states first is news to nobody.
    tells: bool,
}

impl RowsOf<'_> {
    /// What is stored of an advisory.
    fn stored(&self, id: &str) -> Result<Option<Advisory>, Error> {
        let row = self.view.get::<Advisories>(&self.advisory(id))?;
        Ok(row.map(|row| row.into_advisory(id.to_owned())))
    }

    /// Writes an advisory; the digest is that of what its document says.
    fn put(
        &self,
        batch: &mut Batch,
        id: String,
        (row, digest): (&Packed<Advisories>, Digest),
        (keys, aliases): (&KnownKeys, &Aliases<'_>),
        changes: &mut Changes,
    ) -> Result<(), Error> {
        batch.put_packed::<Advisories>(&self.advisory(&id), row)?;
        batch.put::<Stated>(&self.stated(&id), &stated::Row { digest: digest.into() })?;
        let advisory = row.unpack()?.into_advisory(id);
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
            let first_name = self.first_name(&key, &vulnerabilities, changes)?;
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
        changes: &mut Changes,
    ) -> Result<Option<String>, Error> {
        // What is new has always been called so.
        if !changes.gone.contains(&self.advisory(&key.id)) {
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
    fn rename(
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
    fn is_newer_than_alone(&self, id: &str, advisory: &Advisory) -> Result<bool, Error> {
        let key = advisories::Key { source: id.to_owned(), ..self.advisory(id) };
        let stored = self.view.get::<Advisories>(&key)?.map(|row| row.into_advisory(key.id));
        Ok(stored.is_some_and(|stored| {
            is_older(&stored, advisory).is_some() || stored.modified == advisory.modified
        }))
    }

    /// Why a record that is handed in by itself stays out: another source has a newer state of it.
    fn is_older_than_elsewhere(&self, advisory: &Advisory) -> Result<Option<String>, Error> {
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
    fn remove(
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

#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod tests;
