//! The extracts of the corpus, against a count by text.

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

/// Documents and the index, by the names of their files.
fn extracts() -> Vec<(String, String)> {
    let file = std::fs::File::open(corpus("feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst")).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut documents = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let Some((_, name)) = path.split_once("suse/oval/testdata/fixtures/happy/") else { continue };
        let mut text = String::new();
        match name {
            "" => continue,
            name if name.ends_with(".gz") => flate2::read::GzDecoder::new(entry).read_to_string(&mut text),
            _ => entry.read_to_string(&mut text),
        }
        .unwrap();
        documents.push((name.to_owned(), text));
    }
    documents
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extracts_is_lost() {
    let (mut read, mut rejected) = (0, 0);
    for (name, text) in extracts().iter().filter(|(name, _)| name.ends_with(".gz")) {
        let sink = parse(name, text);
        // Who cut the extracts out left some tests behind that criteria ask for.
        let is_cut_off = |why: &str| {
            let test = why.split('`').nth(1).unwrap();
            why.ends_with("is not in the document") && !text.contains(&format!("<rpminfo_test id=\"{test}\""))
        };
        rejected += sink.rejected.len();
        if let Some((_, why)) = sink.rejected.iter().find(|(_, why)| !is_cut_off(&why.to_string())) {
            panic!("{name}: {why}");
        }
        let ids: BTreeSet<_> = sink.advisories.iter().map(|advisory| advisory.id.as_str()).collect();
        assert_eq!(ids.len() + sink.rejected.len(), text.matches("<definition ").count(), "{name}");
        let fixes: BTreeSet<_> = sink
            .advisories
            .iter()
            .flat_map(|advisory| &advisory.affected)
            .flat_map(|one| &one.ranges)
            .filter_map(|range| range.until.clone())
            .map(|until| format!("{until:?}"))
            .collect();
        let written: BTreeSet<_> = text
            .split("operation=\"less than\">")
            .skip(1)
            .filter_map(|rest| rest.split('<').next())
            .map(|version| format!("Excluding({version:?})"))
            .collect();
        assert!(!sink.rejected.is_empty() || fixes == written, "{name}: {fixes:?}, {written:?}");
        read += 1;
    }
    // Of the documents that are cut off in this way, none of the definitions can be read as a whole.
    assert_eq!((read, rejected), (14, 8));
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn the_index_of_the_extracts_leads_to_documents() {
    let (_, index) = extracts().into_iter().find(|(name, _)| name == "indexof.html").unwrap();
    let names: Vec<_> = parse("index", &index).followed.into_iter().map(|source| source.name).collect();
    let expected = [
        "opensuse.10.2",
        "opensuse.12.1",
        "opensuse.13.2",
        "opensuse.leap.15.2-affected",
        "opensuse.leap.micro.5.2-affected",
        "opensuse.tumbleweed-affected",
        "suse.linux.enterprise.12-affected",
        "suse.linux.enterprise.15-affected",
        "suse.linux.enterprise.16-affected",
        "suse.linux.enterprise.micro.5-affected",
        "suse.linux.enterprise.server.10",
        "suse.linux.enterprise.server.9",
        "suse.linux.micro.6-affected",
    ];
    assert_eq!(names, expected);
}
