//! Packages that Conan makes in a cache of its own, listed by Conan and by this detector.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};
use serde_json::Value;

use crate::Conan;

/// Conan, as PyPI has it.
const CONAN: &str = "conan==2.34.0";

/// How many recipes there are; every third has no package.
const RECIPES: usize = 9;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn found(folder: &Path, path: &str) -> BTreeSet<String> {
    let report = Conan::detect(&[File::in_memory(path, fs::read(folder.join(path)).unwrap())]).unwrap();
    assert_eq!(report.unread, []);
    report.packages().map(|it| it.purl.clone()).collect()
}

/// A reference of Conan as a package URL.
fn purl(reference: &str, revision: &str) -> String {
    let (reference, publisher) = reference.split_once('@').unwrap_or((reference, ""));
    let (name, version) = reference.split_once('/').unwrap();
    let name = name.replace('+', "%2B");
    match publisher.split_once('/') {
        Some((user, channel)) => {
            format!("pkg:conan/{name}@{version}?channel={channel}&rrev={revision}&user={user}")
        }
        None => format!("pkg:conan/{name}@{version}?rrev={revision}"),
    }
}

#[test]
#[ignore = "installs and starts Conan; `cargo xtask verify detectors` runs it"]
fn what_conan_lists_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-conan-{}", std::process::id())));
    fs::create_dir_all(&folder.0).unwrap();
    run(Command::new("python3").args(["-m", "venv"]).arg(folder.0.join("venv")));
    run(Command::new(folder.0.join("venv/bin/pip")).args(["install", "--quiet", CONAN]));
    let conan = |arguments: &[&str]| {
        let mut conan = Command::new(folder.0.join("venv/bin/conan"));
        run(conan.args(arguments).current_dir(&folder.0).env("CONAN_HOME", folder.0.join("home")))
    };
    conan(&["profile", "detect"]);
    for number in 0..RECIPES {
        let name = format!("r{number}");
        fs::create_dir_all(folder.0.join(&name)).unwrap();
        let requires = number.checked_sub(1).filter(|_| number % 3 == 1);
        let requires =
            requires.map_or(String::new(), |_| "    tool_requires = 'recipe-2+/1.2.cci'\n".to_owned());
        let requires = if number > 2 { requires } else { String::new() };
        let text = format!(
            "from conan import ConanFile\nclass It(ConanFile):\n    name = 'recipe-{number}+'\n    \
             version = '1.{number}.cci'\n    settings = 'os'\n{requires}"
        );
        fs::write(folder.0.join(&name).join("conanfile.py"), text).unwrap();
        match number % 3 {
            0 => conan(&["export", &name]),
            1 => conan(&["create", &name]),
            _ if number == 2 => conan(&["create", &name, "--build-require"]),
            _ => conan(&["create", &name, "--user", "acme", "--channel", "stable"]),
        };
        // A second revision of the recipe.
        if number == 5 {
            fs::write(
                folder.0.join(&name).join("conanfile.py"),
                format!(
                    "{}    topics = 'x'\n",
                    fs::read_to_string(folder.0.join(&name).join("conanfile.py")).unwrap()
                ),
            )
            .unwrap();
            conan(&["create", &name, "--user", "acme", "--channel", "stable"]);
        }
    }
    let listed: Value = serde_json::from_str(&conan(&["list", "*#*:*", "--format=json"])).unwrap();
    let mut expected = BTreeSet::new();
    for (reference, stated) in listed["Local Cache"].as_object().unwrap() {
        for (revision, stated) in stated["revisions"].as_object().unwrap() {
            if stated["packages"].as_object().is_some_and(|packages| !packages.is_empty()) {
                expected.insert(purl(reference, revision));
            }
        }
    }
    assert_eq!(expected.len(), RECIPES / 3 * 2 + 1, "{expected:?}");
    assert_eq!(found(&folder.0, "home/p/cache.sqlite3"), expected);

    conan(&[
        "lock",
        "create",
        "--requires=recipe-1+/1.1.cci",
        "--tool-requires=recipe-2+/1.2.cci",
        "--lockfile-out=conan.lock",
    ]);
    let named: BTreeSet<_> = expected
        .iter()
        .filter(|it| it.contains("recipe-1%2B") || it.contains("recipe-2%2B"))
        .cloned()
        .collect();
    assert_eq!(found(&folder.0, "conan.lock"), named);
    println!("{} packages are read as {CONAN} reads them", expected.len());
}
