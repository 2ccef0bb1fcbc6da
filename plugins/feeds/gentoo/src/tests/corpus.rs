//! The extract of the corpus.

use limpid_plugin_sdk::feed::{Feed as _, Range};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Gentoo;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extract_is_lost() {
    let document = limpid_test_corpus::extract("gentoo/testdata/fixtures/glsa/data/glsa-202305-28.xml");
    let text = String::from_utf8_lossy(&document).into_owned();
    let mut sink = Collected::default();
    Gentoo::parse("glsa", &mut InMemory::new([("glsa-202305-28.xml", document)]), &mut sink).unwrap();
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!(advisory.aliases.len(), text.matches(">CVE-").count());
    assert_eq!(advisory.affected.len(), text.matches("<package ").count());
    assert_eq!(advisory.affected[0].ranges, [Range::before("1.33")]);
}
