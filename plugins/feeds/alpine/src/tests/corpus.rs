//! Whole documents of the corpus.

use std::collections::BTreeSet;
use std::path::PathBuf;

use limpid_plugin_sdk::feed::Status;
use limpid_plugin_sdk::testing::Collected;

use super::accepted;

/// What a document of the corpus gives.
fn collected(path: &str) -> Collected {
    let compressed = std::fs::File::open(corpus(path)).unwrap();
    accepted(zstd::decode_all(compressed).unwrap())
}

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

/// How many packages, vulnerabilities and pairs of the two there are.
fn counts(sink: &Collected) -> (usize, usize, usize) {
    let ids: BTreeSet<_> = sink.advisories.iter().map(|advisory| &advisory.id).collect();
    let affected = sink.advisories.iter().flat_map(|advisory| &advisory.affected);
    let packages: BTreeSet<_> = affected.map(|one| &one.name).collect();
    (packages.len(), ids.len(), sink.advisories.len())
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_edge_main_is_lost() {
    let sink = collected("feeds/alpine/edge/main.json.zst");
    assert_eq!(sink.rejected, []);
    assert_eq!(counts(&sink), (286, 3133, 3247));

    let affected: Vec<_> = sink.advisories.iter().flat_map(|advisory| &advisory.affected).collect();
    assert!(affected.iter().all(|one| one.namespace == "alpine:edge"));
    let noted = affected.iter().filter(|one| one.note.is_some()).count();
    assert_eq!(noted, 3);
    let never = affected.iter().filter(|one| one.status == Status::NotAffected).count();
    assert_eq!(never, 81);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_edge_community_is_lost() {
    let sink = collected("feeds/alpine/edge/community.json.zst");
    assert_eq!(sink.rejected, []);
    assert_eq!(counts(&sink), (479, 5734, 6487));
}
