//! The extracts of the corpus.

use super::parse;

const HAPPY: &str = "rocky/updateinfo/testdata/fixtures/happy/";

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extracts_is_lost() {
    let check = |path: &str, source: &str, namespace: &str, advisories: usize, passed_over: usize| {
        let document = limpid_test_corpus::extract(&format!("{HAPPY}{path}-updateinfo.xml.gz"));
        let text = String::from_utf8_lossy(&document);
        assert_eq!(text.matches("<update ").count(), advisories + passed_over, "{path}");
        let sink = parse(source, document.as_slice()).unwrap();
        assert_eq!(sink.rejected, [], "{path}");
        assert_eq!(sink.advisories.len(), advisories, "{path}");
        for advisory in &sink.advisories {
            assert!(advisory.affected.iter().all(|it| it.namespace == namespace), "{advisory:?}");
            assert!(!advisory.aliases.is_empty() && !advisory.ratings.is_empty(), "{advisory:?}");
        }
    };
    let (base, app) = (
        "pub/rocky/9/BaseOS/x86_64/os/repodata/aaaa587b7c2316f0b357a284fc32836ceee13fe54e277cc841b30ecefb7cbb42a",
        "pub/rocky/9/AppStream/x86_64/os/repodata/bbbb125de8ddb7f66ac6a9850f48af285670c3ace1e29f2b0ce002ab69b88ee5",
    );
    check(base, "9/BaseOS/x86_64/os", "rocky:9", 1, 1);
    check(app, "9/AppStream/x86_64/os", "rocky:9", 1, 0);
    check(
        "vault/rocky/8.6/BaseOS/x86_64/os/repodata/dddd587b7c2316f0b357a284fc32836ceee13fe54e277cc841b30ecefb7cbb42a",
        "updateinfo.xml",
        "rocky:8",
        1,
        0,
    );
    let files = limpid_test_corpus::extract(&format!("{HAPPY}pub/rocky/fullfiletimelist"));
    assert_eq!(parse("files", files).unwrap().followed.len(), 2);
    let repomd =
        limpid_test_corpus::extract(&format!("{HAPPY}pub/rocky/9/AppStream/x86_64/os/repodata/repomd.xml"));
    assert_eq!(parse("9/AppStream/x86_64/os/repomd", repomd).unwrap().followed.len(), 1);
}
