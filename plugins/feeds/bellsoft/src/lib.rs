//! The feed of [BellSoft](https://docs.bell-sw.com/security/): its advisories in the OSV schema, for Alpaquita Linux and
//! for the hardened containers that are built from it.
//!
//! This crate owns where they are; what a record says is read by [`limpid_osv`]. Records of Alpaquita are in the
//! namespaces `alpaquita:stream` and `alpaquita:23`. Those of the hardened containers are in namespaces of their own,
//! `bellsoft-hardened-containers:23`, so that what holds of one does not count for the other.
//!
//! ```
//! use limpid_feed_bellsoft::BellSoft;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = r#"{"id": "BELL-CVE-2025-49796", "modified": "2025-08-07T07:31:05Z", "affected": [{
//!     "package": {"ecosystem": "Alpaquita:23", "name": "libxml2"}, "ranges": [{"type": "ECOSYSTEM", "events":
//!     [{"introduced": "2.10.3-r2"}, {"fixed": "2.10.4-r5"}]}]}]}"#;
//! let mut sink = Collected::default();
//! BellSoft::parse("records", &mut InMemory::new([("BELL-CVE-2025-49796.json", record)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "alpaquita:23");
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_osv::{Ecosystem, Kind, Packages, Publisher, Scope, Stated};
use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "records";

/// The ecosystem that the schema does not define in Limpid's words.
const HARDENED: &str = "BellSoft Hardened Containers";

/// The feed.
#[derive(Debug)]
pub struct BellSoft;

impl Feed for BellSoft {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(
            SOURCE,
            "https://github.com/bell-sw/osv-database/archive/refs/heads/master.tar.gz",
        )]
    }

    /// An archive stands for all records, whatever it is called; a single one that is handed in for itself.
    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let summary = limpid_osv::read(&Bell, Scope::Everything, documents, sink)?;
        let is_one = summary.records == 1 && source != SOURCE;
        sink.identify(if is_one { &summary.first } else { SOURCE });
        Ok(None)
    }
}

export_feed!(BellSoft);

/// BellSoft.
struct Bell;

impl Publisher for Bell {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        let hardened = stated.ecosystem.strip_prefix(HARDENED).map(|rest| rest.trim_start_matches(':'));
        let Some(release) = hardened else { return Ecosystem::defined(stated.ecosystem, stated.versions) };
        let separator = if release.is_empty() { "" } else { ":" };
        Ecosystem {
            namespace: format!("bellsoft-hardened-containers{separator}{}", release.to_ascii_lowercase()),
            scheme: "apk".to_owned(),
            kind: Kind::Distribution(Packages::Sources),
        }
    }

    fn rater(&self, _id: &str) -> String {
        "bellsoft".to_owned()
    }
}

#[cfg(test)]
mod tests {
    mod corpus;

    use limpid_osv::Versions;
    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    #[test]
    fn a_run_fetches_one_archive() {
        let expected = "https://github.com/bell-sw/osv-database/archive/refs/heads/master.tar.gz";
        assert_eq!(BellSoft::sources(None), [Source::whole("records", expected)]);
    }

    #[test]
    fn packages_of_both_are_ordered_as_apk_does() {
        let check = |ecosystem: &str, namespace: &str| {
            let stated = Stated { id: "BELL-CVE-2025-1", ecosystem, versions: Versions::OfEcosystem };
            let ecosystem = Bell.ecosystem(&stated);
            assert_eq!((ecosystem.namespace.as_str(), ecosystem.scheme.as_str()), (namespace, "apk"));
        };
        check("Alpaquita:stream", "alpaquita:stream");
        check("Alpaquita:23", "alpaquita:23");
        check("BellSoft Hardened Containers:23", "bellsoft-hardened-containers:23");
        check("BellSoft Hardened Containers", "bellsoft-hardened-containers");
    }

    #[test]
    fn an_archive_without_records_is_refused() {
        let mut documents = InMemory::new([("osv-database-master/README.md", "x")]);
        let read = BellSoft::parse(SOURCE, &mut documents, &mut Collected::default());
        assert!(matches!(read, Err(Error::Malformed(_))), "{read:?}");
    }
}
