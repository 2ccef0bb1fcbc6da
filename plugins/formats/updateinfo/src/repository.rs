//! Repositories that a feed finds out about: what their sources are called, and what is to be fetched next.
//!
//! A repository is named by a feed, `9/BaseOS/x86_64/os`. That is what the source of its updateinfo is called, and
//! `9/BaseOS/x86_64/os/repomd` the source of its `repomd.xml`.

use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};

use crate::advisory::Publisher;
use crate::intake::Summary;
use crate::metadata::{Metadata, open};

/// What the source of a `repomd.xml` ends in.
const REPOMD: &str = "/repomd";

/// A repository that the name of a source tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// What the source of its updateinfo is called.
    pub name: String,
    /// Where it is.
    pub address: String,
}

/// The source of a repository's `repomd.xml`; `address` is the repository's.
pub fn source(name: &str, address: &str) -> Source {
    Source::whole(format!("{name}{REPOMD}"), format!("{}/repodata/repomd.xml", address.trim_end_matches('/')))
}

/// The repository whose `repomd.xml` a source is; none where it is no such source.
pub fn of_source(source: &str) -> Option<&str> {
    source.strip_suffix(REPOMD)
}

/// Reads a `repomd.xml` or an updateinfo, whichever it is, and follows the first to the second.
///
/// `locate` tells the repository of which the name of a source of a `repomd.xml` speaks: that name without its end.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is neither, broken, or not the one that the source's name tells: an error
/// page must not withdraw what the source stated before. [`Error::Unsupported`] for a `repomd.xml` of which it is not
/// known where its repository is.
pub fn read(
    source: &str,
    document: impl Read,
    locate: impl Fn(&str) -> Option<Located>,
    publisher: &dyn Publisher,
    sink: &mut dyn Sink,
) -> Result<Option<Summary>, Error> {
    match (open(document)?, of_source(source)) {
        (Metadata::Updates(updates), None) => updates.read(publisher, sink).map(Some),
        (Metadata::Repository(repository), Some(name)) => {
            let Located { name, address } = locate(name).ok_or_else(|| {
                Error::unsupported(format_args!("it is not known where repository `{name}` is"))
            })?;
            if let Some(path) = repository.updateinfo()? {
                sink.follow(Source::whole(name, format!("{}/{path}", address.trim_end_matches('/'))));
            }
            sink.identify(source);
            Ok(None)
        }
        (Metadata::Updates(_), Some(_)) => {
            Err(Error::malformed("the document is an updateinfo, not a repomd.xml"))
        }
        (Metadata::Repository(_), None) => {
            Err(Error::malformed("the document is a repomd.xml, not an updateinfo"))
        }
    }
}
