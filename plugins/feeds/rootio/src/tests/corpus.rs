//! The extract of the corpus.

use limpid_plugin_sdk::feed::{Feed as _, Range, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Root;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_list_is_lost() {
    let document = limpid_test_corpus::extract("rootio/testdata/fixtures/happy/cve_feed");
    let mut sink = Collected::default();
    Root::parse("cve_feed", &mut InMemory::new([("cve_feed", document.clone())]), &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    let named = String::from_utf8(document).unwrap().matches("\"fixed_versions\"").count();
    let stated: Vec<_> = sink.advisories.iter().map(|it| it.affected.as_slice()).collect();
    assert_eq!(stated.len(), named);
    for affected in stated {
        let [affected, not_affected] = affected else { panic!("{affected:?}") };
        let [Range { introduced: None, until: Some(limpid_plugin_sdk::feed::Bound::Excluding(fix)) }] =
            affected.ranges.as_slice()
        else {
            panic!("{affected:?}")
        };
        assert_eq!(not_affected.ranges, [Range::since(fix.as_str())]);
        assert_eq!(not_affected.status, Status::NotAffected);
    }
}
