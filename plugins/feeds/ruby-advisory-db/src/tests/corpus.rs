//! The whole database, against a count that knows nothing of how it is read here.

use std::collections::BTreeSet;

use limpid_plugin_sdk::feed::Feed as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::{RubyAdvisoryDb, versions};

/// The values of a list of a document, by its lines.
fn list(text: &str, key: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != format!("{key}:")).skip(1);
    let items = lines.map_while(|line| line.trim_start().strip_prefix("- "));
    items.map(|item| item.trim().trim_matches(['"', '\'']).to_owned()).collect()
}

/// The value of a key of a document, by its lines.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))?;
    Some(value.trim().trim_matches(['"', '\'']))
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_database_is_lost() {
    let members = limpid_test_corpus::members("feeds/ruby/ruby-advisory-db.tar.zst", |_| true);
    let texts: Vec<(String, String)> = members
        .into_iter()
        .filter(|(name, _)| name.ends_with(".yml"))
        .map(|(name, bytes)| (format!("ruby-advisory-db-master/{name}"), String::from_utf8(bytes).unwrap()))
        .collect();
    assert_eq!(texts.len(), 1381);
    let mut sink = Collected::default();
    let mut documents = InMemory::new(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    RubyAdvisoryDb::parse("advisories", &mut documents, &mut sink).unwrap();
    // What is patched and what is unaffected have no version between them.
    let of_nobody = [
        "ruby-advisory-db-master/gems/ckeditor/CVE-2021-32808.yml",
        "ruby-advisory-db-master/gems/cron_parser/CVE-2019-15224.yml",
    ];
    let rejected: Vec<_> = sink.rejected.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(rejected, of_nobody);
    assert!(sink.rejected.iter().all(|(_, why)| why.to_string().contains("none is vulnerable")));
    assert_eq!(sink.advisories.len() + rejected.len(), texts.len());
    let mut expected = BTreeSet::new();
    for (name, text) in &texts {
        let ids =
            [("CVE", value(text, "cve")), ("GHSA", value(text, "ghsa")), ("OSVDB", value(text, "osvdb"))];
        let ids: Vec<String> = ids.iter().filter_map(|(of, id)| Some(format!("{of}-{}", (*id)?))).collect();
        let folder = name.rsplit('/').nth(1).unwrap();
        let is_gem = value(text, "gem").is_some();
        let scores = text.lines().filter(|line| line.starts_with("cvss_v")).count();
        if !of_nobody.contains(&name.as_str()) {
            expected.insert((ids, is_gem.then_some(folder), scores));
        }
        // Versions that are named, and what is beside them.
        let (patched, unaffected) = (list(text, "patched_versions"), list(text, "unaffected_versions"));
        assert_eq!(patched.is_empty(), !text.contains("\npatched_versions:\n"), "{name}");
        let named = patched.iter().chain(&unaffected).flat_map(|all| all.split(", "));
        let named = named.filter_map(|part| part.split_once(' ')).map(|(_, version)| version.trim());
        let beside = named.flat_map(|version| {
            [version.to_owned(), format!("{version}.1"), format!("{version}.a"), format!("{version}.0.0.rc1")]
        });
        let mut versions: Vec<String> = beside.collect();
        versions.extend((0..12).flat_map(|major| (0..8).map(move |minor| format!("{major}.{minor}"))));
        versions::tests::check(&patched, &unaffected, &versions);
    }
    let stated: BTreeSet<_> = sink
        .advisories
        .iter()
        .map(|advisory| {
            let ids: Vec<String> = [&advisory.id].into_iter().chain(&advisory.aliases).cloned().collect();
            let affected = &advisory.affected[0];
            let gem = Some(affected.name.as_str()).filter(|_| affected.namespace == "rubygems");
            (ids, gem, advisory.ratings.len())
        })
        .collect();
    assert_eq!(stated, expected);
}
