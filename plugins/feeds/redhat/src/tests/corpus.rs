//! Documents of the corpus, against a count that knows nothing of how they are read here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use limpid_plugin_sdk::feed::{Bound, Status};
use serde_json::Value;

use super::parse;

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

/// Documents of vulnerabilities, by name.
fn documents() -> BTreeMap<String, String> {
    let file = std::fs::File::open(corpus("feeds/redhat/redhat-csaf-vex-sample.tar.zst")).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut documents = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        if name.contains("csaf_vex/") && name.contains("/cve-") && name.ends_with(".json") {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            documents.insert(name, text);
        }
    }
    documents
}

fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The package URLs and CPEs of all products.
fn helpers<'a>(branch: &'a Value, into: &mut BTreeMap<&'a str, (&'a str, &'a str)>) {
    if let Some(id) = branch["product"]["product_id"].as_str() {
        let helper = &branch["product"]["product_identification_helper"];
        into.insert(id, (helper["purl"].as_str().unwrap_or(""), helper["cpe"].as_str().unwrap_or("")));
    }
    for inner in branch["branches"].as_array().into_iter().flatten() {
        helpers(inner, into);
    }
}

/// The pairs of namespace and package name that are fixed on RHEL itself, by the texts alone.
fn fixed(document: &Value) -> BTreeSet<(String, String)> {
    let mut products = BTreeMap::new();
    let tree = &document["product_tree"];
    tree["branches"].as_array().into_iter().flatten().for_each(|branch| helpers(branch, &mut products));
    let relations: BTreeMap<_, _> = tree["relationships"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap();
            let id = it["full_product_name"]["product_id"].as_str().unwrap();
            (id, (text("product_reference"), text("relates_to_product_reference")))
        })
        .collect();
    let mut all = BTreeSet::new();
    for vulnerability in document["vulnerabilities"].as_array().unwrap() {
        for id in texts(&vulnerability["product_status"], "fixed") {
            let Some((component, platform)) = relations.get(id) else { continue };
            let (purl, cpe) = (products[component].0, products[platform].1);
            let Some((_, release)) = cpe.split_once(":enterprise_linux:") else { continue };
            let release: String = release.chars().take_while(char::is_ascii_digit).collect();
            if let Some(rest) = purl.strip_prefix("pkg:rpm/redhat/").filter(|rest| !rest.contains("arch=src"))
            {
                let name = rest.split('@').next().unwrap().replace("%2B", "+");
                all.insert((format!("rhel:{release}"), name));
            }
        }
    }
    all
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_documents_is_lost() {
    let documents = documents();
    assert_eq!(documents.len(), 25);
    let mut rejected = Vec::new();
    for (name, text) in &documents {
        let document: Value = serde_json::from_str(text).unwrap();
        let sink = parse("vex", name, text).unwrap();
        rejected.extend(sink.rejected.iter().map(|(id, why)| format!("{id}: {why}")));
        let ids: Vec<_> = sink.advisories.iter().map(|advisory| advisory.id.as_str()).collect();
        let written: Vec<_> = document["vulnerabilities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|vulnerability| vulnerability["cve"].as_str().unwrap())
            .collect();
        assert_eq!(ids, written, "{name}");
        let is_fix =
            |range: &limpid_plugin_sdk::feed::Range| matches!(range.until, Some(Bound::Excluding(_)));
        let stated: BTreeSet<_> = sink
            .advisories
            .iter()
            .flat_map(|advisory| &advisory.affected)
            .filter(|one| one.status == Status::Affected && one.ranges.iter().any(is_fix))
            .filter(|one| !one.namespace.contains('.') && one.requires.iter().all(|(fact, _)| fact != "cpe"))
            .map(|one| (one.namespace.clone(), one.name.clone()))
            .collect();
        let written = fixed(&document);
        let missing: Vec<_> = written.difference(&stated).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
    let expected = ["CVE-2024-24786: malformed: `rhel10` names no stream of a module"];
    assert_eq!(rejected, expected);
}
