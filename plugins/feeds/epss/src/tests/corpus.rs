//! Whole documents of the corpus, which is no part of this repository.

use std::io::Read as _;
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
fn nothing_of_a_whole_list_is_lost() {
    let compressed = std::fs::File::open(corpus("feeds/epss/epss_scores-2026-08-16.csv.gz")).unwrap();
    let mut document = Vec::new();
    flate2::read::GzDecoder::new(compressed).read_to_end(&mut document).unwrap();
    let begun = std::time::Instant::now();
    let (result, sink) = parse(document);
    eprintln!("{} scores in {:.3} s", sink.enrichments.len(), begun.elapsed().as_secs_f64());
    assert_eq!(result, Ok(Some("2026-08-16T00:00:00+0000".into())));
    assert_eq!((sink.enrichments.len(), sink.rejected.len()), (360_142, 0));
}
