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
mod tests {
    use std::collections::BTreeSet;

    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    const RECORD: &str = "id: PYSEC-2024-1\nmodified: 2024-05-01T00:00:00Z\naliases: [CVE-2024-0001]\naffected:\n\
         - package: {ecosystem: PyPI, name: Left.Pad}\n  ranges:\n  - type: ECOSYSTEM\n    events:\n    \
         - introduced: \"0\"\n    - fixed: 1.3.1\n";

    fn parse(source: &str, documents: &[(&'static str, &str)]) -> (Result<Option<String>, Error>, Collected) {
        let mut sink = Collected::default();
        let mut documents = InMemory::new(documents.iter().map(|(name, text)| (*name, *text)));
        (PyPa::parse(source, &mut documents, &mut sink), sink)
    }

    #[test]
    fn nothing_is_fetched_that_another_feed_fetches() {
        assert_eq!(PyPa::sources(None), []);
        assert_eq!(PyPa::sources(Some("cursor".to_owned())), []);
    }

    #[test]
    fn records_are_below_one_folder_of_the_repository() {
        let tree = [("db-main/tools/a.json", "[1]"), ("db-main/vulns/left-pad/PYSEC-2024-1.yaml", RECORD)];
        let (result, sink) = parse("advisories", &tree);
        assert_eq!((result, sink.advisories.len(), sink.rejected.as_slice()), (Ok(None), 1, [].as_slice()));
        assert_eq!(sink.advisories[0].affected[0].namespace, "pypi");
        assert_eq!(sink.advisories[0].affected[0].name, "left-pad");
        assert_eq!(sink.identified.as_deref(), Some("advisories"));
        assert!(matches!(
            parse("advisories", &[("db-main/tools/a.yaml", RECORD)]).0,
            Err(Error::Malformed(_))
        ));
    }

    #[test]
    fn a_single_record_is_a_source_of_its_own() {
        let (result, sink) = parse("handed in", &[("PYSEC-2024-1.yaml", RECORD)]);
        assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some("PYSEC-2024-1")));
    }

    #[test]
    #[ignore = "reads the corpus: `cargo xtask verify corpus`"]
    fn nothing_of_the_database_is_lost() {
        let members = limpid_test_corpus::members("feeds/osv/pypa-advisory-database.tar.zst", |_| true);
        let records: Vec<(String, String)> = members
            .into_iter()
            .filter(|(name, _)| name.ends_with(".yaml"))
            .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
            .collect();
        assert_eq!(records.len(), 2661);
        let mut sink = Collected::default();
        let mut documents = InMemory::new(records.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        PyPa::parse("advisories", &mut documents, &mut sink).unwrap();
        assert_eq!(sink.rejected, []);
        let id = |text: &str| text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
        let expected: BTreeSet<String> = records.iter().map(|(_, text)| id(text)).collect();
        let of_nothing = sink.withdrawn.clone();
        let stated: BTreeSet<String> =
            sink.advisories.iter().map(|advisory| advisory.id.clone()).chain(of_nothing).collect();
        assert_eq!((stated.len(), stated), (2661, expected));
        // One record names a package and no version.
        assert_eq!(sink.withdrawn.len(), 1);
        let count = |line: &str| records.iter().filter(|(_, text)| text.contains(line)).count();
        let is_withdrawn = sink.advisories.iter().filter(|advisory| advisory.withdrawn.is_some()).count();
        assert_eq!(is_withdrawn + sink.withdrawn.len(), count("\nwithdrawn: "));
    }
}
