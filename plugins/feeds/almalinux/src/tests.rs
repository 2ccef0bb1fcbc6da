mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::AlmaLinux;

fn parse(source: &str, document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    AlmaLinux::parse(source, &mut InMemory::new([("document", document.into())]), &mut sink).map(|_| sink)
}

fn errata(data: &[Value]) -> String {
    json!({"schema_version": "1.0", "data": data}).to_string()
}

fn erratum(id: &str, packages: Value, modules: Value) -> Value {
    let page = format!("https://errata.almalinux.org/9/{}.html", id.replace(':', "-"));
    json!({
        "id": id, "issued_date": 1_628_589_283, "updated_date": 1_628_589_276, "severity": "Moderate",
        "title": "pad security update", "description": "Pads.", "type": "security", "packages": packages,
        "modules": modules, "references": [
            {"id": "CVE-2024-0001", "type": "cve", "href": "https://access.redhat.com/security/cve/CVE-2024-0001"},
            {"id": id, "type": "self", "href": page},
        ],
    })
}

fn package(name: &str, release: &str, arch: &str) -> Value {
    json!({"name": name, "epoch": "1", "version": "2", "release": release, "arch": arch, "reboot_suggested": 0})
}

#[test]
fn a_run_fetches_the_errata_of_each_release() {
    let sources = AlmaLinux::sources(None);
    assert_eq!(sources.len(), 3);
    assert!(sources.contains(&Source::whole("10", "https://errata.almalinux.org/10/errata.full.json")));
}

#[test]
fn packages_are_of_the_modules_of_their_erratum_if_their_release_says_so() {
    let packages =
        json!([package("nodejs", "1.module_el9+1", "x86_64"), package("other", "1.el9", "noarch")]);
    let modules = json!([
        {"name": "nodejs", "stream": "18", "arch": "x86_64"}, {"name": "nodejs", "stream": "18", "arch": "aarch64"},
        {"name": "nodejs-devel", "stream": "18"},
    ]);
    let sink = parse("9", errata(&[erratum("ALSA-2024:1", packages, modules)])).unwrap();
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!(advisory.aliases, ["CVE-2024-0001"]);
    assert_eq!(advisory.published.as_deref(), Some("2021-08-10T09:54:43Z"));
    let required: Vec<_> = advisory
        .affected
        .iter()
        .map(|it| (it.name.as_str(), it.requires.get(1).map(|it| it.1.join(" "))))
        .collect();
    let expected = [("nodejs", Some("nodejs-devel:18 nodejs:18".to_owned())), ("other", None)];
    assert_eq!(required, expected);
}

#[test]
fn a_document_says_of_which_release_it_is() {
    let document = errata(&[erratum("ALSA-2024:1", json!([package("pad", "1", "noarch")]), json!([]))]);
    let sink = parse("handed-in.json", document.as_str()).unwrap();
    assert_eq!(sink.identified.as_deref(), Some("9"));
    assert_eq!(sink.advisories[0].affected[0].namespace, "almalinux:9");
    let why = parse("8", document).unwrap_err().to_string();
    assert!(why.contains("is of release 9, and was asked for as release 8"), "{why}");
}

#[test]
fn an_erratum_that_cannot_be_used_costs_itself() {
    let good = erratum("ALSA-2024:1", json!([package("pad", "1", "noarch")]), json!([]));
    let sink = parse("9", errata(&[json!(7), json!({"id": 7}), good, json!({"id": "a b"})])).unwrap();
    let rejected: Vec<_> = sink.rejected.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!((rejected, sink.advisories.len()), (vec!["data[0]", "data[1]", "a b"], 1));
    let odd = json!({"id": "ALSA-2024:2", "type": "security", "issued_date": "soon", "packages": null});
    assert_eq!(parse("9", errata(&[odd])).unwrap().advisories[0].published, None);
}

#[test]
fn a_document_without_errata_is_refused() {
    let check = |document: &str, expected: &str| {
        let why = parse("9", document).unwrap_err().to_string();
        assert!(why.contains(expected), "{document}: {why}");
    };
    check("", "EOF");
    check("<html>", "expected value");
    check("[]", "an object with `data`");
    check("{}", "the document has no errata");
    check(r#"{"data": []}"#, "the document has no errata");
    check(r#"{"data": {}}"#, "an array of errata");
    check(r#"{"data": [1]}"#, "none of 1 updates could be used");
    check(&errata(&[])[..20], "EOF");
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse("9", [br#"{"data": ["#.to_vec(), bytes].concat());
    }
}
