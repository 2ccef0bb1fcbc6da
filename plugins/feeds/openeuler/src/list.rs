//! `all.json`: identifiers of all advisories, and when each was changed.

use std::io::Read;

use limpid_osv::text;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use serde::Deserialize;

/// Below which all is.
const ORIGIN: &str = "https://repo.openeuler.org/security/data/osv/";

/// The source's name, whatever the cursor is.
const SOURCE: &str = "changes";
/// What stands between that and the cursor.
const SINCE: &str = " since ";

/// Bytes of the list; it has some hundred for each advisory, of which there are some ten thousand.
const MAX_LIST: u64 = 32 << 20;

#[derive(Deserialize)]
struct Change {
    id: String,
    modified: String,
}

/// Where a run starts. The contract hands the cursor to `sources` only, so it goes along in the name.
pub(crate) fn source(cursor: Option<&str>) -> Source {
    let name = match cursor.filter(|cursor| text::is_time(cursor)) {
        Some(cursor) => format!("{SOURCE}{SINCE}{cursor}"),
        None => SOURCE.to_owned(),
    };
    Source::delta(name, format!("{ORIGIN}all.json"))
}

/// The cursor that the name of a source has, if any; none where it is not that of the list.
pub(crate) fn of_source(name: &str) -> Option<Option<&str>> {
    let rest = name.strip_prefix(SOURCE)?;
    if rest.is_empty() {
        return Some(None);
    }
    rest.strip_prefix(SINCE).filter(|time| text::is_time(time)).map(Some)
}

/// Asks for what changed since then, and says when the newest change was.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no such list, or an empty one.
pub(crate) fn follow(list: impl Read, since: Option<&str>, sink: &mut dyn Sink) -> Result<String, Error> {
    let mut bytes = Vec::new();
    list.take(MAX_LIST).read_to_end(&mut bytes)?;
    let changes: Vec<Change> = serde_json::from_slice(&bytes)
        .map_err(|error| Error::malformed(format_args!("the document is no list of advisories: {error}")))?;
    let mut newest: Option<&str> = since;
    for Change { id, modified } in &changes {
        if !text::is_identifier(id) || id.contains('/') || !text::is_time(modified) {
            sink.reject(text::shown(id), Error::malformed("it is no advisory with a time"));
            continue;
        }
        if since.is_none_or(|since| text::is_later(modified, since)) {
            sink.follow(Source::whole(id, format!("{ORIGIN}{id}.json")));
        }
        if newest.is_none_or(|newest| text::is_later(modified, newest)) {
            newest = Some(modified);
        }
    }
    let newest = newest.ok_or_else(|| Error::malformed("the list names no advisory"))?;
    sink.identify(&source(Some(newest)).name);
    sink.dated(newest);
    Ok(newest.to_owned())
}
