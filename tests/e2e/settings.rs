//! Settings: what is wrong with them, where they come from, and how they change while the service runs.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Outcome, Setup};

/// A folder with a settings file.
fn folder(settings: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limpid.toml");
    fs::write(&path, settings).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn check(settings: &str) -> Outcome {
    let (_folder, path) = folder(settings);
    Setup::new().run(["config", "check", &path])
}

fn setting<'a>(settings: &'a Value, key: &str) -> &'a Value {
    settings["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap()
}

#[test]
fn all_errors_of_a_file_are_told_with_their_lines() {
    let error =
        check("[http]\nread_worker = 3\nwait = 'long'\n[index]\nhttp = 1\n[feeds.debian]\nenable = 1\n")
            .failed();
    for expected in [
        "limpid.toml:2:1: unknown setting `http.read_worker`; the nearest that there is is `http.read_workers`",
        " 2 | read_worker = 3",
        "limpid.toml:3:1: setting `http.wait`: expected a whole number, found a text",
        "limpid.toml:5:1: unknown setting `index.http`",
        "limpid.toml:7:1: unknown setting `feeds.debian.enable`; the nearest that there is is `feeds.debian.enabled`",
        "4 errors",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let error = check("listen = \n[http]\nwait = \"\n").failed();
    assert!(error.contains("limpid.toml:1:") && error.contains("limpid.toml:3:"), "{error}");
    let error = check("[attached]\nvex = 'verifeid'").failed();
    assert!(error.contains("`verifeid`") && error.contains("`verified`"), "{error}");
    let error = check("read_workers = 3").failed();
    assert!(error.contains("is a setting of `[http]`"), "{error}");
    // Other commands tell the same.
    let (_folder, path) = folder("[http]\nread_worker = 3\n");
    let other = Setup::new().run(["--settings", &path, "feed", "list"]).failed();
    assert!(other.contains("limpid.toml:2:1: unknown setting `http.read_worker`"), "{other}");
    let other = Setup::new().with("LIMPID_HTTP__WAIT", "long").run(["feed", "list"]).failed();
    assert!(other.contains("`LIMPID_HTTP__WAIT`: setting `http.wait`: expected a whole number"), "{other}");
}

#[test]
fn what_cannot_be_used_or_makes_no_sense_is_told_before_the_service_starts() {
    let error = check(
        "log = 'a=b=c'\n[bundles]\ntrusted_keys = ['x']\n[subscriptions.s]\namqp = { url = 'http://a' }",
    )
    .failed();
    for expected in ["setting `log`", "`bundles.trusted_keys`", "subscription `s`"] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let outcome = check("[index]\njobs = 0\n");
    assert!(outcome.stderr.contains("`index.jobs` is 0, and counts as 1"), "{outcome:?}");
    assert!(outcome.ok().contains("there is 1 warning"));
    assert!(check("").ok().contains("can be used"));
}

#[test]
fn a_secret_in_a_line_with_an_error_is_not_shown() {
    for settings in [
        "[registries.'a.example']\npassword = [\"hidden-1\"]",
        "token = \"hidden-2",
        "[events]\nsecrets = 'hidden-3'",
        "[subscriptions.s]\nwebhook = { url = 'https://a', secret = 'hidden-4', x = 1 }",
    ] {
        let error = check(settings).failed();
        assert!(!error.contains("hidden-") && error.contains("limpid.toml:"), "{error}");
    }
    let error = Setup::new().with("LIMPID_EVENTS__SECRET", "['hidden-5']").run(["config", "show"]).failed();
    assert!(!error.contains("hidden-") && error.contains("`LIMPID_EVENTS__SECRET`"), "{error}");
}

#[test]
fn every_setting_is_shown_with_where_it_comes_from() {
    let (folder, path) = folder("[index]\njobs = 7\n[events]\nsecret = 'hidden'\n");
    let credentials = folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("limpid.tls.key"), "hidden").unwrap();
    let setup = Setup::new().with("LIMPID_HTTP__WAIT", 5).with("LIMPID_SETTINGS", &path);
    let mut command = setup.command();
    command.env("CREDENTIALS_DIRECTORY", &credentials).args(["config", "show", "--format", "json"]);
    let output = command.output().unwrap();
    let settings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let origin = |key: &str| {
        let setting = setting(&settings, key);
        [&setting["value"], &setting["source"], &setting["name"], &setting["line"]].map(Clone::clone)
    };
    assert_eq!(origin("index.jobs"), [json!(7), json!("file"), json!(path), json!(2)]);
    assert_eq!(
        origin("http.wait"),
        [json!(5), json!("environment"), json!("LIMPID_HTTP__WAIT"), json!(null)]
    );
    assert_eq!(origin("index.layers"), [json!(2), json!("default"), json!(null), json!(null)]);
    assert_eq!(origin("data_dir")[1..3], [json!("flag"), json!("--data-dir")]);
    let key = origin("tls.key");
    assert_eq!(key[1], "credential");
    assert!(key[0].as_str().unwrap().ends_with("/limpid.tls.key"), "{key:?}");
    assert_eq!(setting(&settings, "events.secret")["secret"], true);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("\"hidden\""));
    // As TOML, it is a settings file.
    let shown = setup.run(["config", "show"]).ok();
    assert!(
        shown.contains("jobs = 7") && shown.contains("limpid.toml:2") && !shown.contains("hidden\""),
        "{shown}"
    );
    fs::write(&path, &shown).unwrap();
    setup.run(["config", "check"]).ok();
}
