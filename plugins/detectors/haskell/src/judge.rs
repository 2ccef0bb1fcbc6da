//! The database of GHC, listed by its own program and by this detector.

use std::fs;
use std::path::Path;
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};

use crate::Haskell;

fn ghc_pkg(arguments: &[&str]) -> String {
    let output = Command::new("ghc-pkg")
        .args(arguments)
        .output()
        .expect("ghc-pkg cannot be run: it is in Debian's package `ghc`");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "starts GHC; `cargo xtask verify detectors` runs it"]
fn what_ghc_lists_is_what_is_found() {
    let list = ghc_pkg(&["list", "--global", "--no-user-package-db"]);
    let folder = Path::new(list.lines().next().unwrap().trim());
    let mut expected: Vec<_> = ghc_pkg(&["list", "--global", "--no-user-package-db", "--simple-output"])
        .split_whitespace()
        .map(|package| {
            let (name, version) = package.rsplit_once('-').unwrap();
            let fields = ghc_pkg(&["field", package, "license", "--simple-output", "--global"]);
            (name.to_owned(), version.to_owned(), fields.trim().to_owned())
        })
        .collect();
    expected.sort();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "conf") {
            let shown = path.to_str().unwrap().trim_start_matches('/').to_owned();
            let report = Haskell::detect(&[File::in_memory(shown, fs::read(&path).unwrap())]).unwrap();
            assert_eq!(report.unread, [], "{}", path.display());
            found.extend(
                report.packages().map(|it| (it.name.clone(), it.version.clone(), it.licenses.concat())),
            );
        }
    }
    found.sort();
    assert!(found.len() > 20, "{}", found.len());
    assert_eq!(found, expected);
    println!("{} libraries of GHC are read as GHC reads them", found.len());
}
