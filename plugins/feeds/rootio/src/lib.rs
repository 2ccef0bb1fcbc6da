//! The feed of [Root.io](https://www.root.io/), which builds packages of Alpine, Debian and Ubuntu and of languages anew.
//!
//! This crate owns where its advisories are, what its list says, and of which packages they are stated. There are two
//! sources: `cve_feed`, a list for packages of distributions, and `osv`, an archive of records in the OSV schema, read
//! by [`limpid_osv`], that have the same and what is built of packages of languages.
//!
//! An image that has packages of Root.io is one of the distribution, and most of its packages are. So advisories are in
//! the distribution's own namespace (`debian:bookworm`, `ubuntu:22.04`, `alpine:3.19`), of source packages, but require
//! that the package is of the vendor `Root`, as the detectors tell by versions (`2.28.3-1.root.io.1`, `2.19.5-r00071`)
//! and names (`rootio-mbedtls`). The names here are those of the distribution. Of such packages the distribution's
//! advisories speak as well, with versions that hold the fix in its builds; what Root.io says weighs more:
//!
//! | Root.io says | Advisory |
//! |---|---|
//! | `vulnerable_ranges` | affected in these ranges |
//! | one of `fixed_versions` | from that version on not affected, whatever the distribution says |
//! | several of them | these versions are not affected |
//! | an OSV record of a distribution's package | the same |
//! | one of a package of a language with a name of Root.io's own (`rootio-requests`, `@rootio/semver`) | as it stands, in the namespace of the language |
//! | one of a package of a language with the project's name | nothing: no version tells for certain who built it |
//!
//! ```
//! use limpid_feed_rootio::Root;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let list = r#"{"debian": [{"distroversion": "12", "packages": [{"pkg": {"name": "mbedtls", "cves": {
//!     "CVE-2024-23775": {"vulnerable_ranges": ["<2.28.3-1.root.io.1"], "fixed_versions": ["2.28.3-1.root.io.1"]}}}}]}]}"#;
//! let mut sink = Collected::default();
//! Root::parse("cve_feed", &mut InMemory::new([("cve_feed", list)]), &mut sink)?;
//! let [affected, not_affected] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!(affected.namespace, "debian:bookworm");
//! assert_eq!(affected.ranges, [Range::before("2.28.3-1.root.io.1")]);
//! assert_eq!(not_affected.ranges, [Range::since("2.28.3-1.root.io.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod builds;
mod list;
mod ranges;
mod records;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The list.
const LIST: &str = "cve_feed";

/// The records.
const OSV: &str = "osv";

/// The system of the publisher's words for how bad something is.
const RATER: &str = "rootio";

/// The feed.
#[derive(Debug)]
pub struct Root;

impl Feed for Root {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![
            Source::whole(LIST, "https://api.root.io/external/cve_feed"),
            Source::whole(OSV, "https://api.root.io/external/osv/all.zip"),
        ]
    }

    /// What is handed in as `cve_feed.json`, or any other name with that beginning, is the list.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        if source.starts_with(LIST) {
            let mut document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
            list::read(&mut document, sink)?;
            sink.identify(LIST);
        } else {
            let first = records::read(documents, sink)?;
            sink.identify(if source == OSV { OSV } else { &first });
        }
        Ok(None)
    }
}

export_feed!(Root);

#[cfg(test)]
mod tests;
