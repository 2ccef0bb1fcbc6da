//! Records: the members of an archive, or a single one.

use limpid_osv::{Ecosystem, Scope, Summary, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Documents, Sink};

use crate::publisher::Aggregated;

/// Reads all documents of a source.
///
/// # Errors
///
/// [`Error::Malformed`] where no document is a record, or no record could be used.
pub(crate) fn read(source: &str, documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<(), Error> {
    let name = ecosystem(source);
    // A record that is no longer of the ecosystem for which it is fetched says nothing of it.
    let scope = if Ecosystem::is_known(name) { Scope::Ecosystem(name) } else { Scope::Perhaps(name) };
    let summary = limpid_osv::read(&Aggregated, scope, documents, sink)?;
    sink.identify(identity(source, &summary));
    Ok(())
}

/// Which source it is: that which is named for an ecosystem; of a single record, which does not stand
/// for more than itself, its identifier; the ecosystem that all records have in common, or their database.
fn identity<'a>(source: &'a str, summary: &'a Summary) -> &'a str {
    let ecosystem = summary.ecosystems.first().filter(|_| summary.ecosystems.len() == 1);
    match (ecosystem, &summary.database) {
        _ if summary.in_scope => source,
        _ if summary.records == 1 => &summary.first,
        (Some(ecosystem), _) => ecosystem,
        (None, Some(database)) => database,
        (None, None) => source,
    }
}

/// The ecosystem for which a source is named: `PyPI` of `PyPI` and of `PyPI/pypa`, a part of it that has a
/// source of its own.
fn ecosystem(source: &str) -> &str {
    match source.split_once('/') {
        Some((ecosystem, part)) if text::is_identifier(part) => ecosystem,
        _ => source,
    }
}
