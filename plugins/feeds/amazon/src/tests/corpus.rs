//! The extracts of the corpus.

use std::collections::BTreeSet;

use super::parse;

/// Attributes of this name that begin with this, counted in the text of a document.
fn count(document: &str, text: &str) -> usize {
    document.matches(text).count()
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extracts_is_lost() {
    let check = |name: &str, namespace: &str, packages: usize| {
        let stored =
            limpid_test_corpus::extract(&format!("amazon/testdata/fixtures/updateinfo_{name}.xml.gz"));
        let document = String::from_utf8(stored).unwrap();
        let sink = parse(name, document.as_bytes()).unwrap();
        assert_eq!(sink.rejected, [], "{name}");
        assert_eq!(sink.advisories.len(), count(&document, "<id>ALAS"), "{name}");
        let stated: usize =
            sink.advisories.iter().flat_map(|it| &it.affected).map(|it| it.requires[0].1.len()).sum();
        assert_eq!((stated, count(&document, "<package ")), (packages, packages), "{name}");
        let namespaces: BTreeSet<_> =
            sink.advisories.iter().flat_map(|it| &it.affected).map(|it| it.namespace.as_str()).collect();
        assert_eq!(namespaces, BTreeSet::from([namespace]), "{name}");
        let cves: BTreeSet<_> = sink.advisories.iter().flat_map(|it| &it.aliases).collect();
        assert_eq!(cves.len(), count(&document, " id=\"CVE-"), "{name}");
        assert!(sink.advisories.iter().all(|it| it.ratings.len() == 1 && it.published.is_some()), "{name}");
    };
    check("1", "amzn:1", 1);
    check("2", "amzn:2", 1);
    check("2_kernel-5.15", "amzn:2", 31);
    check("2022", "amzn:2022", 2);
    check("2023", "amzn:2023", 61);
    check("2023_kernel-livepatch", "amzn:2023", 1);
    check("2023_nvidia", "amzn:2023", 6);
    let catalog = limpid_test_corpus::extract("amazon/testdata/fixtures/extras-catalog_valid.json");
    let topics = count(&String::from_utf8_lossy(&catalog), "\"n\":");
    assert_eq!(parse("2/extras", catalog).unwrap().followed.len(), 2 * topics);
    let repomd = limpid_test_corpus::extract("amazon/testdata/fixtures/repomd_valid.xml");
    assert_eq!(parse("2/core/x86_64@2/core/repomd", repomd).unwrap().followed.len(), 1);
}
