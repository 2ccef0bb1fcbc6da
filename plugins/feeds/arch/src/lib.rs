//! The feed of [Arch Linux](https://security.archlinux.org/): all groups of vulnerabilities (AVG) in one document.
//!
//! This crate owns how a group becomes an advisory for the namespace `arch`. Packages are binary packages; how their
//! versions compare is for the scheme `alpm`.
//!
//! | The tracker says | Advisory |
//! |---|---|
//! | `Fixed`, `Testing`, `Vulnerable`, with a fixed version | affected before that version |
//! | `Vulnerable`, without one | affected, no end known |
//! | `Not affected` | not affected |
//! | `Unknown` | under investigation |
//! | `issues`, `advisories` | aliases |
//! | `severity`, unless it is `Unknown` | a rating of the package |
//!
//! ```
//! use limpid_feed_arch::Arch;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let groups = r#"[{"name": "AVG-1", "packages": ["libtiff"], "status": "Fixed", "severity": "Critical",
//!     "type": "multiple issues", "affected": "4.0.8-1", "fixed": "4.0.8-2", "issues": ["CVE-2016-10095"]}]"#;
//! let mut sink = Collected::default();
//! Arch::parse("all", &mut InMemory::new([("all.json", groups)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("4.0.8-2")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod group;

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "all";

/// The feed.
#[derive(Debug)]
pub struct Arch;

impl Feed for Arch {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(SOURCE, "https://security.archlinux.org/all.json")]
    }

    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let document = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        group::read(document, sink)?;
        sink.identify(SOURCE);
        Ok(None)
    }
}

export_feed!(Arch);

#[cfg(test)]
mod tests;
