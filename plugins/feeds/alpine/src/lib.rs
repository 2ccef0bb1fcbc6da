//! The feed of the Alpine security database, [secdb](https://secdb.alpinelinux.org/): which version
//! of which package fixed what, a JSON document for each repository of each release.
//!
//! This crate owns where secdb is published and that its packages are in the namespaces `alpine:3.20` and
//! `alpine:edge`; what a document says is read by [`limpid_secdb`], as for all publishers that write this form.
//! It must not know which releases there are: the publisher's index names them, and each that it
//! names is followed. Nor must it know how versions compare.
//!
//! ```
//! use limpid_feed_alpine::Alpine;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let secdb = r#"{"distroversion": "v3.20", "packages": [
//!     {"pkg": {"name": "busybox", "secfixes": {"1.36.1-r2": ["CVE-2022-48174"]}}}]}"#;
//! let mut sink = Collected::default();
//! Alpine::parse("v3.20/main.json", &mut InMemory::new([("main.json", secdb)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.36.1-r2")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
mod index;
mod secdb;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

use document::Kind;

/// The feed.
#[derive(Debug)]
pub struct Alpine;

impl Feed for Alpine {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(index::SOURCE, index::SECDB)]
    }

    /// What a document is shows in its content, and of which release it speaks stands in it: an
    /// operator who hands one in may call its source `v3.20/main.json`, or anything else. The name
    /// serves only to refuse an HTML page where secdb's JSON was asked for: taken for an index, it
    /// would withdraw all that this source stated before.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let mut read = false;
        while let Some(mut document) = documents.next() {
            match document::kind(&mut document)? {
                Kind::Index if source.ends_with(".json") => {
                    return Err(Error::malformed("the document is HTML, not secdb's JSON"));
                }
                Kind::Index => {
                    index::follow(&document::index(document)?, sink)?;
                    sink.identify(index::SOURCE);
                }
                Kind::Secdb => secdb::read(source, document, sink)?,
            }
            read = true;
        }
        if read { Ok(None) } else { Err(Error::malformed("there is no document")) }
    }
}

export_feed!(Alpine);

#[cfg(test)]
mod tests;
