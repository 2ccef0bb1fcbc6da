//! Generated applications that Composer installs, listed by Composer and by this detector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use limpid_plugin_sdk::detector::{Detector as _, File};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde_json::json;

use crate::Php;

/// How many applications are installed, and how many packages each asks for.
const APPLICATIONS: usize = 4;
const PACKAGES: usize = 150;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `composer show --format=json` prints; of a lock file, `locked`.
#[derive(Deserialize)]
struct Shown {
    #[serde(alias = "locked")]
    installed: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    version: String,
}

fn composer(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("composer")
        .args(arguments)
        .args(["--no-interaction", "--no-plugins", "--working-dir"])
        .arg(folder)
        .envs([("COMPOSER_ALLOW_SUPERUSER", "1"), ("COMPOSER_DISABLE_NETWORK", "1")])
        .env("COMPOSER_HOME", folder.join("home"))
        .stdin(Stdio::null())
        .output()
        .expect("composer cannot be run: it is in Debian's package `composer`");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn shown(folder: &Path, arguments: &[&str]) -> Vec<(String, String)> {
    let shown: Shown = serde_json::from_slice(&composer(folder, arguments)).unwrap();
    // Of a branch, it adds the commit.
    let version = |row: &Row| row.version.split(' ').next().unwrap().to_owned();
    let mut rows: Vec<_> =
        shown.installed.iter().map(|row| (row.name.to_lowercase(), version(row))).collect();
    rows.sort();
    rows
}

fn found(folder: &Path, path: &str) -> Vec<(String, String)> {
    let report = Php::detect(&[File::in_memory(path, fs::read(folder.join(path)).unwrap())]).unwrap();
    assert_eq!(report.unread, []);
    let mut rows: Vec<_> = report.packages().map(|it| (it.name.clone(), it.version.clone())).collect();
    rows.sort();
    rows
}

#[test]
#[ignore = "starts Composer; `cargo xtask verify detectors` runs it"]
fn what_composer_lists_is_what_is_found() {
    let mut runner = TestRunner::deterministic();
    let package =
        ("[a-z]{1,4}[A-Z]?[a-z0-9]", "v?[0-9]{1,2}(\\.[0-9]{1,2}){1,2}(-(RC1|beta2|p3))?|dev-[a-z]{1,5}");
    let (mut lists, mut packages) = (0, 0);
    for number in 0..APPLICATIONS {
        let folder = Folder(std::env::temp_dir().join(format!("limpid-php-{}-{number}", std::process::id())));
        let mut required = [serde_json::Map::new(), serde_json::Map::new()];
        for index in 0..PACKAGES {
            let (word, version) = package.new_tree(&mut runner).unwrap().current();
            let name = format!("vendor{}/{word}-{index}", index % 7);
            let place = folder.0.join("packages").join(index.to_string());
            fs::create_dir_all(&place).unwrap();
            let manifest = json!({ "name": name, "version": version, "license": ["MIT", "Apache-2.0"] });
            fs::write(place.join("composer.json"), manifest.to_string()).unwrap();
            required[index % 2].insert(name.to_lowercase(), "*@dev".into());
        }
        let [running, development] = required;
        let repositories = json!([
            { "type": "path", "url": "packages/*", "options": { "symlink": false } },
            { "packagist.org": false },
        ]);
        let application = json!({
            "name": "limpid/application", "require": running, "require-dev": development,
            "repositories": repositories,
        });
        fs::write(folder.0.join("composer.json"), application.to_string()).unwrap();
        composer(&folder.0, &["update"]);
        let all = shown(&folder.0, &["show", "--locked", "--format=json"]);
        assert_eq!(all.len(), PACKAGES);
        assert_eq!(found(&folder.0, "composer.lock"), all);
        assert_eq!(
            found(&folder.0, "vendor/composer/installed.json"),
            shown(&folder.0, &["show", "--format=json"])
        );
        composer(&folder.0, &["install", "--no-dev"]);
        let without = shown(&folder.0, &["show", "--format=json"]);
        assert_eq!(without.len(), PACKAGES / 2);
        assert_eq!(found(&folder.0, "vendor/composer/installed.json"), without);
        lists += 3;
        packages += 2 * all.len() + without.len();
    }
    println!("{lists} lists with {packages} packages are read as Composer reads them");
}
