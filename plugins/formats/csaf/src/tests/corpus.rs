//! Documents of publishers whether or not they have a feed here, against a count of their JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::Csaf;

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

/// The identifiers of all products in a part of a document.
fn products<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            into.extend(members.get("product_id").and_then(Value::as_str));
            members.values().for_each(|value| products(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| products(value, into)),
        _ => {}
    }
}

/// Reads a document in which nothing may be lost.
fn check(name: &str, bytes: &[u8]) {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let csaf = Csaf::read(bytes).unwrap_or_else(|why| panic!("{name}: {why}"));
    assert_eq!(csaf.document.tracking.id, value["document"]["tracking"]["id"].as_str().unwrap(), "{name}");
    let mut known = BTreeSet::new();
    products(&value["product_tree"], &mut known);
    let empty = Vec::new();
    let vulnerabilities = value["vulnerabilities"].as_array().unwrap_or(&empty);
    assert_eq!(csaf.vulnerabilities.len(), vulnerabilities.len(), "{name}");
    for (read, written) in csaf.vulnerabilities.iter().zip(vulnerabilities) {
        assert_eq!(read.cve.as_deref(), written["cve"].as_str(), "{name}");
        let mut stated: BTreeMap<&str, usize> = BTreeMap::new();
        for one in csaf.statements(read) {
            let product = csaf.product(one.product);
            assert!(known.contains(product.id), "{name}: {product:?}");
            assert!(!product.name.is_empty() || product.component_of.is_some(), "{name}: {product:?}");
            *stated.entry(product.id).or_default() += 1;
        }
        let status = written["product_status"].as_object();
        let lists = status.into_iter().flatten().filter(|(status, _)| *status != "unknown");
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        for id in lists.flat_map(|(_, list)| list.as_array().unwrap()) {
            *expected.entry(id.as_str().unwrap()).or_default() += 1;
        }
        assert_eq!(stated, expected, "{name}");
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_red_hats_documents_is_lost() {
    let documents = members("feeds/redhat/redhat-csaf-vex-sample.tar.zst");
    let documents: Vec<_> = documents.iter().filter(|(name, _)| name.ends_with(".json")).collect();
    assert_eq!(documents.len(), 45);
    documents.iter().for_each(|(name, bytes)| check(name, bytes));
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_extracts_is_lost() {
    let mut publishers: BTreeMap<String, usize> = BTreeMap::new();
    let mut read = |name: &str, bytes: &[u8]| {
        let value: Option<Value> = serde_json::from_slice(bytes).ok();
        if value.is_some_and(|value| value["document"]["csaf_version"].is_string()) {
            check(name, bytes);
            let publisher = name.split('/').nth(2).unwrap_or_default();
            *publishers.entry(publisher.to_owned()).or_default() += 1;
        }
    };
    for (name, bytes) in members("feeds/extracts/vuls-data-update-fetch-fixtures.tar.zst") {
        if name.ends_with("csaf.tar.bz2") || name.ends_with("csaf-vex.tar.bz2") {
            let mut archive = tar::Archive::new(bzip2::read::BzDecoder::new(&*bytes));
            for entry in archive.entries().unwrap() {
                let mut entry = entry.unwrap();
                let inner = entry.path().unwrap().to_string_lossy().into_owned();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).unwrap();
                read(&format!("{name}/{inner}"), &bytes);
            }
        } else if (name.contains("csaf") || name.contains("vex")) && !name.contains("/invalid-csaf/") {
            read(&name, &bytes);
        }
    }
    assert_eq!((publishers.len(), publishers.values().sum::<usize>()), (13, 26));
}
