mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::{Advisory, Affected, Bound, Digest};
use limpid_runtime::{Mode, Source};
use limpid_store::tables::sources::{self, Spoken};
use limpid_store::tables::stated::Stated;
use limpid_store::{Batch, View};

use super::aliases::Aliases;
use super::records::{AdvisorySet, PackedAdvisory};
use super::silence::{Counts, Guard, Silence};
use crate::Error;
use crate::history::Record;
use crate::ingest::Ingest;
use crate::notices::Changes;
use crate::versions;
use crate::versions::Wanted;
use rows::RowsOf;

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
        stated: AdvisorySet,
        terms: &Terms<'_>,
    ) -> Result<Self, Error> {
        let Terms { source, before: known_source, guard, now, least, withdrawn, others } = terms;
        let mut before = stated_before(view, record.feed, &source.name)?;
        let stored = before.len() as u64;
        let is_whole = source.mode == Mode::Whole;
        let AdvisorySet { advisories, counts } = stated;
        let mut this = Self { stated: advisories.len() as u64, ..Self::default() };
        let mut silence = Silence::default();
        if is_whole {
            silence = Silence::new(&source.name, *known_source, counts, *guard, (*now, *least))?;
        }
        let mut moved = Moved::default();
        let writer = RowsOf { view, record, tells: stored > 0 };
        let mut aliases = Aliases::new(view, record.feed, &source.name);
        let mut wanted = Wanted::of(&source.name);
        let mut fresh = Vec::new();
        for (id, mut packed) in advisories {
            let digest = packed.digest;
            if others.contains(&id) && writer.is_newer_than_alone(&id, &packed.advisory(&id)?)? {
                this.overtaken.push(id.clone());
            }
            if source.name == id
                && *guard == Guard::Checked
                && let Some(why) = writer.is_older_than_elsewhere(&packed.advisory(&id)?)?
            {
                this.stale.push((id, why));
                continue;
            }
            let known = before.remove(&id);
            if known == Some(digest) && !silence.resumed {
                continue;
            }
            let mut advisory = packed.advisory(&id)?;
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
                        packed.row = PackedAdvisory::new(advisory.clone())?.row;
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
            fresh.push((id, packed));
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
                        want(&mut wanted, &rest);
                        fresh.push((id, PackedAdvisory::new(rest)?));
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
        aliases.look_up()?;
        writer.put_all(batch, fresh, (&keys, &aliases), &mut this.changes)?;
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
    gone: Counts,
    come: Counts,
}

impl Moved {
    fn take(&mut self, advisory: &Advisory) {
        self.gone.add(advisory);
    }

    fn put(&mut self, advisory: &Advisory) {
        self.come.add(advisory);
    }

    /// How much is stated of namespaces once this is so.
    fn spoken(self, before: Option<&sources::Row>, now: u64) -> Vec<Spoken> {
        let before = before.map_or(&[][..], |row| &row.spoken);
        let mut spoken: BTreeMap<String, Spoken> =
            before.iter().map(|spoken| (spoken.namespace.clone(), spoken.clone())).collect();
        for (namespace, count) in self.come.into_inner() {
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
        for (namespace, count) in self.gone.into_inner() {
            if let Some(known) = spoken.get_mut(&namespace) {
                known.records = known.records.saturating_sub(count.records);
                known.statements = known.statements.saturating_sub(count.statements);
            }
        }
        spoken.into_values().filter(|spoken| spoken.records > 0).collect()
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

#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod tests;
