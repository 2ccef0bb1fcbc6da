//! Settings: what is wrong with them, where they come from, and how they change while the service runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Outcome, Setup};
use crate::service::{DEADLINE, Service, until};

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

fn hang_up(service: &Service) {
    let id = service.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -HUP \"$1\"", "sh", &id]).status().unwrap().success());
}

fn write(path: &str, settings: &str) {
    fs::write(path, settings).unwrap();
    fs::set_permissions(Path::new(path), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn settings_change_while_the_service_runs_all_or_none() {
    let (_folder, path) = folder("[http]\narchive_bytes = 1000000\n");
    let service = Service::with(Setup::new().with("LIMPID_SETTINGS", &path));
    let reload = || service.api.send("POST", "/v1/settings/reload", &[], b"");
    assert_eq!(reload().ok(), json!({ "changed": [], "needs_restart": [] }));

    // The limit on archives holds at once; a number of threads does not.
    assert_ne!(service.api.submit(&[0; 2_000]).status, 413);
    write(
        &path,
        "[http]\narchive_bytes = 1000\n[index]\njobs = 9\n[feeds]\nproxy = 'http://u:hidden@p.example'\n",
    );
    let expected =
        json!({ "changed": ["feeds.proxy", "http.archive_bytes"], "needs_restart": ["index.jobs"] });
    assert_eq!(reload().ok(), expected);
    service.api.submit(&[0; 2_000]).refused(413, "over-limit");
    let shown = service.api.get("/v1/settings").ok();
    assert_eq!(setting(&shown, "http.archive_bytes")["value"], 1_000);
    assert_eq!(setting(&shown, "http.archive_bytes")["line"], 2);
    assert_eq!(setting(&shown, "index.jobs")["value"], 2);
    assert!(!shown.to_string().contains("hidden"), "{shown}");

    // Of a file that is wrong in one place, nothing counts.
    write(&path, "[http]\narchive_bytes = 5000\nwait = 'x'\n");
    let why = reload().refused(422, "bad-settings");
    assert!(why.contains("nothing has changed") && why.contains("limpid.toml:3:1"), "{why}");
    write(&path, "[http]\narchive_bytes = 5000\n[bundles]\ntrusted_keys = ['x']\n");
    reload().refused(422, "bad-settings");
    service.api.submit(&[0; 2_000]).refused(413, "over-limit");

    // A signal does the same, and both are recorded.
    write(&path, "log = 'info,limpid=debug'\n[http]\narchive_bytes = 5000\n");
    hang_up(&service);
    until("the signal was followed", || (service.api.submit(&[0; 2_000]).status != 413).then_some(()));
    until("it is in the log", || {
        service.log().contains("changed: feeds.proxy, http.archive_bytes, log").then_some(())
    });
    write(&path, "[htpt]\n");
    hang_up(&service);
    until("it is in the log, too", || service.log().contains("unknown setting `htpt`").then_some(()));
    assert!(service.log().contains("need a restart: index.jobs"));
    let of = |method: &str, status: u16| {
        until("it is recorded", || {
            let records = service.api.get("/v1/audit").ok();
            let mut records = records["records"].as_array().unwrap().iter();
            let is_it = |record: &&Value| {
                record["path"] == "/v1/settings/reload"
                    && record["method"] == method
                    && record["status"] == status
            };
            records.find(is_it).cloned()
        })
    };
    assert_eq!(of("SIGHUP", 200)["who"], "signal");
    assert_eq!(of("SIGHUP", 422)["who"], "signal");
    assert_eq!(of("POST", 422)["who"], "network");
    let done = of("POST", 200);
    assert!(done["detail"].as_str().unwrap().contains("needs a restart"), "{done:#}");
}

#[test]
fn a_service_manager_is_told_when_the_service_is_ready_reads_its_settings_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manager");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(DEADLINE)).unwrap();
    let next = || {
        let mut text = [0; 1_024];
        let length = manager.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let service = Service::with(Setup::new().with("NOTIFY_SOCKET", path.display()));
    assert_eq!(next().trim(), "READY=1");
    hang_up(&service);
    let reloading = next();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(next().trim(), "READY=1");
    service.stop();
    assert_eq!(next().trim(), "STOPPING=1");
}

#[test]
fn watches_and_subscriptions_of_the_settings_are_made_when_they_are_read_again() {
    let (_folder, path) = folder("");
    let service = Service::with(Setup::new().with("LIMPID_SETTINGS", &path));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let settings = format!(
        "[watches.shop]\nregistry = '127.0.0.1:9'\nrepositories = ['shop']\n\
         [subscriptions.team]\nwebhook = {{ url = 'https://receiver.example/', secret = '{secret}' }}\n"
    );
    write(&path, &settings);
    let reloaded = service.api.send("POST", "/v1/settings/reload", &[], b"").ok();
    assert_eq!(reloaded["needs_restart"], json!([]));
    assert!(!reloaded.to_string().contains(secret));
    assert_eq!(service.api.get("/v1/watches/shop").ok()["repositories"], json!(["shop"]));
    assert_eq!(service.api.get("/v1/subscriptions/team").ok()["enabled"], true);
}

#[test]
fn who_may_not_administer_neither_reads_settings_nor_has_them_read_again() {
    let service = Service::with(Setup::new().with("LIMPID_ACCESS__REQUIRED", "true"));
    let bearer = format!("Bearer {}", service.token(&["operator", "--role", "operate"]));
    for (method, path) in [("GET", "/v1/settings"), ("POST", "/v1/settings/reload")] {
        service.api.send(method, path, &[], b"").refused(401, "unauthorized");
        service.api.send(method, path, &[("authorization", &bearer)], b"").refused(403, "forbidden");
    }
}
