//! The feed of the security database of MinimOS: one document for all packages, in the form of Alpine's secdb.
//!
//! This crate owns where the document is; what it says is read by [`limpid_secdb`]. MinimOS rolls: it has no releases.
//!
//! ```
//! use limpid_feed_minimos::MinimOS;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let secdb = r#"{"urlprefix": "https://packages.mini.dev", "packages": [
//!     {"pkg": {"name": "busybox", "secfixes": {"1.36.1-r2": ["CVE-2022-48174"]}}}]}"#;
//! let mut sink = Collected::default();
//! MinimOS::parse("security", &mut InMemory::new([("security.json", secdb)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "minimos");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.36.1-r2")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};
use limpid_secdb::Rolling;

/// What is published.
const PUBLISHED: Rolling = Rolling {
    namespace: "minimos",
    source: "security",
    address: "https://packages.mini.dev/advisories/secdb/security.json",
    prefix: "https://packages.mini.dev",
};

/// The feed.
#[derive(Debug)]
pub struct MinimOS;

impl Feed for MinimOS {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        PUBLISHED.sources()
    }

    fn parse(
        _source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        PUBLISHED.parse(documents, sink).map(|()| None)
    }
}

export_feed!(MinimOS);

#[cfg(test)]
mod tests {
    mod corpus;

    use limpid_plugin_sdk::Error;
    use limpid_plugin_sdk::feed::{Feed as _, Source};
    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    #[test]
    fn a_run_fetches_one_document() {
        let expected = Source::whole("security", "https://packages.mini.dev/advisories/secdb/security.json");
        assert_eq!(MinimOS::sources(None), [expected]);
    }

    #[test]
    fn another_publishers_document_is_refused() {
        let other = r#"{"urlprefix": "https://dl-cdn.alpinelinux.org/alpine", "packages": []}"#;
        let read =
            MinimOS::parse("security", &mut InMemory::new([("main.json", other)]), &mut Collected::default());
        assert!(matches!(read, Err(Error::Malformed(_))), "{read:?}");
    }
}
