//! The feed of advisories in the [OSV schema](https://ossf.github.io/osv-schema/), as
//! [osv.dev exports them](https://google.github.io/osv.dev/data/): an archive for each ecosystem,
//! and a list of what changed.
//!
//! This crate owns where osv.dev publishes, which source a record is of, and in which namespaces its
//! records count; what a record says is read by [`limpid_osv`], as for all publishers that write the
//! schema. It must not know which ecosystems are published: the publisher's index names them.
//!
//! **Sources.** A first run begins with the list of changes, whose newest time becomes the cursor, so
//! that nothing that changes while archives are fetched is missed; then comes the index, then
//! `<ecosystem>/all.zip` for each. A later run follows each record that changed since the cursor, or
//! the whole archive where many did. What a record says of an ecosystem belongs to the source of
//! that name, so a record of two ecosystems says to each what affects it.
//!
//! **By hand.** Archives and single records in JSON or YAML come in under any name. An archive all of
//! whose records affect one ecosystem is taken for that ecosystem's, and a single record for a source of
//! its own, by its identifier. Who names a source names an ecosystem (`npm`), or what is a part of one: a tree
//! of one database among several of its ecosystem is `PyPI/pypa`.
//!
//! **Namespaces** are those of the ecosystems, but for `Debian`, `Alpine` and `Ubuntu`, which say more of
//! themselves elsewhere: what osv.dev has of them is in `osv/debian:12`, `osv/alpine:3.20` and `osv/ubuntu:22.04`.
//!
//! ```
//! use limpid_feed_osv::Osv;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = r#"{"id": "GHSA-0000-0000-0000", "modified": "2024-05-01T00:00:00Z", "affected": [{
//!     "package": {"ecosystem": "npm", "name": "left-pad"},
//!     "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.3.1"}]}]}]}"#;
//! let mut sink = Collected::default();
//! Osv::parse("npm", &mut InMemory::new([("GHSA-0000-0000-0000.json", record)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod bucket;
mod changes;
mod index;
mod publisher;
mod records;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The feed.
#[derive(Debug)]
pub struct Osv;

impl Feed for Osv {
    fn sources(cursor: Option<String>) -> Vec<Source> {
        vec![changes::source(cursor.as_deref())]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        if source == index::SOURCE {
            return index::follow(bucket::only(documents)?, sink).map(|()| None);
        }
        match changes::Since::of_source(source) {
            Some(since) => changes::follow(bucket::only(documents)?, &since, sink).map(Some),
            None => records::read(source, documents, sink).map(|()| None),
        }
    }
}

export_feed!(Osv);

#[cfg(test)]
mod tests;
