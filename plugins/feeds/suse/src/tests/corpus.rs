//! The extracts of the corpus, against a count by text.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use limpid_plugin_sdk::feed::{Bound, Feed as _, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use serde_json::Value;

use super::parse;
use crate::Suse;

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

/// The members of the archive of documents of CSAF that is in the extracts, without those that are none.
fn vex() -> Vec<(String, String)> {
    let file = std::fs::File::open(corpus("feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst")).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let is_it = |path: &str| path.ends_with("suse/csaf_vex/testdata/fixtures/csaf-vex.tar.bz2");
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let entry = entries.find(|entry| is_it(&entry.path().unwrap().to_string_lossy())).unwrap();
    let mut members = tar::Archive::new(bzip2::read::BzDecoder::new(entry));
    let mut documents = Vec::new();
    for member in members.entries().unwrap() {
        let mut member = member.unwrap();
        if member.header().entry_type().is_file() {
            let mut text = String::new();
            let name = member.path().unwrap().to_string_lossy().into_owned();
            member.read_to_string(&mut text).unwrap();
            documents.push((name, text));
        }
    }
    documents
}

/// The namespaces that are stated of identifiers of products, by what these are called alone.
fn release(product: &str) -> Option<&'static str> {
    const RELEASES: [(&str, &str); 17] = [
        ("SUSE Linux Enterprise Micro 5.3", "sle-micro:5.3"),
        ("SUSE Linux Enterprise Micro 5.4", "sle-micro:5.4"),
        ("SUSE Linux Enterprise Micro 5.5", "sle-micro:5.5"),
        ("SUSE Linux Enterprise Micro 5.2", "sle-micro:5.2"),
        ("SUSE Linux Enterprise Micro 6.0", "sl-micro:6.0"),
        ("openSUSE Tumbleweed", "opensuse-tumbleweed"),
        ("11 SP4", "sles:11.4"),
        ("12 SP2", "sles:12.2"),
        ("12 SP3", "sles:12.3"),
        ("12 SP4", "sles:12.4"),
        ("12 SP5", "sles:12.5"),
        ("15 SP1", "sles:15.1"),
        ("15 SP2", "sles:15.2"),
        ("15 SP3", "sles:15.3"),
        ("15 SP4", "sles:15.4"),
        ("15 SP5", "sles:15.5"),
        ("Server 15-LTSS", "sles:15"),
    ];
    const OTHERS: [&str; 6] =
        ["CaaS", "Storage", "High Availability", "Real Time", "Software Development", "Manager"];
    let is_other = OTHERS.iter().any(|other| product.contains(other)) || product.contains("OpenStack");
    let known = RELEASES.iter().find(|(name, _)| product.contains(name) && !is_other);
    assert_eq!(known.is_none(), is_other, "{product}");
    known.map(|(_, namespace)| *namespace)
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_vex_of_the_extracts_is_lost() {
    let files = vex();
    let members: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut sink = Collected::default();
    Suse::parse("csaf-vex.tar.bz2", &mut InMemory::new(members.iter().copied()), &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some("vex"));
    let mut expected = BTreeMap::new();
    for (_, text) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        let document: Value = serde_json::from_str(text).unwrap();
        for vulnerability in document["vulnerabilities"].as_array().into_iter().flatten() {
            let cve = vulnerability["cve"].as_str().unwrap().to_owned();
            for (status, ids) in vulnerability["product_status"].as_object().unwrap() {
                for id in ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap()) {
                    let (product, package) = id.split_once(':').unwrap();
                    let Some(namespace) = release(product) else { continue };
                    let mut parts: Vec<&str> = package.split('-').collect();
                    let fix = (status == "recommended").then(|| parts.split_off(parts.len() - 2).join("-"));
                    expected.insert((cve.clone(), namespace, parts.join("-"), fix), status.clone());
                }
            }
        }
    }
    // One product of two names.
    let both = expected.clone().into_iter().filter(|((_, namespace, ..), _)| *namespace == "sle-micro:5.2");
    expected.extend(both.map(|((cve, _, name, fix), status)| ((cve, "suse-microos:5.2", name, fix), status)));
    assert_eq!(expected.len(), 427);
    let mut stated = BTreeMap::new();
    for advisory in &sink.advisories {
        for one in &advisory.affected {
            let fix = one.ranges[0].until.clone().map(|until| match until {
                Bound::Excluding(fix) => fix,
                other => panic!("{other:?}"),
            });
            let status = match one.status {
                Status::Affected => "recommended",
                Status::NotAffected => "known_not_affected",
                other => panic!("{other:?}"),
            };
            stated.insert(
                (advisory.id.clone(), one.namespace.as_str(), one.name.clone(), fix),
                status.to_owned(),
            );
        }
    }
    assert_eq!(stated, expected);
}
