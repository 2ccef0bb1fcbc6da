//! The extracts of the corpus.

use super::parse;

const HAPPY: &str = "openeuler/osv/testdata/fixtures/happy/";

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extracts_is_lost() {
    let list = limpid_test_corpus::extract(&format!("{HAPPY}all.json"));
    assert_eq!(parse("changes", list).unwrap().1.followed.len(), 1);
    let record = limpid_test_corpus::extract(&format!("{HAPPY}OESA-2021-1001.json"));
    let text = String::from_utf8_lossy(&record).into_owned();
    let (_, sink) = parse("OESA-2021-1001", record).unwrap();
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!(sink.rejected, []);
    assert_eq!(advisory.affected.len(), text.matches("\"ecosystem\"").count());
    assert!(
        advisory.affected.iter().all(|it| it.namespace.starts_with("openeuler:20.03-lts")),
        "{advisory:?}"
    );
    assert_eq!(advisory.aliases.len(), 7);
}
