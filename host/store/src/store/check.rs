//! Whether a store is whole: every row is read, and what rows refer to is there.

use std::collections::BTreeMap;
use std::fmt;

use super::{Store, View};
use crate::Error;
use crate::ordered::Reading;
use crate::table::{self, Row as _, Table};
use crate::tables::{
    advisories, affects, announced, announcements, attached, audit, blobs, chains, clock, contexts, deltas,
    documents, enriched, enrichments, entries, feeds, fetches, findings, history, history_names,
    history_subjects, holders, images, inventory, jobs, kept, kinds, known_as, layers, listings, manifests,
    marks, names, origins, outbox, past_runs, placements, plugin_failures, policies, raised, references,
    revisions, runs, sources, stated, subscriptions, tags, token_uses, tokens, unexamined, vex_documents,
    vex_repositories, watched, watches,
};

/// Problems that are named one by one; further ones are counted.
const NAMED: usize = 100;

/// Bytes of a key that are shown.
const SHOWN: usize = 200;

/// The context of layers that state nothing: there is no row of it.
const NO_CONTEXT: u64 = 0;

/// How often it is told how far a check is, in rows.
const TOLD: u64 = 10_000;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// All tables that this version knows, by number.
    pub tables: Vec<CheckedTable>,
    /// What is wrong, the first of it.
    pub problems: Vec<Problem>,
    /// How much is wrong altogether.
    pub problem_count: u64,
}

/// One table of a store that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// What keys and rows take before they are compressed, in bytes.
    pub bytes: u64,
    /// How many rows it has in each version of their form.
    pub versions: BTreeMap<u8, u64>,
    /// The version that is written now.
    pub current: u8,
}

impl CheckedTable {
    /// Rows in an earlier form, which are read all the same.
    pub fn older(&self) -> u64 {
        self.versions.range(..self.current).map(|(_, rows)| rows).sum()
    }
}

/// Something that is wrong with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The table in which it is.
    pub table: String,
    /// The key of the row; none where it is not about one row.
    pub key: Option<String>,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "table `{}`, row {key}: {}", self.table, self.why),
            None => write!(f, "table `{}`: {}", self.table, self.why),
        }
    }
}

impl Checked {
    /// Whether nothing is wrong.
    pub const fn is_whole(&self) -> bool {
        self.problem_count == 0
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// How many rows there are in an earlier form.
    pub fn older(&self) -> u64 {
        self.tables.iter().map(CheckedTable::older).sum()
    }

    fn report(&mut self, table: &str, key: Option<String>, why: String) {
        self.problem_count += 1;
        if self.problems.len() < NAMED {
            self.problems.push(Problem { table: table.to_owned(), key, why });
        }
    }
}

impl Store {
    /// Reads all rows and what they refer to. What cannot be read is reported, and the rest is read all the
    /// same. `tell` is given the table and how many rows were read altogether, every so often; it ends the
    /// check where it says so.
    ///
    /// # Errors
    /// None of damage. [`Error::Stopped`] where `tell` ended it.
    pub fn check(&self, tell: &mut dyn FnMut(&'static str, u64) -> bool) -> Result<Checked, Error> {
        let view = self.view();
        let mut check = Check { view: &view, found: Checked::default(), rows: 0, known: Vec::new(), tell };
        check.all()?;
        check.unknown();
        Ok(check.found)
    }
}

/// A check under way.
struct Check<'a> {
    view: &'a View<'a>,
    found: Checked,
    rows: u64,
    known: Vec<u8>,
    tell: &'a mut dyn FnMut(&'static str, u64) -> bool,
}

/// What a row refers to, as it is looked up.
struct Referred<'a> {
    view: &'a View<'a>,
    /// The key that was looked up last: neighbours refer to the same.
    last: Option<(Vec<u8>, bool)>,
    missing: Vec<String>,
}

impl Referred<'_> {
    /// A row that has to be there.
    fn row<T: Table<Key: fmt::Debug>>(&mut self, key: &T::Key) {
        let encoded = table::encode_key::<T>(key);
        let known = self.last.as_ref().filter(|(last, _)| *last == encoded).map(|(_, is_there)| *is_there);
        let is_there = known.unwrap_or_else(|| match self.view.snapshot.get(&encoded) {
            Ok(row) => row.is_some(),
            // The table in which it is reports that.
            Err(_) => true,
        });
        if !is_there {
            self.missing.push(format!("row {} of table `{}` is missing", shown(key), T::NAME));
        }
        self.last = Some((encoded, is_there));
    }
}

impl Check<'_> {
    /// All tables by number, and what their rows refer to. References that are removed in a batch of their own
    /// are left out: a process that ends in between leaves them, and removes them later.
    fn all(&mut self) -> Result<(), Error> {
        self.table::<images::Images>(|_, _, _| ())?;
        self.table::<manifests::Manifests>(|_, row, to| to.row::<images::Images>(&row.image.into()))?;
        self.table::<layers::Layers>(|_, _, _| ())?;
        self.table::<entries::Entries>(|key, _, to| to.row::<layers::Layers>(key))?;
        self.table::<holders::Holders>(|_, _, _| ())?;
        self.table::<findings::Findings>(|key, _, to| to.row::<layers::Layers>(&key.diff_id))?;
        self.table::<advisories::Advisories>(|_, _, _| ())?;
        self.table::<stated::Stated>(|key, _, to| {
            let stated::Key { feed, source, id } = key.clone();
            to.row::<advisories::Advisories>(&advisories::Key { feed, id, source });
        })?;
        self.table::<affects::Affects>(|key, _, to| {
            let affects::Key { feed, id, source, .. } = key.clone();
            to.row::<advisories::Advisories>(&advisories::Key { feed, id, source });
        })?;
        self.table::<feeds::Feeds>(|_, _, _| ())?;
        self.table::<jobs::Jobs>(|_, _, _| ())?;
        self.table::<sources::Sources>(|_, _, _| ())?;
        self.table::<kept::Kept>(|key, _, to| to.row::<layers::Layers>(&key.diff_id))?;
        self.table::<documents::Documents>(|_, _, _| ())?;
        self.table::<fetches::Fetches>(|_, _, _| ())?;
        self.table::<deltas::Deltas>(|_, _, _| ())?;
        self.table::<runs::Runs>(|_, _, _| ())?;
        self.table::<inventory::Inventory>(|key, _, to| to.row::<layers::Layers>(&key.diff_id))?;
        self.table::<contexts::Contexts>(|_, _, _| ())?;
        self.table::<placements::Placements>(|key, _, to| {
            let placements::Key { diff_id, context, image } = *key;
            to.row::<images::Images>(&image);
            // What a layer states that states nothing is the same in whatever context.
            if context != NO_CONTEXT {
                to.row::<contexts::Contexts>(&contexts::Key { diff_id, context });
            }
        })?;
        self.table::<marks::Marks>(|_, _, _| ())?;
        self.table::<known_as::KnownAs>(|key, _, to| {
            let known_as::Key { feed, id, source, .. } = key.clone();
            to.row::<advisories::Advisories>(&advisories::Key { feed, id, source });
        })?;
        self.table::<enrichments::Enrichments>(|_, _, _| ())?;
        self.table::<enriched::Enriched>(|key, _, to| {
            let enriched::Key { feed, source, id, kind } = key.clone();
            to.row::<enrichments::Enrichments>(&enrichments::Key { id, kind, feed, source });
        })?;
        self.table::<history::History>(|_, _, _| ())?;
        self.table::<revisions::Revisions>(|_, _, _| ())?;
        self.table::<subscriptions::Subscriptions>(|_, _, _| ())?;
        self.table::<outbox::Outbox>(|_, row, to| {
            if let Some(announced) = row.body.announced() {
                to.row::<announced::Announced>(&announced);
            }
        })?;
        self.table::<raised::Raised>(|_, _, _| ())?;
        self.table::<kinds::Kinds>(|key, _, to| to.row::<layers::Layers>(key))?;
        self.table::<unexamined::Unexamined>(|key, _, to| to.row::<images::Images>(key))?;
        self.table::<announcements::Announcements>(|_, _, _| ())?;
        self.table::<announced::Announced>(|_, _, _| ())?;
        self.table::<references::References>(|_, _, _| ())?;
        self.table::<history_subjects::HistorySubjects>(|_, _, _| ())?;
        self.table::<history_names::HistoryNames>(|_, _, _| ())?;
        self.table::<names::Names>(|key, _, to| to.row::<images::Images>(&key.image))?;
        self.table::<tags::Tags>(|_, _, _| ())?;
        self.table::<watches::Watches>(|_, _, _| ())?;
        self.table::<listings::Listings>(|_, _, _| ())?;
        self.table::<watched::Watched>(|_, _, _| ())?;
        self.table::<origins::Origins>(|key, _, to| to.row::<images::Images>(key))?;
        self.table::<policies::Policies>(|_, _, _| ())?;
        self.table::<chains::Chains>(|key, _, to| to.row::<images::Images>(&key.image))?;
        self.table::<blobs::Blobs>(|_, _, _| ())?;
        self.table::<attached::Attached>(|key, _, to| to.row::<images::Images>(&key.image))?;
        self.table::<vex_repositories::VexRepositories>(|_, _, _| ())?;
        self.table::<vex_documents::VexDocuments>(|_, _, _| ())?;
        self.table::<audit::Audit>(|_, _, _| ())?;
        self.table::<tokens::Tokens>(|_, _, _| ())?;
        self.table::<token_uses::TokenUses>(|_, _, _| ())?;
        self.table::<past_runs::PastRuns>(|_, _, _| ())?;
        self.table::<plugin_failures::PluginFailures>(|_, _, _| ())?;
        self.table::<clock::Clock>(|_, _, _| ())
    }

    fn table<T: Table<Key: fmt::Debug>>(
        &mut self,
        refer: impl Fn(&T::Key, &T::Row, &mut Referred<'_>),
    ) -> Result<(), Error> {
        self.known.push(T::ID);
        let (mut rows, mut bytes, mut versions) = (0, 0, BTreeMap::new());
        let mut referred = Referred { view: self.view, last: None, missing: Vec::new() };
        let mut cursor = self.view.snapshot.cursor(T::ID, Reading::Once);
        cursor.seek(&[T::ID]);
        loop {
            let entry = match cursor.entry() {
                Ok(entry) => entry.filter(|(key, _)| key.first() == Some(&T::ID)),
                Err(error) => {
                    let read = format!("after {rows} rows, the next cannot be read: {}", with_cause(&error));
                    self.found.report(T::NAME, None, read);
                    break;
                }
            };
            let Some((key, row)) = entry else { break };
            rows += 1;
            bytes += (key.len() + row.len()) as u64;
            if let Some(version) = row.first() {
                *versions.entry(*version).or_default() += 1;
            }
            match table::decode_key::<T>(key) {
                Err(error) => self.found.report(T::NAME, Some(hex(key)), with_cause(&error)),
                Ok(key) => match table::decode_row::<T>(row) {
                    Err(error) => self.found.report(T::NAME, Some(shown(&key)), with_cause(&error)),
                    Ok(row) => {
                        refer(&key, &row, &mut referred);
                        for missing in referred.missing.drain(..) {
                            self.found.report(T::NAME, Some(shown(&key)), missing);
                        }
                    }
                },
            }
            cursor.advance();
            self.rows += 1;
            if self.rows.is_multiple_of(TOLD) && !(self.tell)(T::NAME, self.rows) {
                return Err(Error::Stopped);
            }
        }
        let current = T::Row::VERSION;
        self.found.tables.push(CheckedTable { name: T::NAME, rows, bytes, versions, current });
        Ok(())
    }

    /// Tables that another version of Limpid has written.
    fn unknown(&mut self) {
        for table in (0..=u8::MAX).filter(|table| !self.known.contains(table)) {
            let mut cursor = self.view.snapshot.cursor(table, Reading::Once);
            cursor.seek(&[table]);
            // Where it cannot be read, that was reported of a table beside it.
            let Ok(Some((key, _))) = cursor.entry() else { continue };
            if key.first() == Some(&table) {
                let why = "this version of Limpid knows no such table: a later one has written it".to_owned();
                self.found.report(&format!("number {table}"), None, why);
            }
        }
    }
}

fn with_cause(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn shown(key: &impl fmt::Debug) -> String {
    let mut text = format!("{key:?}");
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn hex(key: &[u8]) -> String {
    let mut text: String = key.iter().take(SHOWN / 2).map(|byte| format!("{byte:02x}")).collect();
    if key.len() > SHOWN / 2 {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
