//! The extract of the corpus.

use limpid_plugin_sdk::feed::Feed as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Wolfi;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extract_is_lost() {
    let document = limpid_test_corpus::extract("wolfi/secdb/testdata/fixtures/happy/security.json");
    // Each identifier is a text in an array of them; names of arrays are versions.
    let text = String::from_utf8(document.clone()).unwrap();
    let named = text.matches("\"CVE-").count() + text.matches("\"GHSA-").count();
    let mut sink = Collected::default();
    Wolfi::parse("security", &mut InMemory::new([("security.json", document)]), &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    let stated: usize = sink
        .advisories
        .iter()
        .map(|it| {
            it.affected.iter().map(|one| one.ranges.len() + usize::from(one.note.is_some())).sum::<usize>()
        })
        .sum();
    assert_eq!((stated, named), (84, 84));
}
