//! Whole documents of the corpus, which is no part of this repository.

use std::collections::BTreeMap;

use limpid_plugin_sdk::feed::{Advisory, Status};
use limpid_programs::PROGRAMS;
use serde_json::Value;

use super::parse;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_a_real_page_is_lost() {
    let document = limpid_test_corpus::read("feeds/nvd/nvd-cve-api-2.0-one-page.json.zst");
    let (result, sink) = parse("cves", document.clone());
    assert_eq!(result, Ok(Some("2023-10-18T18:04:18".into())));
    assert_eq!((sink.enrichments.len(), sink.rejected.len(), sink.followed.len()), (38, 0, 0));
    assert_eq!(sink.enrichments.iter().filter(|one| !one.ratings.is_empty()).count(), 35);
    assert_eq!(sink.advisories.len() + sink.withdrawn.len(), 38);
    assert_eq!(compare(&document, &sink.advisories), 2, "matches of MySQL");
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn no_other_products_are_taken_for_programs() {
    for name in ["2002", "2021", "modified"] {
        let document = limpid_test_corpus::extract(&format!(
            "nvd/feed/cve/v2/testdata/fixtures/nvdcve-2.0-{name}.json.gz"
        ));
        let (result, sink) = parse("handed in", document.clone());
        assert_eq!((result, sink.rejected), (Ok(None), vec![]), "{name}");
        compare(&document, &sink.advisories);
    }
}

/// Holds what is stated against a count of the matches that are vulnerable, of a version, and of a program: each is a
/// range or a version, of which only equal ones are one. Returns how many there are.
fn compare(document: &[u8], advisories: &[Advisory]) -> usize {
    let page: Value = serde_json::from_slice(document).unwrap();
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut count = 0;
    for result in page["vulnerabilities"].as_array().unwrap() {
        let of_cve = nodes(&result["cve"]["configurations"]);
        for one in of_cve.iter().flat_map(|node| node["cpeMatch"].as_array().unwrap()) {
            let criteria = one["criteria"].as_str().unwrap();
            let parts: Vec<&str> = criteria.split(':').collect();
            let is_program = PROGRAMS
                .iter()
                .flat_map(|it| it.products)
                .any(|it| (it.vendor, it.product) == (parts[3], parts[4]));
            if one["vulnerable"] == true && parts[2] == "a" && is_program && parts[5] != "-" {
                let bounds: Vec<_> =
                    one.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("version")).collect();
                let text = format!("{}:{}{bounds:?}", parts[5], parts[6]);
                let list = expected.entry(result["cve"]["id"].as_str().unwrap().to_owned()).or_default();
                if !list.contains(&text) {
                    list.push(text);
                    count += 1;
                }
            }
        }
    }
    let found: BTreeMap<String, usize> = advisories
        .iter()
        .map(|advisory| {
            let counted = advisory.affected.iter().filter(|it| it.status != Status::NotAffected);
            (advisory.id.clone(), counted.map(|it| it.ranges.len() + it.versions.len()).sum())
        })
        .collect();
    assert_eq!(found, expected.into_iter().map(|(id, list)| (id, list.len())).collect());
    count
}

fn nodes(configurations: &Value) -> Vec<&Value> {
    let all = configurations.as_array().into_iter().flatten();
    all.flat_map(|configuration| configuration["nodes"].as_array().into_iter().flatten()).collect()
}
