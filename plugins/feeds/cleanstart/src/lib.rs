//! The feed of [CleanStart](https://github.com/cleanstart-dev/cleanstart-security-advisories): its advisories in the
//! OSV schema, a folder of them in a repository.
//!
//! This crate owns where they are; what a record says is read by [`limpid_osv`]. CleanStart rolls: whatever
//! `VERSION_ID` says, its advisories are of the one namespace `cleanstart`. The publisher writes the ecosystem as
//! `CleanStart`, and as `clnstrt` as its images do in their os-release.
//!
//! Records come of what build recipes say was fixed in which version, hence source packages. Of a fix that several
//! branches of a package got, a record has a range for each, all of them from the first version on. That is taken as
//! it is: who has the fix of an older branch is told too much rather than too little.
//!
//! ```
//! use limpid_feed_cleanstart::CleanStart;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = r#"{"id": "CLEANSTART-2026-AB00001", "modified": "2026-01-22T09:39:52Z", "upstream": ["CVE-2025-47913"],
//!     "affected": [{"package": {"ecosystem": "CleanStart", "name": "istio-fips"}, "ranges": [{"type": "ECOSYSTEM",
//!     "events": [{"introduced": "0"}, {"fixed": "1.26.7-r1"}]}]}]}"#;
//! let mut sink = Collected::default();
//! CleanStart::parse("advisories", &mut InMemory::new([("CLEANSTART-2026-AB00001.json", record)]), &mut sink)?;
//! assert_eq!(sink.advisories[0].affected[0].namespace, "cleanstart");
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.26.7-r1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_osv::{Ecosystem, Publisher, Sources, Stated};
use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "advisories";

/// Where records are in the repository, which has tools as well.
const FOLDERS: [&str; 1] = ["advisories"];

/// The ecosystem as the schema defines it.
const ECOSYSTEM: &str = "CleanStart";

/// How else the publisher writes it, in whatever case.
const SHORT: &str = "clnstrt";

/// The feed.
#[derive(Debug)]
pub struct CleanStart;

impl Feed for CleanStart {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(
            SOURCE,
            "https://github.com/cleanstart-dev/cleanstart-security-advisories/archive/refs/heads/main.tar.gz",
        )]
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

export_feed!(CleanStart);

/// Whose advisories they are.
struct Advisories;

impl Publisher for Advisories {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        let name = match stated.ecosystem {
            name if name.eq_ignore_ascii_case(ECOSYSTEM) || name.eq_ignore_ascii_case(SHORT) => ECOSYSTEM,
            other => other,
        };
        Ecosystem::defined(name, stated.versions)
    }

    fn rater(&self, _id: &str) -> String {
        "cleanstart".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use limpid_osv::Versions;
    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    #[test]
    fn a_run_fetches_one_archive() {
        let expected =
            "https://github.com/cleanstart-dev/cleanstart-security-advisories/archive/refs/heads/main.tar.gz";
        assert_eq!(CleanStart::sources(None), [Source::whole("advisories", expected)]);
    }

    #[test]
    fn the_ecosystem_is_one_however_it_is_written() {
        let check = |ecosystem: &str, namespace: &str, scheme: &str| {
            let stated = Stated { id: "CLEANSTART-2026-A", ecosystem, versions: Versions::OfEcosystem };
            let ecosystem = Advisories.ecosystem(&stated);
            assert_eq!((ecosystem.namespace.as_str(), ecosystem.scheme.as_str()), (namespace, scheme));
        };
        check("CleanStart", "cleanstart", "apk");
        check("clnstrt", "cleanstart", "apk");
        check("CLEANSTART", "cleanstart", "apk");
        check("npm", "npm", "npm");
    }

    const RECORD: &str = r#"{"id": "CLEANSTART-2026-AB00001", "modified": "2026-01-22T09:39:52Z",
        "affected": [{"package": {"ecosystem": "clnstrt", "name": "left-pad"}, "ranges": [{"type": "ECOSYSTEM",
        "events": [{"introduced": "0"}, {"fixed": "1.2-r1"}]}]}]}"#;

    #[test]
    fn records_are_below_one_folder_of_the_repository() {
        let mut documents = InMemory::new([
            ("tree-main/scripts/cache.json", r#"[1]"#),
            ("tree-main/advisories/2026/CLEANSTART-2026-AB00001.json", RECORD),
        ]);
        let mut sink = Collected::default();
        CleanStart::parse("main.tar.gz", &mut documents, &mut sink).unwrap();
        assert_eq!((sink.advisories.len(), sink.rejected.as_slice()), (1, &[][..]));
        assert_eq!(sink.identified.as_deref(), Some("CLEANSTART-2026-AB00001"));
    }

    #[test]
    fn an_archive_without_records_is_refused() {
        let mut documents = InMemory::new([("tree-main/scripts/cache.json", RECORD)]);
        let read = CleanStart::parse(SOURCE, &mut documents, &mut Collected::default());
        assert!(matches!(read, Err(Error::Malformed(_))), "{read:?}");
    }
}
