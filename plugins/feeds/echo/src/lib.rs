//! The feed of [Echo](https://advisory.echohq.com/), which builds packages of Debian and of languages anew.
//!
//! This crate owns where its advisories are, and what its list says. There are two sources:
//!
//! `data` is a list for the packages of Echo's distribution, which rolls: package, vulnerability, version. It is of the
//! namespace `echo`, of source packages, whose versions are ordered as Debian orders them.
//!
//! | The list says | Advisory |
//! |---|---|
//! | fixed in version `0` or `1` | not affected |
//! | fixed in a version | affected before that version |
//! | no version | affected, no end known |
//! | a severity | a rating by the system `echo` |
//!
//! The version `1` stands in the list for what never affected a kernel, some two thousand times. No build is called
//! that: all of them have a revision of Debian's.
//!
//! `osv` is an archive of records in the OSV schema, read by [`limpid_osv`]. What they say of the distribution, the list
//! says as well. What they say of Python's packages (`Echo:PyPI`) is stated of the namespace `pypi`: a build
//! `2.0.1+echo.1` and later ones of the same release hold the fix, whatever the project says of `2.0.1`. Of other
//! languages nothing is stated, since their versions are the same to their orders with and without `+echo.1`.
//!
//! ```
//! use limpid_feed_echo::Echo;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let list = r#"{"firefox-esr": {"CVE-2025-4091": {"fixed_version": "128.10.0esr-1~deb12u1"}}}"#;
//! let mut sink = Collected::default();
//! Echo::parse("data", &mut InMemory::new([("data.json", list)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "echo");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("128.10.0esr-1~deb12u1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod list;
mod records;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The list.
const DATA: &str = "data";

/// The records.
const OSV: &str = "osv";

/// The system of the list's words for how bad something is.
const RATER: &str = "echo";

/// The feed.
#[derive(Debug)]
pub struct Echo;

impl Feed for Echo {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![
            Source::whole(DATA, "https://advisory.echohq.com/data.json"),
            Source::whole(OSV, "https://advisory.echohq.com/osv/all.zip"),
        ]
    }

    /// What is handed in as `data.json`, or any other name with that beginning, is the list.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        if source.starts_with(DATA) {
            let mut document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
            list::read(&mut document, sink)?;
            sink.identify(DATA);
        } else {
            let first = records::read(documents, sink)?;
            sink.identify(if source == OSV { OSV } else { &first });
        }
        Ok(None)
    }
}

export_feed!(Echo);

#[cfg(test)]
mod tests;
