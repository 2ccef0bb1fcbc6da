//! The feed of the errata of [ALT Linux](https://errata.altlinux.org/), in OVAL.
//!
//! This crate owns where errata are, of which branch they are, and what an erratum is called; how definitions are read
//! is owned by [`limpid_oval`]. A list names the branches whose errata are published, such as `p10`, `c10f2` and
//! `sisyphus`. Of each there is an archive, in which every erratum is a document of its own. Its folder names the
//! branch (`oval_definitions_p10`), and so does the platform of a definition (`ALT Linux branch p10`), which alone tells
//! where a document is handed in by itself. What the criteria ask for, a number in `/etc/os-release`, is the same for
//! `p10` and `c10f2`.
//!
//! Packages are those that are installed. An erratum is stated by its identifier (`ALT-PU-2013-1002`), with the CVEs and
//! the numbers of the Russian database (`BDU:2015-00047`) that it names as aliases.
//!
//! ```
//! use limpid_feed_altlinux::AltLinux;
//! use limpid_plugin_sdk::feed::{Feed, Source};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let list = r#"{"length": 2, "branches": ["p10", "sisyphus"]}"#;
//! let mut sink = Collected::default();
//! AltLinux::parse("branches", &mut InMemory::new([("branches", list)]), &mut sink)?;
//! let address = "https://rdb.altlinux.org/api/errata/export/oval/p10";
//! assert_eq!(sink.followed[0], Source::whole("p10", address));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod branches;
mod errata;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the list of branches is called.
const BRANCHES: &str = "branches";

/// Below which the list and the archives are.
const ORIGIN: &str = "https://rdb.altlinux.org/api/errata/export/oval/";

/// The feed.
#[derive(Debug)]
pub struct AltLinux;

impl Feed for AltLinux {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(BRANCHES, format!("{ORIGIN}{BRANCHES}"))]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        if source == BRANCHES {
            let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
            branches::follow(document, sink)?;
        } else {
            errata::read(source, documents, sink)?;
        }
        Ok(None)
    }
}

export_feed!(AltLinux);

#[cfg(test)]
mod tests;
