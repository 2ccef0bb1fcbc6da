//! Definitions of publishers whether or not they have a feed here, against a count by text.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range};
use limpid_plugin_sdk::testing::Collected;

use crate::{Condition, Definition, Publisher, Statement, read};

/// Takes every definition, and every package for a release whose name ends as all of them do.
struct Any;

impl Publisher for Any {
    fn statement(&self, definition: &Definition) -> Result<Statement, Error> {
        let advisory = Advisory { title: "stated".to_owned(), ..Advisory::new(definition.id.clone()) };
        Ok(Statement { advisory, every: Affected { scheme: "rpm".to_owned(), ..Affected::default() } })
    }

    fn is_release(&self, package: &str) -> bool {
        package.ends_with("-release") && !package.starts_with('/')
    }

    fn namespaces(&self, package: &str, _version: Condition<'_>) -> Result<Vec<String>, Error> {
        Ok(vec![package.to_owned()])
    }

    fn implied(&self, _range: &Range) -> Vec<String> {
        vec!["implied".to_owned()]
    }
}

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

/// The members of an archive of the corpus, by path.
fn members(path: &str) -> Vec<(String, Vec<u8>)> {
    let file = std::fs::File::open(corpus(path)).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut members = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        members.push((name, bytes));
    }
    members
}

/// Reads a document in which nothing may be lost, and returns why definitions were rejected.
fn rejected(name: &str, text: &str) -> Vec<String> {
    let mut sink = Collected::default();
    let summary = read(&Any, text.as_bytes(), &mut sink).unwrap_or_else(|why| panic!("{name}: {why}"));
    let definitions = text.matches("<definition ").count();
    assert_eq!(summary.definitions + summary.others, definitions, "{name}");
    assert_eq!(sink.advisories.len() + sink.rejected.len(), summary.definitions, "{name}");
    sink.rejected.into_iter().map(|(_, why)| why.to_string()).collect()
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_photon_is_lost() {
    let file = std::fs::File::open(corpus("feeds/photon/com.vmware.phsa-photon3.xml.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("<definition ").count(), 222);
    assert_eq!(rejected("photon", &text), [""; 0]);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn extracts_are_read_or_rejected_with_reasons() {
    let mut count = 0;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for (name, bytes) in members("feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst") {
        let mut text = String::new();
        let read = match name.rsplit_once(".xml") {
            Some((_, ".bz2")) => bzip2::read::BzDecoder::new(&*bytes).read_to_string(&mut text),
            Some((_, ".gz")) => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text),
            Some((_, "")) => (&*bytes).read_to_string(&mut text),
            _ => continue,
        };
        if read.is_err() || !text.contains("<oval_definitions") && !text.contains(":oval_definitions") {
            continue;
        }
        count += 1;
        for why in rejected(&name, &text) {
            // What stands between backquotes is different in each.
            let parts = why.split('`').step_by(2);
            *reasons.entry(parts.collect::<Vec<_>>().join("_")).or_default() += 1;
        }
    }
    let expected = [
        // AlmaLinux and Red Hat: a host that is not of another kind.
        ("unsupported: test _ has _ _", 7),
        // SUSE: whoever cut the extracts out left these behind.
        ("unsupported: test _ is not in the document", 8),
        // Debian, Ubuntu and Anolis: files that are searched for what a package manager knows.
        ("unsupported: test _ is of file _", 12),
        // Oracle VM.
        ("unsupported: test _ limits versions without their release", 1),
    ];
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(why, count)| (why.to_owned(), count)).collect();
    assert_eq!((count, reasons), (30, expected));
}
