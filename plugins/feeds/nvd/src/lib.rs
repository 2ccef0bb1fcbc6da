//! The feed of the National Vulnerability Database, by its
//! [API for CVEs, version 2.0](https://nvd.nist.gov/developers/vulnerabilities). Its yearly files have
//! the same form and can be handed in.
//!
//! This crate owns how what the NVD says of a CVE becomes an enrichment of kind `nvd`, and whom of the programs of
//! [`limpid_programs`] it affects. Of anything else it must not judge that: the NVD's `configurations` name products in
//! words of their own, which no package manager shares. Programs that the detector `programs` finds have no package
//! manager, and just these names. Their namespace is `nvd`, in which nothing else is, so that packages of distributions and
//! languages are left to their own publishers.
//!
//! | NVD | Enrichment |
//! |---|---|
//! | `metrics` | ratings `CVSS:4.0`, `CVSS:3.1`, `CVSS:3.0`, `CVSS:2.0`: vector and base score, the NVD's own before others' |
//! | `published` | fact `published` |
//! | `vulnStatus` | fact `status`: `Analyzed`, `Rejected` |
//! | `weaknesses` | facts `weakness`, one for each CWE |
//! | `descriptions` | fact `description`, the English one |
//!
//! | NVD | Advisory |
//! |---|---|
//! | `configurations` | `affected`: see the module `applicability` for what of them |
//! | `published`, `lastModified` | the same |
//!
//! A CVE that affects no program has no advisory, and withdraws the one that it had. How many matches of programs are left
//! out is logged.
//!
//! All pages are of the one source `cves`, as changes. What a page is a part of stands in the name
//! under which it was asked for, since nothing else comes to `parse`: `cves from 2000`, or
//! `cves modified 2024-05-01T00:00:00 to 2024-08-28T00:00:00 from 2000`. A first run reads all pages;
//! the time of the first one is the cursor. A later run asks for what was modified since, in windows
//! of as many days as the API takes.
//!
//! ```
//! use limpid_feed_nvd::Nvd;
//! use limpid_plugin_sdk::feed::Feed;
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let page = r#"{"format": "NVD_CVE", "version": "2.0", "startIndex": 0, "totalResults": 1,
//!     "timestamp": "2024-05-01T12:00:00.000",
//!     "vulnerabilities": [{"cve": {"id": "CVE-2024-1", "vulnStatus": "Received"}}]}"#;
//! let mut sink = Collected::default();
//! let cursor = Nvd::parse("cves", &mut InMemory::new([("2.0", page)]), &mut sink)?;
//! assert_eq!(cursor.as_deref(), Some("2024-05-01T12:00:00"));
//! assert_eq!(sink.enrichments[0].facts, [("status".to_owned(), "Received".to_owned())]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod applicability;
mod page;
mod request;
mod vulnerability;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed, log};

use request::Request;

/// The feed.
#[derive(Debug)]
pub struct Nvd;

impl Feed for Nvd {
    fn sources(cursor: Option<String>) -> Vec<Source> {
        vec![Request::first(cursor.as_deref()).source()]
    }

    /// A document that was asked for leads to the next page; one that is handed in, under any name,
    /// stands for itself.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        let page = page::read(document, sink)?;
        sink.identify(request::SOURCE);
        if let Some(time) = page.time.as_deref().and_then(request::time) {
            // The API gives times without a zone; they are in UTC.
            sink.dated(&format!("{time}Z"));
        }
        if page.left_out > 0 {
            log::info(format_args!(
                "{} matches of programs are of no version, or not for Linux",
                page.left_out
            ));
        }
        Request::of_source(source).map_or(Ok(None), |request| request.follow(&page, sink))
    }
}

export_feed!(Nvd);

#[cfg(test)]
mod tests;
