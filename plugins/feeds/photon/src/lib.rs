//! The feed of [Photon OS](https://github.com/vmware/photon/wiki/Security-Advisories): a document of each release.
//!
//! This crate owns how a record becomes an advisory for the namespaces `photon:4.0`, `photon:5.0` and so on. It must not
//! know which releases there are: the publisher's list of them is followed.
//!
//! A record names a package. Older documents name those that a source is named after only, newer ones all that are
//! installed: so each record is stated of the installed package and of the source package of that name.
//!
//! | The document says | Advisory |
//! |---|---|
//! | `res_ver` | affected before that version |
//! | `status` `Not Affected` | not affected |
//! | `res_ver` `NA`, otherwise | affected, no end known |
//! | `cve_score` | a rating of the package |
//! | `UNK-1` | rejected: it names different vulnerabilities |
//!
//! ```
//! use limpid_feed_photon::Photon;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let records = r#"[{"cve_id": "CVE-2023-5115", "pkg": "ansible", "cve_score": 6.3, "aff_ver":
//!     "all versions before 2.14.12-1.ph5 are vulnerable", "res_ver": "2.14.12-1.ph5", "status": "Fixed"}]"#;
//! let mut sink = Collected::default();
//! Photon::parse("5.0", &mut InMemory::new([("cve_data_photon5.0.json", records)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "photon:5.0");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("2.14.12-1.ph5")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod record;
mod releases;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The feed.
#[derive(Debug)]
pub struct Photon;

impl Feed for Photon {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![releases::source()]
    }

    /// Of which release a document is shows in the name of its source, in its own name, or else in the releases of
    /// packages: `2.14.12-1.ph5`.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        if source == releases::SOURCE {
            releases::follow(document, sink)?;
        } else {
            let named =
                releases::release(source).or_else(|| releases::of_file(document.name())).map(str::to_owned);
            record::read(named, document, sink)?;
        }
        Ok(None)
    }
}

export_feed!(Photon);

#[cfg(test)]
mod tests;
