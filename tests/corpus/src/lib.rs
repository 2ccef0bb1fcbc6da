//! Documents of publishers, for tests that read them whole. They lie beside the repository, or where `LIMPID_CORPUS`
//! names; tests that need them are ignored unless `cargo xtask verify corpus` runs them.

#![allow(clippy::unwrap_used, clippy::panic)] // only tests use it, and these fail so

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

/// Small parts of what many publishers publish, in one archive.
const EXTRACTS: &str = "feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst";

/// A file of the corpus.
///
/// # Panics
/// Where there is none: the test was asked for.
pub fn path(name: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(name);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

/// The content of a file of the corpus, without the compression that it has by its name (`.zst`, `.gz`).
///
/// # Panics
/// Where it cannot be read.
pub fn read(name: &str) -> Vec<u8> {
    inflated(name, fs::read(path(name)).unwrap())
}

fn inflated(name: &str, stored: Vec<u8>) -> Vec<u8> {
    let mut content = Vec::new();
    match name.rsplit('.').next() {
        Some("zst") => zstd::decode_all(stored.as_slice()).unwrap(),
        Some("gz") => {
            flate2::read::MultiGzDecoder::new(stored.as_slice()).read_to_end(&mut content).unwrap();
            content
        }
        _ => stored,
    }
}

/// The members of a `.tar.zst` of the corpus whose path a test asks for, by their paths.
///
/// # Panics
/// Where it cannot be read.
pub fn members(name: &str, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<u8>> {
    let file = zstd::Decoder::new(File::open(path(name)).unwrap()).unwrap();
    let mut members = BTreeMap::new();
    for entry in tar::Archive::new(file).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() && wanted(&path) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            members.insert(path, content);
        }
    }
    members
}

/// The extract of a publisher at this path below `pkg/fetch`, without the compression that it has by its name.
///
/// # Panics
/// Where there is none.
pub fn extract(path: &str) -> Vec<u8> {
    let path = format!("pkg/fetch/{path}");
    let found = members(EXTRACTS, |member| member.trim_start_matches("./") == path).into_values().next();
    inflated(&path, found.unwrap_or_else(|| panic!("no extract is called `{path}`")))
}
