//! A store that Nix makes, listed by Nix and by this detector.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};
use serde_json::Value;

use crate::{DATABASE, JOURNAL, Nix, STORE};

/// Names of derivations; all have an output beside the first one.
const NAMES: [&str; 8] = [
    "hello-2.12.1",
    "a-b-1.2",
    "nix-0.12pre",
    "x-1a-2",
    "python3.11-requests-2.31.0",
    "foo-unstable-2023-01-01",
    "glibc-2.38-27",
    "with-hook",
];

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = Command::new("chmod").args(["-R", "u+w"]).arg(&self.0).status();
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The regular files below a folder of the store, as a layer has them.
fn files(store: &Path, folder: &Path, all: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            files(store, &path, all);
        } else if path.is_file() {
            let shown = path.strip_prefix(store).unwrap().to_str().unwrap();
            if shown.split('/').count() == 3 {
                all.push(File::in_memory(format!("{STORE}{shown}"), "x"));
            }
        }
    }
}

fn words(all: &[File]) -> BTreeSet<String> {
    let report = Nix::detect(all).unwrap();
    assert_eq!(report.unread, []);
    report.packages().map(|it| format!("{} {}", it.name, it.version)).collect()
}

#[test]
#[ignore = "starts Nix; `cargo xtask verify detectors` runs it"]
fn what_nix_lists_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-nix-{}", std::process::id())));
    fs::create_dir_all(folder.0.join("etc")).unwrap();
    fs::write(folder.0.join("etc/nix.conf"), "build-users-group =\nsandbox = false\n").unwrap();
    let list = NAMES.map(|name| format!("(make \"{name}\")")).join(" ");
    let text = format!(
        "let make = name: derivation {{ inherit name; system = builtins.currentSystem; builder = \"/bin/sh\"; \
         outputs = [ \"out\" \"dev\" ]; args = [ \"-c\" \"/bin/mkdir -p $out/bin $dev/lib; \
         echo ${{name}} > $out/bin/x; echo ${{name}} > $dev/lib/x\" ]; }}; in [ {list} ]"
    );
    fs::write(folder.0.join("store.nix"), text).unwrap();
    let nix = |program: &str, arguments: &[&str]| {
        let mut nix = Command::new(program);
        nix.args(arguments).current_dir(&folder.0).env("HOME", folder.0.join("home"));
        let places = [("STORE_DIR", "store"), ("STATE_DIR", "var"), ("LOG_DIR", "log"), ("CONF_DIR", "etc")];
        nix.envs(places.map(|(name, place)| (format!("NIX_{name}"), folder.0.join(place))));
        let output = nix.output().expect("Nix cannot be run: it is in Debian's package `nix-bin`");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    nix("nix-build", &["store.nix"]);
    // How Nix parts the names of what it has built.
    let all = NAMES.map(|name| format!("\"{name}\"")).join(" ");
    let expression = format!("map builtins.parseDrvName [ {all} ]");
    let parted: Value =
        serde_json::from_str(&nix("nix-instantiate", &["--eval", "--strict", "--json", "-E", &expression]))
            .unwrap();
    let expected: BTreeSet<String> = parted
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", it["name"].as_str().unwrap(), it["version"].as_str().unwrap()))
        .filter(|word| !word.ends_with(' '))
        .collect();
    assert_eq!(expected.len(), NAMES.len() - 1);

    let mut of_store = Vec::new();
    files(&folder.0.join("store"), &folder.0.join("store"), &mut of_store);
    assert_eq!(of_store.len(), 2 * NAMES.len());
    assert_eq!(words(&of_store), expected);
    // The journal is there as long as another process has the database open.
    let mut of_database =
        vec![File::in_memory(DATABASE, fs::read(folder.0.join("var/db/db.sqlite")).unwrap())];
    if let Ok(journal) = fs::read(folder.0.join("var/db/db.sqlite-wal")) {
        of_database.push(File::in_memory(JOURNAL, journal));
    }
    assert_eq!(words(&of_database), expected);
    println!("{} packages are read as Nix reads them", expected.len());
}
