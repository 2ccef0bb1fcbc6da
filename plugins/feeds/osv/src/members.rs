//! Records: the members of an archive, or a single one.

use std::collections::BTreeSet;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Document, Documents, Sink};

use crate::ecosystem::Ecosystem;
use crate::record::{Package, Record};
use crate::{advisory, changes, text};

/// Bytes of one record. The largest, of kernels in many releases, have a few MiB.
const MAX_RECORD: u64 = 16 << 20;

/// Reads all documents of a source.
///
/// # Errors
///
/// [`Error::Malformed`] where no document is a record, or no record could be used: taking that for an
/// answer would withdraw all that the source stated before. A record that cannot be used among
/// others that can is none: it is rejected by the name of its document.
pub(crate) fn read(source: &str, documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut intake = Intake {
        source,
        sink,
        records: 0,
        rejected: 0,
        first: None,
        is_asked: false,
        common: None,
        newest: None,
    };
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
    source: &'a str,
    sink: &'a mut dyn Sink,
    records: u64,
    rejected: u64,
    /// Why the first that was rejected was.
    first: Option<Error>,
    /// Whether the source is named for an ecosystem.
    is_asked: bool,
    /// What all records have in common, once there is one.
    common: Option<Common>,
    /// When the record was modified that was modified last.
    newest: Option<String>,
}

/// What records have in common.
#[derive(Default)]
struct Common {
    /// The identifier of the first.
    id: String,
    /// Without releases.
    ecosystems: BTreeSet<String>,
    /// The first part of their identifiers.
    database: Option<String>,
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
        self.first.get_or_insert_with(|| why.clone());
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
            && self.newest.as_ref().is_none_or(|newest| changes::is_later(time, newest))
        {
            self.newest = Some(time.to_owned());
        }
        let named = ecosystem(self.source);
        // A record that is no longer of the ecosystem for which it is fetched says nothing of it.
        let asked = bases.contains(named) || Ecosystem::is_known(named);
        self.is_asked |= asked;
        match &mut self.common {
            None => self.common = Some(Common::of(id, bases)),
            Some(common) => common.retain(id, &bases),
        }
        let (advisory, rejected) = advisory::of(record, id, asked.then_some(named));
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

    fn finish(mut self) -> Result<(), Error> {
        match (self.records, self.first.take()) {
            (0, None) => Err(Error::malformed("no document is a record in the OSV schema")),
            (0, Some(why)) if self.rejected == 1 => Err(why),
            (0, Some(why)) => Err(Error::malformed(format!(
                "none of {} records could be used, the first: {why}",
                self.rejected
            ))),
            (records, _) => {
                if let Some(newest) = self.newest.take() {
                    self.sink.dated(&newest);
                }
                self.identify(records);
                Ok(())
            }
        }
    }

    /// Says which source it is: that which is named for an ecosystem; of a single record, which does not
    /// stand for more than itself, its identifier; the ecosystem that all records have in common, or
    /// their database.
    fn identify(self, records: u64) {
        let common = self.common.unwrap_or_default();
        let ecosystem = common.ecosystems.first().filter(|_| common.ecosystems.len() == 1);
        let source = match (ecosystem, &common.database) {
            _ if self.is_asked => self.source,
            _ if records == 1 => &common.id,
            (Some(ecosystem), _) => ecosystem,
            (None, Some(database)) => database,
            (None, None) => self.source,
        };
        self.sink.identify(source);
    }
}

impl Common {
    fn of(id: &str, ecosystems: BTreeSet<String>) -> Self {
        let database = id.split_once('-').map(|(database, _)| database.to_owned());
        Self { id: id.to_owned(), ecosystems, database }
    }

    fn retain(&mut self, id: &str, ecosystems: &BTreeSet<String>) {
        self.ecosystems.retain(|one| ecosystems.contains(one));
        self.database = self.database.take().filter(|one| id.split('-').next() == Some(one));
    }
}

fn base(package: &Package<'_>) -> String {
    package.base().to_owned()
}

/// The ecosystem for which a source is named: `PyPI` of `PyPI` and of `PyPI/pypa`, a part of it that has a
/// source of its own.
fn ecosystem(source: &str) -> &str {
    match source.split_once('/') {
        Some((ecosystem, part)) if text::is_identifier(part) => ecosystem,
        _ => source,
    }
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
