//! Whole documents, where they are there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use limpid_plugin_sdk::feed::Status;
use limpid_plugin_sdk::testing::Collected;

use super::accepted;

/// What a document of the corpus gives; none, with a message, where there is no corpus.
fn corpus(path: &str) -> Option<Collected> {
    let root = std::env::var_os("LIMPID_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(path);
    let Ok(compressed) = std::fs::File::open(&path) else {
        eprintln!("skipped: there is no `{}` (set LIMPID_CORPUS to say where)", path.display());
        return None;
    };
    Some(accepted(zstd::decode_all(compressed).unwrap()))
}

/// How many packages, vulnerabilities and pairs of the two there are.
fn counts(sink: &Collected) -> (usize, usize, usize) {
    let ids: BTreeSet<_> = sink.advisories.iter().map(|advisory| &advisory.id).collect();
    let affected = sink.advisories.iter().flat_map(|advisory| &advisory.affected);
    let packages: BTreeSet<_> = affected.map(|one| &one.name).collect();
    (packages.len(), ids.len(), sink.advisories.len())
}

#[test]
fn nothing_of_edge_main_is_lost() {
    let Some(sink) = corpus("feeds/alpine/edge/main.json.zst") else { return };
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
fn nothing_of_edge_community_is_lost() {
    let Some(sink) = corpus("feeds/alpine/edge/community.json.zst") else { return };
    assert_eq!(sink.rejected, []);
    assert_eq!(counts(&sink), (479, 5734, 6487));
}
