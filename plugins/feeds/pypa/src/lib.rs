//! The feed of the [Python Packaging Advisory Database](https://github.com/pypa/advisory-database): advisories in the OSV
//! schema, in YAML, a folder of them for each package.
//!
//! osv.dev passes on just these, under the same identifiers and in the same namespace `pypi`, so that a finding of both
//! is one. Hence this feed fetches nothing by itself: it is for services that take them from their publisher, and
//! who adds an archive of the repository, or single records, by hand.
//!
//! This crate owns where records are; what one says is read by [`limpid_osv`].
//!
//! ```
//! use limpid_feed_pypa::PyPa;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = "id: PYSEC-2024-1\nmodified: 2024-05-01T00:00:00Z\naffected:\n- package:\n    ecosystem: PyPI\n    name: Left.Pad\n  \
//!     ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: \"0\"\n    - fixed: 1.3.1\n";
//! let mut sink = Collected::default();
//! PyPa::parse("any", &mut InMemory::new([("PYSEC-2024-1.yaml", record)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].name, "left-pad");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_osv::{Ecosystem, Publisher, Sources, Stated};
use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What an archive of the repository is called.
const SOURCE: &str = "advisories";

/// Where records are in the repository, which has tools as well.
const FOLDERS: [&str; 1] = ["vulns"];

/// The feed.
#[derive(Debug)]
pub struct PyPa;

impl Feed for PyPa {
    /// None: the feed of osv.dev fetches the same.
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        Vec::new()
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let sources = Sources { whole: SOURCE, named: source };
        limpid_osv::read_folders(&Advisories, &FOLDERS, sources, documents, sink)?;
        Ok(None)
    }
}

export_feed!(PyPa);

/// Whose advisories they are.
struct Advisories;

impl Publisher for Advisories {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        Ecosystem::defined(stated.ecosystem, stated.versions)
    }

    fn rater(&self, _id: &str) -> String {
        "pysec".to_owned()
    }
}

#[cfg(test)]
mod tests;
