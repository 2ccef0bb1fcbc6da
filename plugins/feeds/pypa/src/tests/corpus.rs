//! The whole database.

use std::collections::BTreeSet;

use limpid_plugin_sdk::feed::Feed as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::PyPa;

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
