//! The command line: data on standard output, everything else on standard error, exit codes that
//! tell.

mod answers;
mod elsewhere;
mod looks;
mod turns;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::golden;
use crate::program::Setup;
use crate::service::Service;

/// A file of a test's own.
fn file(directory: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_scan_reports_from_the_advisories_of_the_data_directory() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    let taken = setup.run(["feed", "add", "debian", text(&tracker), "--format", "json"]).json();
    assert_eq!(
        [&taken[0]["source"], &taken[0]["revision"]],
        [&"tracker".into(), &serde_json::Value::from(1)]
    );
    let secdb = file(&files, "main.json", advisories::alpine_secdb());
    setup.run(["feed", "add", "alpine", text(&secdb)]).ok();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let archive = file(&files, "image.tar", parts.docker_archive());

    golden::check_text("debian", "scan.txt", &trimmed(&setup.run(["scan", text(&archive)]).ok()));
    let reports = setup.run(["scan", text(&archive), "--format", "json"]).json();
    golden::check_json("debian", "report", reports[0].clone());

    let service = Service::with(setup);
    assert_eq!(
        service.api.report(&parts.digest())["findings"],
        reports[0]["findings"],
        "one store serves both"
    );
}

/// Columns are padded to the end of the line.
fn trimmed(table: &str) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn packages_are_listed_without_a_store() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let inventories = setup.run(["packages", text(&archive), "--format", "json"]).json();
    golden::check_json("debian", "packages", inventories[0].clone());
    let table = setup.run(["packages", text(&archive)]).ok();
    assert!(table.contains("libssl3") && !table.contains("wget"), "{table}");
    assert!(table.ends_with("11 packages\n"), "{table}");
    assert!(!setup.data().join("store").exists());
}

#[test]
fn a_source_that_is_none_fails_with_what_it_is() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let nothing = file(&files, "nothing.tar", "nothing");
    for command in ["scan", "packages"] {
        let error = setup.run([command, text(&nothing)]).failed();
        assert!(error.contains("error: not an image archive"), "{error}");
        let error = setup.run([command, "/nowhere/image.tar"]).failed();
        let expected = "`/nowhere/image.tar` leads to no image: as a path, nothing is there";
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn feeds_are_listed_with_what_is_kept_of_them() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let bad = file(&files, "bad.json", "nothing");
    let error = setup.run(["feed", "add", "debian", text(&bad)]).failed();
    assert!(error.contains(text(&bad)) && error.contains("is not ingested"), "{error}");
    let secdb = file(&files, "main.json", advisories::alpine_secdb());
    let table = setup.run(["feed", "add", "alpine", text(&secdb)]).ok();
    assert!(table.contains("alpine") && table.contains("ADDED"), "{table}");

    let feeds = setup.run(["feed", "list", "--format", "json"]).json();
    let feeds = feeds["feeds"].as_array().unwrap();
    let [alpine, debian] =
        ["alpine", "debian"].map(|name| feeds.iter().find(|feed| feed["name"] == name).unwrap());
    assert_eq!([&alpine["revision"], &debian["revision"]], [1, 0]);
    assert!(debian["last_failure_reason"].is_string());
    let table = setup.run(["feed", "list"]).ok();
    assert!(table.contains("never"), "{table}");

    let error = setup.run(["feed", "add", "none", text(&secdb)]).failed();
    assert!(error.contains("there are: almalinux, alpine"), "{error}");
}

#[test]
fn two_versions_are_compared_by_their_scheme() {
    let setup = Setup::new();
    let check = |scheme: &str, a: &str, b: &str, expected: &str| {
        let answer = setup.run(["version", "compare", scheme, a, b]).ok();
        assert_eq!(answer, format!("{expected}\n"), "{scheme} {a} {b}");
    };
    check("dpkg", "1.0~rc1", "1.0", "<");
    check("dpkg", "0:1.0", "1.0", "=");
    check("dpkg", "1:0.9", "1.0", ">");
    check("apk", "1.0_rc1", "1.0", "<");
    check("maven", "1.0.0.Final", "1.0", "=");
    check("gem", "1.0.b1", "1.0", "<");
    check("go", "go1.21rc2", "v1.21.0-rc.10", "<");
}

#[test]
fn a_version_that_cannot_be_read_fails_with_which_and_why() {
    let setup = Setup::new();
    let error = setup.run(["version", "compare", "dpkg", "1.0", "not a version"]).failed();
    assert!(error.contains("version `not a version` cannot be read: "), "{error}");
    let error = setup.run(["version", "compare", "roman", "I", "II"]).failed();
    assert!(error.contains("`roman`; there are: alpm, apk, bitnami"), "{error}");
}

#[test]
fn versions_of_standard_input_are_answered_line_by_line() {
    let setup = Setup::new();
    let compare = |input: &str| setup.run_with_input(["version", "compare", "dpkg"], input);
    assert_eq!(compare("1.0\t2.0\n1.0\t1.0\n2.0\t1.0\n").ok(), "<\n=\n>\n");
    assert_eq!(compare("").ok(), "");
    assert_eq!(compare("1.0\t2.0").ok(), "<\n");

    let outcome = compare("1.0\t2.0\nnot a version\t1\n2.0\t1.0\n");
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!((outcome.code, lines[0], lines[2]), (Some(1), "<", ">"));
    assert!(lines[1].starts_with("error: version `not a version` cannot be read"), "{lines:?}");

    let outcome = compare("1.0 2.0\n");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("line 1 is `1.0 2.0`"), "{outcome:?}");
}

#[test]
fn a_setting_that_does_not_exist_is_an_error_that_names_it() {
    let error = Setup::new().with("LIMPID_HTTP__WORKRES", 3).run(["settings"]).failed();
    assert!(error.contains("workres"), "{error}");
    let error = Setup::new().with("LIMPID_LISTEM", "127.0.0.1:1").run(["settings"]).failed();
    assert!(error.contains("listem"), "{error}");

    let files = tempfile::tempdir().unwrap();
    let settings = file(&files, "limpid.toml", "[index]\nlayers = 3\njosb = 1\n");
    let error = Setup::new().run(["--settings", text(&settings), "settings"]).failed();
    assert!(error.contains("josb"), "{error}");
}

#[test]
fn settings_are_taken_from_flag_then_environment_then_file() {
    let files = tempfile::tempdir().unwrap();
    let settings = file(&files, "limpid.toml", "listen = \"127.0.0.1:1\"\n[index]\nlayers = 3\njobs = 7\n");
    let setup = Setup::new().with("LIMPID_INDEX__LAYERS", 5).with("LIMPID_DATA_DIR", "/elsewhere");
    let effective = setup.run(["--settings", text(&settings), "settings"]).ok();
    for line in ["listen = \"127.0.0.1:1\"", "layers = 5", "jobs = 7"] {
        assert!(effective.lines().any(|found| found == line), "{line}: {effective}");
    }
    assert!(effective.contains(text(setup.data())), "the flag goes before the environment: {effective}");
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own() {
    let setup = Setup::new();
    for arguments in [vec!["fly"], vec!["scan"], vec!["version", "compare", "dpkg", "1"]] {
        let outcome = setup.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
        assert!(outcome.stderr.contains("Usage:"), "{outcome:?}");
    }
}
