//! The extract of the corpus.

use super::parse;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extract_is_lost() {
    let document = limpid_test_corpus::extract("arch/testdata/fixtures/advisory.json");
    let groups = String::from_utf8_lossy(&document).matches("\"AVG-").count();
    let sink = parse(document).unwrap();
    assert_eq!((sink.advisories.len(), groups, sink.rejected.as_slice()), (2, 2, &[][..]));
}
