//! The feed of [openEuler](https://www.openeuler.org/en/security/security-bulletins/): advisories (OESA) in the OSV
//! schema, one document for each, and a list of them with the times of their last changes.
//!
//! This crate owns where these are; what a record says is read by [`limpid_osv`], for the namespaces
//! `openeuler:22.03-lts-sp3` and so on.
//!
//! **Sources.** A run begins with the list, and follows each record that changed since the last complete run. A record
//! is a source of its own, named by its identifier. The list says nothing of records that were taken back.
//!
//! ```
//! use limpid_feed_openeuler::OpenEuler;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = r#"{"id": "OESA-2021-1001", "modified": "2021-01-21T11:02:32Z", "affected": [{
//!     "package": {"ecosystem": "openEuler:20.03-LTS-SP1", "name": "dnsmasq"},
//!     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.82-5.oe1"}]}]}]}"#;
//! let mut sink = Collected::default();
//! OpenEuler::parse("OESA-2021-1001", &mut InMemory::new([("OESA-2021-1001.json", record)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "openeuler:20.03-lts-sp1");
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod list;

use limpid_osv::{Ecosystem, Publisher, Scope, Stated};
use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The feed.
#[derive(Debug)]
pub struct OpenEuler;

impl Feed for OpenEuler {
    fn sources(cursor: Option<String>) -> Vec<Source> {
        vec![list::source(cursor.as_deref())]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        if let Some(since) = list::of_source(source) {
            let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
            return list::follow(document, since, sink).map(Some);
        }
        let summary = limpid_osv::read(&Oesa, Scope::Everything, documents, sink)?;
        if summary.records == 1 {
            sink.identify(&summary.first);
        }
        Ok(None)
    }
}

export_feed!(OpenEuler);

/// openEuler.
struct Oesa;

impl Publisher for Oesa {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        Ecosystem::defined(stated.ecosystem, stated.versions)
    }

    fn rater(&self, _id: &str) -> String {
        "openeuler".to_owned()
    }
}

#[cfg(test)]
mod tests;
