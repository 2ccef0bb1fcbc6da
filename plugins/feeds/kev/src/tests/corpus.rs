//! Whole documents of the corpus, which is no part of this repository.

use std::path::PathBuf;

use super::accepted;

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_a_whole_catalog_is_lost() {
    for (date, entries) in [("2025-08-25", 1404), ("2026-01-27", 1500)] {
        let compressed = std::fs::File::open(corpus(&format!(
            "feeds/kev/known_exploited_vulnerabilities.{date}.json.zst"
        )))
        .unwrap();
        let sink = accepted(zstd::decode_all(compressed).unwrap());
        assert_eq!((sink.enrichments.len(), sink.rejected.len()), (entries, 0), "{date}");
        assert!(sink.enrichments.iter().all(|one| one.facts.len() == 5), "{date}");
    }
}
