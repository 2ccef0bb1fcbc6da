//! The whole database, against the records in the OSV schema that RustSec makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use limpid_plugin_sdk::feed::{Advisory, Bound, Feed as _};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use semver::{Prerelease, Version};
use serde_json::Value;

use crate::{RustSec, versions};

/// Records that were made after the database of the corpus, of documents that had changed.
const CHANGED: [&str; 2] = ["RUSTSEC-2020-0095", "RUSTSEC-2024-0376"];

/// The values of a list of a document, by its lines.
fn list(text: &str, key: &str) -> Vec<String> {
    let (_, versions) = text.split_once("[versions]\n").unwrap();
    let (versions, _) = versions.split_once("\n```").unwrap();
    let Some((_, rest)) = versions.split_once(&format!("{key} = [")) else { return Vec::new() };
    let (items, _) = rest.split_once(']').unwrap();
    items.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Records of a zip as another program reads them, by identifier.
fn records(zip: &str) -> BTreeMap<String, Value> {
    let script = "import sys, json, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
         json.dump([json.loads(z.read(n)) for n in z.namelist() if n.startswith('RUSTSEC-')], sys.stdout)";
    let program = Command::new("python3")
        .args(["-c", script])
        .arg(limpid_test_corpus::path(zip))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(program.status.success());
    let records: Vec<Value> = serde_json::from_slice(&program.stdout).unwrap();
    records.into_iter().map(|record| (record["id"].as_str().unwrap().to_owned(), record)).collect()
}

/// The versions that a record states, and its functions.
fn of_record(record: &Value) -> (Vec<(String, String)>, BTreeSet<String>) {
    let affected = &record["affected"][0];
    let events = affected["ranges"][0]["events"].as_array().unwrap();
    let of = |event: &Value, key: &str| event.get(key).map(|version| version.as_str().unwrap().to_owned());
    let mut ranges: Vec<(String, String)> = Vec::new();
    for event in events {
        match of(event, "introduced") {
            Some(version) => ranges.push((version, String::new())),
            None => ranges.last_mut().unwrap().1 = of(event, "fixed").unwrap(),
        }
    }
    // Where the last requirement begins with a release, they have what is from this release to itself.
    ranges.retain(|(introduced, fixed)| introduced != fixed);
    let functions = affected["ecosystem_specific"]["affects"]["functions"].as_array();
    (ranges, functions.into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect())
}

/// The versions that an advisory states, as records do.
fn of_advisory(advisory: &Advisory) -> Vec<(String, String)> {
    let mut ranges: Vec<_> = advisory.affected.iter().flat_map(|affected| &affected.ranges).collect();
    ranges.sort_by_key(|range| range.introduced.as_ref().map(|version| Version::parse(version).unwrap()));
    let until = |bound: &Option<Bound>| match bound {
        None => String::new(),
        Some(Bound::Excluding(version) | Bound::Limit(version)) => version.clone(),
        Some(Bound::Including(version)) => {
            let version = Version::parse(version).unwrap();
            let patch = version.patch + 1;
            Version { patch, pre: Prerelease::new("0").unwrap(), ..version }.to_string()
        }
    };
    let introduced = |version: &Option<String>| version.clone().unwrap_or_else(|| "0.0.0-0".to_owned());
    ranges.iter().map(|range| (introduced(&range.introduced), until(&range.until))).collect()
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_database_is_lost() {
    let members = limpid_test_corpus::members("feeds/osv/rustsec-advisory-db.tar.zst", |_| true);
    let texts: BTreeMap<String, String> = members
        .into_iter()
        .filter(|(name, _)| name.ends_with(".md"))
        .map(|(name, bytes)| (format!("advisory-db-main/{name}"), String::from_utf8(bytes).unwrap()))
        .collect();
    assert_eq!(texts.len(), 734);
    let mut sink = Collected::default();
    let mut documents = InMemory::new(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    RustSec::parse("advisories", &mut documents, &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    let stem = |path: &str| path.rsplit('/').next().unwrap().trim_end_matches(".md").to_owned();
    let names: BTreeSet<String> = texts.keys().map(|path| stem(path)).collect();
    let ids: BTreeSet<String> = sink.advisories.iter().map(|advisory| advisory.id.clone()).collect();
    assert_eq!((ids, sink.advisories.len()), (names, texts.len()));
    let count = |text: &str| texts.values().filter(|document| document.contains(text)).count();
    let with = |is: fn(&Advisory) -> bool| sink.advisories.iter().filter(|&advisory| is(advisory)).count();
    assert_eq!(with(|one| one.withdrawn.is_some()), count("\nwithdrawn = "));
    assert_eq!(with(|one| !one.ratings.is_empty()), count("\ncvss = "));
    assert_eq!(with(|one| one.published.is_some()), texts.len());
    assert_eq!(with(|one| one.title.is_empty()), 0);
    assert_eq!(with(|one| one.affected.iter().any(|affected| affected.namespace == "nvd")), 20);
    let is_informational = |one: &Advisory| {
        one.affected
            .iter()
            .all(|affected| affected.note.as_ref().is_some_and(|note| note.contains("informational")))
    };
    assert_eq!(with(is_informational), count("\ninformational = "));

    // By Cargo itself, of all releases near those that are named.
    let major = (0..12).flat_map(|major| (0..8).map(move |minor| format!("{major}.{minor}.0")));
    let usual: Vec<String> = major.chain((0..40).map(|minor| format!("0.{minor}.7"))).collect();
    for text in texts.values() {
        let (patched, unaffected) = (list(text, "patched"), list(text, "unaffected"));
        let named = patched.iter().chain(&unaffected).flat_map(|all| all.split(','));
        let mut releases = usual.clone();
        for version in named {
            let digits = version.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
            let numbers =
                digits.split('-').next().unwrap().split('.').map(|part| part.trim().parse::<u64>().unwrap());
            let numbers: Vec<u64> = numbers.chain([0, 0]).take(3).collect();
            for patch in numbers[2].saturating_sub(1)..=numbers[2] + 1 {
                releases.push(format!("{}.{}.{patch}", numbers[0], numbers[1]));
                releases.push(format!("{}.{}.{patch}", numbers[0], numbers[1] + 1));
                releases.push(format!("{}.{}.{patch}", numbers[0] + 1, numbers[1]));
            }
        }
        versions::tests::check(&patched, &unaffected, &releases);
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn versions_and_functions_are_those_of_the_records_that_rustsec_makes() {
    let members = limpid_test_corpus::members("feeds/osv/rustsec-advisory-db.tar.zst", |_| true);
    let texts = members.into_iter().filter(|(name, _)| name.ends_with(".md"));
    let texts: Vec<(String, String)> =
        texts.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect();
    let records = records("feeds/osv/sample-union/crates.io/all.zip");
    let mut sink = Collected::default();
    let mut documents = InMemory::new(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    RustSec::parse("advisories", &mut documents, &mut sink).unwrap();
    let (mut held, mut with_functions, mut whole) = (0, 0, 0);
    let mut differ = Vec::new();
    for advisory in &sink.advisories {
        let Some(record) = records.get(&advisory.id) else { continue };
        held += 1;
        let (ranges, functions) = of_record(record);
        if of_advisory(advisory) != ranges {
            differ.push(format!("{}: {:?}, and not {ranges:?}", advisory.id, of_advisory(advisory)));
        }
        let stated: BTreeSet<String> =
            advisory.affected.iter().flat_map(|affected| affected.symbols.iter().cloned()).collect();
        with_functions += usize::from(!functions.is_empty());
        whole += usize::from(!functions.is_empty() && stated == functions);
        assert!(stated.is_subset(&functions), "{}: {stated:?}, and not {functions:?}", advisory.id);
    }
    let expected: Vec<&str> = differ.iter().map(|text| text.split(':').next().unwrap()).collect();
    assert_eq!(expected, CHANGED, "{differ:#?}");
    // The others name functions of some versions only.
    assert_eq!((held, with_functions, whole), (641, 147, 114));
}
