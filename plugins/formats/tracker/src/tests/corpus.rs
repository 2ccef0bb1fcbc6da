//! The whole of a document in the tracker's form, of the corpus.

use std::collections::BTreeSet;
use std::path::PathBuf;

use limpid_plugin_sdk::feed::{Affected, Status};

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
fn nothing_of_a_whole_document_is_lost() {
    let compressed = std::fs::File::open(corpus("feeds/debian/tracker-derived.json.zst")).unwrap();
    let document = zstd::decode_all(compressed).unwrap();
    let sink = accepted(document);
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.advisories.len(), 6178);

    let ids: BTreeSet<_> = sink.advisories.iter().map(|advisory| &advisory.id).collect();
    assert_eq!(ids.len(), 5129);
    let affected: Vec<_> = sink.advisories.iter().flat_map(|advisory| &advisory.affected).collect();
    let packages: BTreeSet<_> = affected.iter().map(|one| &one.name).collect();
    assert_eq!(packages.len(), 397);
    let namespaces: BTreeSet<_> = affected.iter().map(|one| one.namespace.as_str()).collect();
    assert!(
        namespaces.iter().eq(["debian:bookworm", "debian:bullseye", "debian:sid", "debian:trixie"].iter())
    );

    let count = |status: Status| affected.iter().filter(|one| one.status == status).count();
    assert_eq!(count(Status::NotAffected), 2);
    assert_eq!(count(Status::WontFix), 3);
    assert_eq!(count(Status::FixDeferred), 3);
    let is_newer = |one: &&Affected| one.status == Status::Affected && one.note.is_some();
    let newer = affected.iter().filter(|one| is_newer(one)).count();
    assert_eq!(count(Status::Affected), 7404 + 61 - 3 - 3 + newer);
    assert_eq!((newer, count(Status::Fixed)), (2, 1246));
    assert_eq!(affected.iter().filter(|one| !one.ratings.is_empty()).count(), 58);
}
