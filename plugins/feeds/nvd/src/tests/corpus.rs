//! Whole documents of the corpus, which is no part of this repository.

use std::path::PathBuf;

use super::parse;

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_a_real_page_is_lost() {
    let compressed = std::fs::File::open(corpus("feeds/nvd/nvd-cve-api-2.0-one-page.json.zst")).unwrap();
    let (result, sink) = parse("cves", zstd::decode_all(compressed).unwrap());
    assert_eq!(result, Ok(Some("2023-10-18T18:04:18".into())));
    assert_eq!((sink.enrichments.len(), sink.rejected.len(), sink.followed.len()), (38, 0, 0));
    assert_eq!(sink.enrichments.iter().filter(|one| !one.ratings.is_empty()).count(), 35);
}
