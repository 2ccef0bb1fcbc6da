use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

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
    assert!(matches!(parse("advisories", &[("db-main/tools/a.yaml", RECORD)]).0, Err(Error::Malformed(_))));
}

#[test]
fn a_single_record_is_a_source_of_its_own() {
    let (result, sink) = parse("handed in", &[("PYSEC-2024-1.yaml", RECORD)]);
    assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some("PYSEC-2024-1")));
}
