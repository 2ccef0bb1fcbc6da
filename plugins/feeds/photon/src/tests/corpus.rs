//! The extracts of the corpus.

use super::parse;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extracts_is_lost() {
    let mut total = (0, 0, 0);
    for release in ["1.0", "4.0", "5.0"] {
        let name = format!("cve_data_photon{release}.json");
        let document = limpid_test_corpus::extract(&format!("photon/cve/testdata/fixtures/happy/{name}"));
        let text = String::from_utf8_lossy(&document).replace(": ", ":");
        let (records, unknown) =
            (text.matches("\"cve_id\":").count(), text.matches("\"cve_id\":\"UNK").count());
        let sink = parse("handed-in", &name, document).unwrap();
        assert_eq!(sink.identified.as_deref(), Some(release));
        assert_eq!((sink.advisories.len(), sink.rejected.len()), (records - unknown, unknown), "{release}");
        total = (total.0 + records, total.1 + unknown, total.2 + 1);
    }
    assert!(total.0 > total.1 && total.1 > 0, "{total:?}");
}
