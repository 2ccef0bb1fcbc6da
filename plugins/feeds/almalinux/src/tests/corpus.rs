//! The extract of the corpus, and its tree of the same errata in OSV.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parse;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extract_is_lost() {
    let document = limpid_test_corpus::extract("alma/errata/testdata/fixtures/errata.full.json");
    let json: Value = serde_json::from_slice(&document).unwrap();
    let security: BTreeMap<&str, &Value> = json["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|erratum| erratum["type"] == "security")
        .map(|erratum| (erratum["id"].as_str().unwrap(), erratum))
        .collect();
    let sink = parse("8", document).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!((sink.advisories.len(), security.len()), (1, 1));
    for advisory in &sink.advisories {
        let packages = security[advisory.id.as_str()]["packages"].as_array().unwrap();
        let stated: usize = advisory.affected.iter().map(|it| it.requires[0].1.len()).sum();
        assert_eq!(stated, packages.iter().filter(|it| it["arch"] != "src").count());
    }
}
