//! Plugins that were built against any version of the contract load and answer.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::component;
use crate::program::Setup;
use crate::service::Service;

/// All versions that the host serves, the newest last.
const SERVED: [&str; 2] = [include_str!("../../wit/earlier/0.1.0.wit"), include_str!("../../wit/plugin.wit")];

const ROLES: [&str; 3] = ["detector", "feed", "scheme"];

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: `{}`", path.display()))
}

/// The folder of the version that a contract has.
fn folder_of(contract: &str) -> PathBuf {
    let package = contract.lines().next().unwrap();
    let version = package.strip_prefix("package limpid:plugin@").and_then(|rest| rest.strip_suffix(';'));
    contracts().join(version.unwrap_or_else(|| panic!("`{package}` states no version")))
}

/// The folder of the version that the contract has now.
pub(crate) fn current() -> PathBuf {
    folder_of(SERVED.last().unwrap())
}

/// Makes the samples of the current contract that are missing. Those that are there stay as they are:
/// what they are is what must load.
fn make_missing_samples() {
    if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_none_or(|value| value != "1") {
        return;
    }
    for role in ROLES {
        let path = current().join(format!("{role}.wasm"));
        if !path.exists() {
            let component = component::of_fields(&read(&path.with_extension("wat")));
            fs::write(&path, component::with_name(&component, &format!("sample-{role}"))).unwrap();
        }
    }
}

#[test]
fn a_contract_stays_as_it_is_under_its_version() {
    for contract in SERVED {
        let frozen = folder_of(contract).join("plugin.wit");
        assert!(
            read(&frozen) == contract,
            "the contract in `wit` is not `{}`: one that differs has another version, with a folder of its own \
             in `tests/contracts`; one that is not released yet may change, and its folder with it",
            frozen.display(),
        );
    }
}

#[test]
fn plugins_of_every_contract_load_and_answer() {
    make_missing_samples();
    for folder in fs::read_dir(contracts()).unwrap() {
        check(&folder.unwrap().path());
    }
}

/// The samples of a version work together: what the detector finds, the feed speaks of, and the scheme
/// compares.
#[track_caller]
fn check(samples: &Path) {
    let service = Service::with(Setup::new().with_plugins(samples));
    let plugins = service.api.get("/v1/plugins").ok();
    assert_eq!(plugins["refused"], json!([]));
    let named = |role: &str| {
        plugins["plugins"]
            .as_array()
            .unwrap()
            .iter()
            .any(|plugin| plugin["name"] == format!("sample-{role}") && plugin["roles"] == json!([role]))
    };
    assert!(ROLES.iter().all(|role| named(role)), "{plugins:#}");

    let taken = service.api.hand_in("sample-feed", "hello").ok();
    assert_eq!(
        [&taken["source"], &taken["advisories"], &taken["rejected"]],
        [&json!("main"), &json!(1), &json!(1)]
    );
    assert_eq!(taken["rejections"][0]["id"], "SAMPLE-2");

    let layer = Layer::new("COPY sample").file("etc/sample", "hello");
    let parts = Parts::of(&image("test/sample:1", [layer]), Compression::Gzip);
    let digest = service.api.index(&parts.docker_archive());
    let report = service.api.report(&digest);
    assert_eq!(report["coverage"]["distribution"]["pretty_name"], "Sample Linux 1");
    // The sample says nothing of how bad it is.
    let gaps = report["coverage"]["gaps"].as_array().unwrap();
    assert!(gaps.iter().all(|gap| gap["code"] == "unrated-findings"), "{gaps:#?}");
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report:#}");
    let told = ["vulnerability", "aliases", "fixed_version"].map(|field| &findings[0][field]);
    assert_eq!(told, [&json!("CVE-2099-0001"), &json!(["SAMPLE-1"]), &json!("2.0")]);
    assert_eq!(findings[0]["advisory"], "SAMPLE-1");
    let told =
        ["name", "version", "arch", "source_name", "licenses"].map(|field| &findings[0]["package"][field]);
    let expected = [json!("hello"), json!("1.0"), json!("all"), json!("sample-source"), json!(["MIT"])];
    assert_eq!(told, expected.each_ref());
    let listed = service.api.get(&format!("/v1/images/{digest}/packages")).ok();
    let needed = json!([{ "name": "sample-source", "version": "1.0" }]);
    let expected = if samples.ends_with("0.1.0") { None } else { Some(&needed) };
    assert_eq!(listed["packages"][0].get("requires"), expected, "{listed:#}");
}
