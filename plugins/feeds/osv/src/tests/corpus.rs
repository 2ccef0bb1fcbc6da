//! Whole archives of the corpus.

use std::fs::{self, File};
use std::io::{Cursor, Read as _};
use std::path::PathBuf;
use std::time::Instant;

use flate2::read::DeflateDecoder;
use limpid_plugin_sdk::feed::{Document, Documents, Feed};
use limpid_plugin_sdk::testing::Collected;

use crate::Osv;

type Members = Vec<(String, Vec<u8>)>;

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

/// The members of a zip, by its
/// [central directory](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) (4.3.12).
fn zip(path: &PathBuf) -> Members {
    const CENTRAL: [u8; 4] = *b"PK\x01\x02";
    const END: [u8; 4] = *b"PK\x05\x06";
    let bytes = fs::read(path).unwrap();
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let long = |at: usize| short(at) + (short(at + 2) << 16);
    let end = bytes.windows(4).rposition(|window| window == END).unwrap();
    let mut at = long(end + 16);
    let mut members = Vec::new();
    while bytes[at..at + 4] == CENTRAL {
        let (method, stored, local) = (short(at + 10), long(at + 20), long(at + 42));
        let name = String::from_utf8_lossy(&bytes[at + 46..at + 46 + short(at + 28)]).into_owned();
        let content = local + 30 + short(local + 26) + short(local + 28);
        let content = &bytes[content..content + stored];
        let mut inflated = Vec::new();
        match method {
            0 => inflated.extend_from_slice(content),
            _ => drop(DeflateDecoder::new(content).read_to_end(&mut inflated).unwrap()),
        }
        members.push((name, inflated));
        at += 46 + short(at + 28) + short(at + 30) + short(at + 32);
    }
    members
}

fn tar(path: &PathBuf) -> Members {
    let tar = zstd::decode_all(File::open(path).unwrap()).unwrap();
    let mut members = Vec::new();
    for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let name = entry.path().unwrap().to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            members.push((name, bytes));
        }
    }
    members
}

/// Members of an archive that is in memory.
struct Archive(std::vec::IntoIter<(String, Vec<u8>)>);

impl Documents for Archive {
    fn next(&mut self) -> Option<Document> {
        let (name, bytes) = self.0.next()?;
        Some(Document::new(name, Cursor::new(bytes)))
    }
}

fn parsed(source: &str, members: Members) -> Collected {
    let (count, bytes) = (members.len(), members.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    let mut sink = Collected::default();
    let begun = Instant::now();
    Osv::parse(source, &mut Archive(members.into_iter()), &mut sink).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let listed: usize =
        sink.advisories.iter().flat_map(|one| &one.affected).map(|one| one.versions.len()).sum();
    let affected: usize = sink.advisories.iter().map(|one| one.affected.len()).sum();
    eprintln!(
        "{source}: {count} members, {bytes} bytes, {seconds:.3} s, {:.0} records/s; {} advisories, {affected} \
         affected, {listed} versions, {} state nothing, {} rejected",
        count as f64 / seconds,
        sink.advisories.len(),
        sink.withdrawn.len(),
        sink.rejected.len(),
    );
    sink
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_archives_of_ecosystems_is_lost() {
    let folder = corpus("feeds/osv/sample-union");
    let mut total = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().replace('_', " ");
        let members = zip(&path.join("all.zip"));
        let records = members.len();
        let sink = parsed(&name, members);
        assert_eq!(sink.rejected, [], "{name}");
        assert_eq!(sink.advisories.len() + sink.withdrawn.len(), records, "{name}");
        total = (total.0 + sink.advisories.len(), total.1 + sink.withdrawn.len());
    }
    assert_eq!(total, (6430, 1));
}

/// Advisories, records that state nothing, rejected ones.
type Counts = (usize, usize, usize);

/// Of ELA-669-1 the ranges are an object, where the schema has an array.
const TREES: [(&str, Counts); 7] = [
    ("osv/pypa-advisory-database", (2660, 1, 0)),
    ("osv/r-advisories", (14, 0, 0)),
    ("osv/go-vulndb-osv", (4291, 0, 0)),
    ("osv/bitnami-vulndb-osv", (7444, 0, 0)),
    ("osv/k8s-cve-feed-osv", (47, 0, 0)),
    ("almalinux/almalinux-osv", (5680, 0, 0)),
    ("debian/debian-elts-osv", (1711, 0, 1)),
];

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_trees_of_databases_is_lost() {
    for (name, expected) in TREES {
        let file = corpus(&format!("feeds/{name}.tar.zst"));
        let sink = parsed(name, tar(&file));
        let counts = (sink.advisories.len(), sink.withdrawn.len(), sink.rejected.len());
        assert_eq!(counts, expected, "{name}: {:?}", sink.rejected);
    }
}
