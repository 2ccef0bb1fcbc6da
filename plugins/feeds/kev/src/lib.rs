//! The feed of CISA's [catalog of known exploited vulnerabilities](https://www.cisa.gov/known-exploited-vulnerabilities-catalog).
//!
//! This crate owns how an entry of the catalog becomes an enrichment of kind `kev`. Its facts:
//!
//! | Fact | What it is |
//! |---|---|
//! | `name` | what CISA calls the vulnerability |
//! | `exploited` | since when it is in the catalog: known to be exploited; `yes` where that is not stated |
//! | `due-date` | until when US agencies have to act |
//! | `required-action` | what they have to do |
//! | `ransomware` | `Known` or `Unknown`: whether campaigns of ransomware use it |
//!
//! ```
//! use limpid_feed_kev::Kev;
//! use limpid_plugin_sdk::feed::Feed;
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let catalog = r#"{"catalogVersion": "2024.05.01", "count": 1, "vulnerabilities": [
//!     {"cveID": "CVE-2024-1", "dateAdded": "2024-05-01"}]}"#;
//! let mut sink = Collected::default();
//! Kev::parse("catalog", &mut InMemory::new([("kev.json", catalog)]), &mut sink)?;
//! assert_eq!(sink.enrichments[0].facts, [("exploited".to_owned(), "2024-05-01".to_owned())]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod catalog;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// Name of the one source.
const CATALOG: &str = "catalog";

/// The feed.
#[derive(Debug)]
pub struct Kev;

impl Feed for Kev {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(
            CATALOG,
            "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        )]
    }

    /// Takes any document for a copy of the catalog, whatever the source is called: one that is
    /// handed in by an operator goes by the name of its file.
    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        catalog::read(document, sink)?;
        sink.identify(CATALOG);
        Ok(None)
    }
}

export_feed!(Kev);

#[cfg(test)]
mod tests;
