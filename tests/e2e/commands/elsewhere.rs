//! The same words with a service elsewhere as with a data directory, and what helps where one is not reached.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use xtask::sample::{advisories, debian};

use super::{file, text};
use crate::archives::{Compression, Parts};
use crate::program::{Outcome, Setup};
use crate::service::{Service, until};

/// A vulnerability that affects the sample of Debian.
const KNOWN: &str = "CVE-2023-46218";

/// Commands that read, by the name of an image.
fn reading(image: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["image", "list"],
        vec!["image", "show", image],
        vec!["report", image],
        vec!["packages", image],
        vec!["vulnerability", "show", KNOWN],
        vec!["vulnerability", "images", KNOWN],
        vec!["feed", "list"],
        vec!["watch", "list"],
        vec!["policy", "list"],
        vec!["token", "list"],
    ]
}

fn of_json<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [words, &["--format", "json"]].concat()
}

/// A program of the user that has no data directory of the service: it must ask.
struct Elsewhere {
    setup: Setup,
    home: tempfile::TempDir,
}

impl Elsewhere {
    fn new() -> Self {
        Self { setup: Setup::new(), home: tempfile::tempdir().unwrap() }
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
        let mut command = std::process::Command::new(self.setup.command().get_program());
        command.env_clear().env("XDG_CONFIG_HOME", self.home.path());
        command.args(["--plugins-dir", text(self.setup.plugins())]);
        command.args(arguments).envs(environment.iter().copied()).stdin(std::process::Stdio::null());
        Outcome::from(command.output().unwrap())
    }
}

/// Ages and times of last use pass.
fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !["age", "last_used", "next_run"].contains(&name.as_str()));
            fields.values_mut().for_each(|it| *it = without_times(it.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| *it = without_times(it.take())),
        _ => {}
    }
    value
}

#[test]
fn commands_answer_the_same_from_a_service_and_from_a_data_directory() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    let parts = Parts::of(&debian(), Compression::Gzip);
    let archive = file(&files, "image.tar", parts.docker_archive());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    setup.run(["scan", text(&archive)]).ok();
    let digest = parts.digest();
    let image = &digest["sha256:".len()..][..12];
    let here: Vec<_> = reading(image)
        .iter()
        .map(|words| (setup.run(words.clone()).ok(), setup.run(of_json(words)).json()))
        .collect();
    assert_eq!(here[0].1["images"][0]["digest"], *digest, "{:#}", here[0].1);
    assert!(here[2].1[0]["findings"].as_array().is_some_and(|findings| !findings.is_empty()));
    assert!(here[4].0.contains(KNOWN) && here[4].0.contains("curl"), "{}", here[4].0);
    assert_eq!(here[5].1["images"][0]["digest"], *digest);

    let service = Service::with(setup.with("LIMPID_ACCESS__REQUIRED", "true"));
    let secret = service.token(&["cli", "--role", "admin"]);
    let (elsewhere, address) = (Elsewhere::new(), service.api.address());
    let shown = [("LIMPID_TOKEN", secret.as_str()), ("LIMPID_SERVER", address)];
    until("the service has seen to its plugins", || {
        let report = elsewhere.run(&["report", image, "--format", "json"], &shown).json();
        (!report.to_string().contains("refresh-under-way")).then_some(())
    });
    for (words, (_, document)) in reading(image).iter().zip(&here) {
        if words[0] == "token" {
            continue;
        }
        let found = elsewhere.run(&of_json(words), &shown).json();
        assert_eq!(without_times(found), without_times(document.clone()), "{words:?}");
    }
    let report = elsewhere.run(&["report", image, "--server", address], &shown[..1]).ok();
    assert_eq!(report, here[2].0, "as a table, too");

    // A profile says where, and what is shown.
    let folder = elsewhere.home.path().join("limpid");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("token"), &secret).unwrap();
    std::fs::set_permissions(folder.join("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!("[profiles.work]\nserver = \"{address}\"\ntoken_file = \"token\"\n");
    std::fs::write(folder.join("config.toml"), &config).unwrap();
    elsewhere.run(&["image", "show", image, "--profile", "work"], &[]).ok();
    std::fs::write(folder.join("config.toml"), format!("default = \"work\"\n{config}")).unwrap();
    let doctor = elsewhere.run(&["doctor", "--format", "json"], &[]);
    let diagnosis: Value = serde_json::from_str(&doctor.stdout).unwrap();
    assert_eq!((doctor.code, &diagnosis["problems"]), (Some(0), &Value::from(0)), "{diagnosis:#}");
    let all = diagnosis["checks"].as_array().unwrap();
    let looked = |check: &str| all.iter().any(|it| it["check"] == check && it["state"] == "ok");
    for check in ["service", "clock", "plugins", "feeds", "permissions", "proxies"] {
        assert!(looked(check), "{check}: {diagnosis:#}");
    }
    let deleted = elsewhere.run(&["image", "delete", image], &[]).ok();
    assert!(deleted.starts_with(&format!("deleted {digest}")), "{deleted}");
    let gone = elsewhere.run(&["report", image], &[]).failed();
    assert!(gone.contains("is known") && gone.contains("limpid image list"), "{gone}");
    assert!(elsewhere.run(&["image", "list"], &[]).ok().contains("`limpid scan SOURCE`"));
}

#[test]
fn who_is_not_let_in_and_who_reaches_nobody_is_told_what_helps() {
    let service = Service::with(Setup::new().with("LIMPID_ACCESS__REQUIRED", "true"));
    let elsewhere = Elsewhere::new();
    let at = |address: &str| elsewhere.run(&["image", "list", "--server", address], &[]).failed();
    let why = at(service.api.address());
    assert!(why.contains("hint: set `LIMPID_TOKEN`"), "{why}");
    let why = at("http://127.0.0.1:1");
    assert!(why.contains("does not answer") && why.contains("hint: `limpid doctor`"), "{why}");
    let doctor = elsewhere.run(&["doctor", "--server", "http://127.0.0.1:1"], &[]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    assert!(doctor.stdout.contains("problem") && doctor.stdout.contains("->"), "{doctor:?}");
    for words in [&["plugin", "list"][..], &["backup", "list", "backups"], &["completions", "bash"]] {
        let words = [words, &["--server", "http://127.0.0.1:1"]].concat();
        let why = elsewhere.run(&words, &[]).failed();
        assert!(why.contains("works on this machine alone"), "{words:?}: {why}");
    }
}

#[test]
fn a_doctor_looks_into_this_machine() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let setup = setup.with("LIMPID_LISTEN", "127.0.0.1:0").with("LIMPID_INDEX__FREE_BYTES", 1);
    let look = |setup: &Setup, flags: &[&str]| {
        let mut command = setup.command();
        for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_ascii_uppercase());
        }
        let outcome =
            Outcome::from(command.args(["doctor", "--format", "json"]).args(flags).output().unwrap());
        (outcome.code, serde_json::from_str::<Value>(&outcome.stdout).unwrap())
    };
    let state = |diagnosis: &Value, check: &str| {
        let all = diagnosis["checks"].as_array().unwrap();
        let found = all.iter().find(|it| it["check"] == check);
        found.map(|it| it["state"].as_str().unwrap().to_owned())
    };
    std::fs::set_permissions(setup.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let (code, diagnosis) = look(&setup, &[]);
    assert_eq!(code, Some(0), "{diagnosis:#}");
    assert!(!setup.data().join("store").exists(), "nothing is left behind");
    setup.run(["image", "list"]).ok();
    let (code, diagnosis) = look(&setup, &[]);
    assert_eq!((code, state(&diagnosis, "feeds").as_deref()), (Some(1), Some("problem")), "{diagnosis:#}");
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    let (code, diagnosis) = look(&setup, &[]);
    assert_eq!((code, state(&diagnosis, "feeds").as_deref()), (Some(0), Some("ok")), "{diagnosis:#}");
    for check in ["settings", "data directory", "disk", "port", "certificates", "proxies", "plugins", "clock"]
    {
        assert_eq!(state(&diagnosis, check).as_deref(), Some("ok"), "{check}: {diagnosis:#}");
    }
    let settings = file(&files, "limpid.toml", "lisen = \"127.0.0.1:6060\"\n");
    let (code, diagnosis) = look(&setup, &["--settings", text(&settings)]);
    assert_eq!(code, Some(1));
    assert!(diagnosis["checks"][0]["message"].as_str().unwrap().contains("lisen"), "{diagnosis:#}");
    let none = tempfile::tempdir().unwrap();
    let (code, diagnosis) = look(&setup.clone().with_plugins(none.path()), &[]);
    assert_eq!((code, state(&diagnosis, "plugins").as_deref()), (Some(1), Some("problem")), "{diagnosis:#}");
}
