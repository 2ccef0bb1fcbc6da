//! Whole documents of the corpus, against a count by text.

use std::collections::BTreeSet;
use std::path::PathBuf;

use limpid_plugin_sdk::feed::{Affected, Status};

use super::parse;

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

fn check(name: &str, namespace: &str) {
    let file = corpus(&format!("feeds/azurelinux/{name}-oval.xml.zst"));
    let bytes = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let sink = parse(&text).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some(name));
    assert!(sink.dated.is_some());

    let affected: Vec<&Affected> = sink.advisories.iter().flat_map(|advisory| &advisory.affected).collect();
    assert!(affected.iter().all(|one| one.namespace == namespace));
    let count = |part: &str| text.matches(part).count();
    assert_eq!(affected.len(), count("<definition class=\"vulnerability\""));
    let not_affected = affected.iter().filter(|one| one.status == Status::NotAffected).count();
    assert_eq!(not_affected, count("<patchable>Not Applicable<"));
    assert_eq!(affected.iter().filter(|one| !one.ratings.is_empty()).count(), count("<severity>"));
    assert_eq!(
        affected.iter().filter(|one| one.note.is_some()).count() - not_affected,
        count("<patchable>false<")
    );

    let ids: BTreeSet<_> = sink.advisories.iter().map(|advisory| advisory.id.as_str()).collect();
    let written: BTreeSet<_> =
        text.split("ref_id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids, written);
    let names: BTreeSet<_> = affected.iter().map(|one| one.name.as_str()).collect();
    let written: BTreeSet<_> =
        text.split("<linux-def:name>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(names, written);
    let ends: BTreeSet<_> = affected.iter().map(|one| format!("{:?}", one.ranges)).collect();
    let versions: BTreeSet<_> = text
        .split("operation=\"less than")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .map(|rest| rest.replace(": ", ":"))
        .collect();
    assert_eq!(ends.len(), versions.len());
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_mariner_1_is_lost() {
    check("cbl-mariner-1.0", "mariner:1.0");
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_mariner_2_is_lost() {
    check("cbl-mariner-2.0", "mariner:2.0");
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_azure_linux_3_is_lost() {
    check("azurelinux-3.0", "azurelinux:3.0");
}
