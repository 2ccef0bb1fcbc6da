//! Packages that opam installs into a switch, listed by opam and by this detector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};

use crate::Opam;

/// How many packages are installed.
const PACKAGES: usize = 12;

/// Their versions, by turns.
const VERSIONS: [&str; 4] = ["1.2.3", "v0.16.0~rc1", "base", "3-16.1+x"];

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The files of a switch that this detector claims.
fn files(root: &Path, folder: &Path, all: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, all);
        } else if path.ends_with("opam")
            || path.ends_with("switch-state")
            || path.ends_with("app.opam.locked")
        {
            let shown = path.strip_prefix(root).unwrap().to_str().unwrap();
            all.push(File::in_memory(shown, fs::read(&path).unwrap()));
        }
    }
}

fn found(root: &Path, folder: &str) -> Vec<String> {
    let mut all = Vec::new();
    files(root, &root.join(folder), &mut all);
    let report = Opam::detect(&all).unwrap();
    assert_eq!(report.unread, []);
    let mut words: Vec<_> = report
        .packages()
        .map(|it| format!("{} {} {}", it.name, it.version, it.licenses.join(" ")).trim_end().to_owned())
        .collect();
    words.sort();
    words
}

#[test]
#[ignore = "starts opam; `cargo xtask verify detectors` runs it"]
fn what_opam_lists_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-opam-{}", std::process::id())));
    let repository = folder.0.join("repository");
    let head = "opam-version: \"2.0\"\nmaintainer: \"a\"\nauthors: \"a\"\nhomepage: \"x\"\nbug-reports: \"x\"\nsynopsis: \"x\"\n";
    for number in 0..PACKAGES {
        let (name, version) = (format!("package-{number}"), VERSIONS[number % VERSIONS.len()]);
        let place = repository.join(format!("packages/{name}/{name}.{version}"));
        fs::create_dir_all(&place).unwrap();
        let needs = number.checked_sub(1).map_or(String::new(), |before| format!("\"package-{before}\""));
        let license = if number % 2 == 0 { "\"MIT\"" } else { "[\"ISC\" \"MIT\"]" };
        fs::write(place.join("opam"), format!("{head}license: {license}\ndepends: [{needs}]\n")).unwrap();
    }
    fs::write(repository.join("repo"), "opam-version: \"2.0\"\n").unwrap();
    let application = folder.0.join("app");
    fs::create_dir_all(&application).unwrap();
    let needs = format!("\"package-{}\" {{build}} \"package-1\"", PACKAGES - 1);
    let text = format!("{head}name: \"app\"\nversion: \"0.1\"\ndepends: [{needs}]\n");
    fs::write(application.join("app.opam"), text).unwrap();
    let opam = |arguments: &[&str]| {
        let mut opam = Command::new("opam");
        opam.args(arguments).current_dir(&application).env("OPAMROOT", folder.0.join("root"));
        opam.envs([("OPAMYES", "1"), ("OPAMCOLOR", "never"), ("OPAMSWITCH", "s")]);
        let output = opam.output().expect("opam cannot be run: it is in Debian's package `opam`");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    opam(&["init", "--bare", "--disable-sandboxing", "--no-setup", repository.to_str().unwrap()]);
    opam(&["switch", "create", "s", "--empty"]);
    opam(&["install", &format!("package-{}", PACKAGES - 1)]);
    let listed = opam(&["list", "--installed", "--short", "--columns=name,version,license:"]);
    let mut expected: Vec<_> = listed
        .lines()
        .map(|line| line.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    expected.sort();
    assert_eq!(expected.len(), PACKAGES);
    assert_eq!(found(&folder.0, "root/s/.opam-switch"), expected);
    opam(&["lock", "."]);
    let without = |word: &String| word.split(' ').take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(found(&folder.0, "app"), expected.iter().map(without).collect::<Vec<_>>());
    println!("{PACKAGES} packages are read as opam reads them");
}
