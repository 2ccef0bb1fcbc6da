//! The extract of the corpus.

use super::parse;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extract_is_lost() {
    let document = limpid_test_corpus::extract("bottlerocket/testdata/fixtures/happy/updateinfo.xml.gz");
    let text = String::from_utf8_lossy(&document).into_owned();
    let sink = parse(document).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!((sink.advisories.len(), text.matches("<update ").count()), (1, 1));
    let architectures: usize =
        sink.advisories.iter().flat_map(|it| &it.affected).map(|it| it.requires[0].1.len()).sum();
    assert_eq!((architectures, text.matches("<package ").count()), (2, 2));
    assert_eq!(sink.advisories[0].aliases, ["CVE-2020-10711"]);
}
