//! Records: the members of an archive, or a single one.

use std::collections::BTreeSet;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Document, Documents, Sink};

use crate::publisher::{Publisher, Scope};
use crate::record::{Package, Record};
use crate::{advisory, text};

/// Bytes of one record. The largest, of kernels in many releases, have a few MiB.
const MAX_RECORD: u64 = 16 << 20;

/// What there was in the documents of a source. A feed tells by it which source they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records that could be used.
    pub records: u64,
    /// Whether any record had packages of the ecosystem of the [`Scope`], or was asked for them.
    pub in_scope: bool,
    /// The identifier of the first record.
    pub first: String,
    /// The ecosystems, without releases, that all records have in common.
    pub ecosystems: BTreeSet<String>,
    /// The first part of the identifiers of all records, where it is the same: `GHSA`.
    pub database: Option<String>,
}

/// Reads all documents of a source: records in JSON or YAML, one in each.
///
/// # Errors
///
/// [`Error::Malformed`] where no document is a record, or no record could be used: taking that for an
/// answer would withdraw all that the source stated before. A record that cannot be used among
/// others that can is none: it is rejected by the name of its document.
pub fn read(
    publisher: &dyn Publisher,
    scope: Scope<'_>,
    documents: &mut dyn Documents,
    sink: &mut dyn Sink,
) -> Result<Summary, Error> {
    let mut intake =
        Intake { publisher, scope, sink, rejected: 0, why: None, summary: None, records: 0, newest: None };
    let mut bytes = Vec::new();
    while let Some(document) = documents.next() {
        if let Some(form) = Form::of(document.name()) {
            intake.document(document, form, &mut bytes)?;
        }
    }
    intake.finish()
}

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Yaml,
    /// Its name does not tell.
    Either,
}

impl Form {
    /// What the name of a document says; none where it is no record's. Trees of databases also hold
    /// README.md, LICENSE, tools and hidden files.
    fn of(path: &str) -> Option<Self> {
        let mut parts = path.split('/').filter(|part| *part != ".");
        if parts.any(|part| part.starts_with('.')) {
            return None;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
            Some("json") => Some(Self::Json),
            Some("yaml" | "yml") => Some(Self::Yaml),
            None => Some(Self::Either),
            Some(_) => None,
        }
    }
}

/// Where records go, and what became of them.
struct Intake<'a> {
    publisher: &'a dyn Publisher,
    scope: Scope<'a>,
    sink: &'a mut dyn Sink,
    rejected: u64,
    /// Why the first that was rejected was.
    why: Option<Error>,
    /// Records that could be used.
    records: u64,
    /// What all records have in common, once there is one.
    summary: Option<Summary>,
    /// When the record was modified that was modified last.
    newest: Option<String>,
}

impl Intake<'_> {
    fn document(&mut self, document: Document, form: Form, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let name = document.name().to_owned();
        bytes.clear();
        document.take(MAX_RECORD + 1).read_to_end(bytes)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_RECORD) {
            self.reject(&name, Error::malformed(format!("it is over the limit of {MAX_RECORD} bytes")));
            return Ok(());
        }
        match parse(bytes, form) {
            Ok(Some(record)) => self.record(&name, &record),
            Ok(None) => {}
            Err(why) => self.reject(&name, why),
        }
        Ok(())
    }

    fn reject(&mut self, path: &str, why: Error) {
        self.rejected += 1;
        self.why.get_or_insert_with(|| why.clone());
        self.sink.reject(text::shown(path), why);
    }

    fn record(&mut self, name: &str, record: &Record<'_>) {
        let Some(id) = record.id.as_ref().map(|id| id.as_str()).filter(|id| text::is_identifier(id)) else {
            return self.reject(name, Error::malformed("it has no identifier"));
        };
        let bases: BTreeSet<String> =
            record.affected.iter().flatten().filter_map(|one| one.package.as_ref()).map(base).collect();
        let modified = record.modified.as_ref().map(|time| time.as_str()).filter(|time| text::is_time(time));
        if let Some(time) = modified
            && self.newest.as_ref().is_none_or(|newest| text::is_later(time, newest))
        {
            self.newest = Some(time.to_owned());
        }
        let ecosystem = match self.scope {
            Scope::Everything => None,
            Scope::Ecosystem(name) => Some(name),
            Scope::Perhaps(name) => Some(name).filter(|name| bases.contains(*name)),
        };
        self.summary.get_or_insert_with(|| Summary::of(id, bases.clone())).retain(id, &bases, ecosystem);
        let (advisory, rejected) = advisory::of(self.publisher, record, id, ecosystem);
        match advisory {
            Some(advisory) => {
                self.records += 1;
                self.sink.advisory(advisory);
            }
            // It may have stated something before.
            None if rejected.is_empty() => {
                self.records += 1;
                self.sink.withdraw(id);
            }
            None => {}
        }
        for (path, why) in rejected {
            self.reject(&path, why);
        }
    }

    fn finish(self) -> Result<Summary, Error> {
        match (self.records, self.why) {
            (0, None) => Err(Error::malformed("no document is a record in the OSV schema")),
            (0, Some(why)) if self.rejected == 1 => Err(why),
            (0, Some(why)) => Err(Error::malformed(format!(
                "none of {} records could be used, the first: {why}",
                self.rejected
            ))),
            (records, _) => {
                if let Some(newest) = self.newest {
                    self.sink.dated(&newest);
                }
                Ok(Summary { records, ..self.summary.unwrap_or_default() })
            }
        }
    }
}

impl Summary {
    fn of(id: &str, ecosystems: BTreeSet<String>) -> Self {
        let database = id.split_once('-').map(|(database, _)| database.to_owned());
        Self { first: id.to_owned(), ecosystems, database, ..Self::default() }
    }

    /// Leaves what a further record has, too.
    fn retain(&mut self, id: &str, ecosystems: &BTreeSet<String>, asked: Option<&str>) {
        self.in_scope |= asked.is_some();
        self.ecosystems.retain(|one| ecosystems.contains(one));
        self.database = self.database.take().filter(|one| id.split('-').next() == Some(one));
    }
}

fn base(package: &Package<'_>) -> String {
    package.base().to_owned()
}

/// The record that a document is; none where it is no record.
fn parse(bytes: &[u8], form: Form) -> Result<Option<Record<'_>>, Error> {
    let record: Record<'_> = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err(Error::malformed("it is empty")),
        Some(b'<') => return Err(Error::malformed("it is HTML or XML")),
        Some(b'{') if form != Form::Yaml => serde_json::from_slice(bytes).map_err(Error::malformed)?,
        Some(_) if form == Form::Json => return Err(Error::malformed("it is no JSON object")),
        Some(_) => serde_saphyr::from_slice(bytes).map_err(Error::malformed)?,
    };
    Ok((record.modified.is_some() || record.affected.is_some()).then_some(record))
}
