//! The extract of the corpus, against a count by text.

use std::collections::BTreeSet;
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

/// A member of the archive of extracts.
fn extract(name: &str) -> Vec<u8> {
    let file = std::fs::File::open(corpus("feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst")).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut entry = archive
        .entries()
        .unwrap()
        .map(Result::unwrap)
        .find(|entry| entry.path().unwrap().to_string_lossy().ends_with(name))
        .unwrap_or_else(|| panic!("there is no `{name}`"));
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extract_is_lost() {
    let compressed = extract("oracle/linux/testdata/fixtures/com.oracle.elsa-all.xml.bz2");
    let mut text = String::new();
    bzip2::read::BzDecoder::new(compressed.as_slice()).read_to_string(&mut text).unwrap();
    let sink = parse(&text);
    assert_eq!(sink.rejected, []);
    let ids: BTreeSet<_> = sink.advisories.iter().map(|advisory| advisory.id.as_str()).collect();
    assert_eq!(ids.len(), text.matches("<definition ").count());

    let affected: Vec<_> = sink.advisories.iter().flat_map(|advisory| &advisory.affected).collect();
    let names: BTreeSet<_> = affected.iter().map(|one| one.name.as_str()).collect();
    let written: BTreeSet<_> = text
        .split("<name>")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .filter(|name| *name != "oraclelinux-release")
        .collect();
    // The extract has fewer tests than its criteria ask for; what is asked for in full is here.
    assert_eq!(names, written);
    assert!(affected.iter().all(|one| one.requires.iter().any(|(fact, _)| fact == "signer")));
}
