//! The part of the repository that is in the corpus.

use std::collections::BTreeSet;
use std::io::Read as _;

use limpid_plugin_sdk::feed::Feed as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};
use serde_json::Value;

use crate::Ghsa;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_repository_is_lost() {
    let archive = limpid_test_corpus::extract("npm/ghsa/testdata/fixtures/main.tar.gz");
    let mut members: Vec<(String, String)> = Vec::new();
    for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut text = String::new();
        if entry.header().entry_type().is_file() {
            entry.read_to_string(&mut text).unwrap();
            members.push((path, text));
        }
    }
    let mut sink = Collected::default();
    let mut documents = InMemory::new(members.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Ghsa::parse("advisories", &mut documents, &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    let records: Vec<Value> = members
        .iter()
        .filter(|(name, _)| name.contains("/GHSA-") && name.ends_with(".json"))
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!((records.len(), sink.enrichments.len(), sink.advisories.len()), (13, 13, 12));
    let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
    let is_reviewed = |record: &&Value| record["database_specific"]["github_reviewed"] == true;
    let reviewed: BTreeSet<String> = records.iter().filter(is_reviewed).map(id).collect();
    let stated: BTreeSet<String> = sink.advisories.iter().map(|advisory| advisory.id.clone()).collect();
    assert_eq!(stated, reviewed);
    let all: BTreeSet<String> = records.iter().map(id).collect();
    let ids = |sink: &Collected| -> BTreeSet<String> {
        let facts = sink.enrichments.iter().flat_map(|enrichment| &enrichment.facts);
        facts.filter(|(name, _)| name == "id").map(|(_, id)| id.clone()).collect()
    };
    assert_eq!(ids(&sink), all);
    for record in &records {
        let stated = |name: &str| -> Vec<&str> {
            let is_this = |facts: &[(String, String)]| facts.iter().any(|(_, value)| *value == id(record));
            let facts = &sink.enrichments.iter().find(|enrichment| is_this(&enrichment.facts)).unwrap().facts;
            facts.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
        };
        let specific = &record["database_specific"];
        let weaknesses: Vec<&str> =
            specific["cwe_ids"].as_array().unwrap().iter().map(|cwe| cwe.as_str().unwrap()).collect();
        assert_eq!(stated("weakness"), weaknesses);
        assert_eq!(stated("nvd-published").first().copied(), specific["nvd_published_at"].as_str());
        assert_eq!(
            stated("reviewed").first().copied(),
            Some(specific["github_reviewed_at"].as_str().unwrap_or("no"))
        );
        let references = record["references"].as_array().unwrap().len();
        assert_eq!(stated("reference").len(), if is_reviewed(&record) { 0 } else { references });
    }
}
