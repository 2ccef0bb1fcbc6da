//! Who is affected by a secdb, by walking all of it for each package.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::installed::Installed;
use super::order::order_of;
use crate::verify::debian::{array, word};

/// What an image should be told.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// One row for each finding.
    pub(super) findings: Vec<String>,
    /// One row for each statement of which it cannot be told whether it affects a package.
    pub(super) unjudged: Vec<String>,
    /// How many statements there are on the packages.
    pub(super) statements: usize,
}

/// What the documents say of the packages.
pub(super) fn judge(documents: &[Value], installed: &[Installed]) -> Expected {
    let mut expected = Expected::default();
    for package in installed {
        for (id, versions) in fixes(documents, &package.origin) {
            expected.statements += 1;
            // Under `0` stands what never affected the package. Of some both is stated, and then
            // the fix counts.
            let versions: Vec<&str> = versions.into_iter().filter(|version| *version != "0").collect();
            expected.add(package, &id, &versions);
        }
    }
    expected
}

impl Expected {
    fn add(&mut self, package: &Installed, id: &str, versions: &[&str]) {
        let Installed { name, version, .. } = package;
        let orders: Vec<_> = versions.iter().map(|fixed| order_of(version, fixed)).collect();
        let unknown = orders.contains(&None);
        if orders.contains(&Some(std::cmp::Ordering::Less)) {
            // Where one of the fixes cannot be ordered, no other is known to be the last.
            let fixed = if unknown { None } else { latest(versions) };
            let fixed = fixed.unwrap_or("-");
            self.findings.push(format!("{id} {name} {version} affected fixed in {fixed}"));
        } else if unknown {
            self.unjudged.push(format!("{id} {name} not judged"));
        }
    }
}

fn latest<'a>(versions: &[&'a str]) -> Option<&'a str> {
    let mut versions = versions.iter().copied();
    let first = versions.next()?;
    Some(versions.fold(first, |latest, version| match order_of(latest, version) {
        Some(std::cmp::Ordering::Less) => version,
        _ => latest,
    }))
}

/// Vulnerability -> versions under which it is listed for a package.
fn fixes<'a>(documents: &'a [Value], origin: &str) -> BTreeMap<String, BTreeSet<&'a str>> {
    let mut fixes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for package in documents.iter().flat_map(|document| array(document, "/packages")) {
        if word(package, "/pkg/name") != origin {
            continue;
        }
        for (version, texts) in secfixes(package) {
            for text in texts.as_array().into_iter().flatten().filter_map(Value::as_str) {
                for id in identifiers(text) {
                    fixes.entry(id).or_default().insert(version);
                }
            }
        }
    }
    fixes
}

fn secfixes(package: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fixes = package.pointer("/pkg/secfixes").and_then(Value::as_object);
    fixes.into_iter().flatten().map(|(version, texts)| (version.trim(), texts))
}

/// Every CVE that a text names; where it names none, the first other identifier.
fn identifiers(text: &str) -> Vec<String> {
    let outside = text.split('(').map(|part| part.split_once(')').map_or(part, |(_, after)| after));
    let outside: Vec<&str> = match text.split_once('(') {
        None => vec![text],
        Some(_) => text.split('(').take(1).chain(outside.skip(1)).collect(),
    };
    let words: Vec<&str> = outside
        .iter()
        .flat_map(|part| part.split(|c: char| c.is_whitespace() || ",;/".contains(c)))
        .filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()))
        .collect();
    let mut cves: Vec<String> =
        words.iter().filter(|word| word.starts_with("CVE-")).map(ToString::to_string).collect();
    cves.dedup();
    if cves.is_empty() { words.first().map(ToString::to_string).into_iter().collect() } else { cves }
}

/// The versions that are listed for each package.
pub(super) fn versions(document: &Value) -> Vec<Vec<String>> {
    let packages = array(document, "/packages").iter();
    packages.map(|package| secfixes(package).map(|(version, _)| version.to_owned()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fix_affects_what_is_before_it() {
        let check = |secfixes: Value, findings: &[&str], unjudged: &[&str]| {
            let document = json!({ "packages": [{ "pkg": { "name": "o", "secfixes": secfixes } }] });
            let package = Installed {
                name: "p".into(),
                version: "1.2-r0".into(),
                arch: "a".into(),
                origin: "o".into(),
            };
            let expected = judge(&[document], &[package]);
            assert_eq!(expected.findings, findings);
            assert_eq!(expected.unjudged, unjudged);
        };
        check(json!({ "1.2-r1": ["CVE-1-1"] }), &["CVE-1-1 p 1.2-r0 affected fixed in 1.2-r1"], &[]);
        check(json!({ "1.2-r0": ["CVE-1-1"] }), &[], &[]);
        check(json!({ "0": ["CVE-1-1"] }), &[], &[]);
        check(
            json!({ "0": ["CVE-1-1"], "1.3": ["CVE-1-1"] }),
            &["CVE-1-1 p 1.2-r0 affected fixed in 1.3"],
            &[],
        );
        check(json!({ "1.2.r5": ["CVE-1-1"] }), &["CVE-1-1 p 1.2-r0 affected fixed in 1.2.r5"], &[]);
        check(json!({ "r5": ["CVE-1-1"] }), &[], &["CVE-1-1 p not judged"]);
    }

    #[test]
    fn identifiers_stand_outside_parentheses() {
        let check = |text: &str, expected: &[&str]| assert_eq!(identifiers(text), expected, "{text}");
        check("CVE-2017-2616 XSA-123", &["CVE-2017-2616"]);
        check("CVE-1-1, CVE-1-2", &["CVE-1-1", "CVE-1-2"]);
        check("CVE-2018-14466 (802.11)", &["CVE-2018-14466"]);
        check("XSA-1 XSA-2", &["XSA-1"]);
    }
}
