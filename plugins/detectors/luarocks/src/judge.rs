//! Rocks that LuaRocks installs, listed by LuaRocks and by this detector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};

use crate::LuaRocks;

/// How many rocks are installed.
const ROCKS: usize = 20;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn luarocks(tree: &Path, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new("luarocks")
        .arg("--tree")
        .arg(tree)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("luarocks cannot be run: it is in Debian's package `luarocks`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The rockspecs below a folder.
fn rockspecs(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rockspecs(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rockspec") {
            all.push(path);
        }
    }
}

#[test]
#[ignore = "starts LuaRocks; `cargo xtask verify detectors` runs it"]
fn what_luarocks_lists_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-luarocks-{}", std::process::id())));
    let tree = folder.0.join("tree");
    fs::create_dir_all(&tree).unwrap();
    for number in 0..ROCKS {
        let (name, version) = (format!("rock-{number}"), format!("1.{number}rc{number}-{}", number % 3 + 1));
        let text = format!(
            "rockspec_format = \"3.0\"\npackage = \"{name}\"\nversion = \"{version}\"\n\
             source = {{ url = \"file:///none\" }}\ndescription = {{ license = \"MIT\" }}\n\
             build = {{ type = \"builtin\", modules = {{}} }}\n"
        );
        let file = format!("{name}-{version}.rockspec");
        fs::write(folder.0.join(&file), text).unwrap();
        luarocks(&tree, &["make", &file], &folder.0);
    }
    let list = luarocks(&tree, &["list", "--porcelain"], &folder.0);
    let mut expected: Vec<_> = list
        .lines()
        .filter_map(|line| {
            let [name, version, _, place] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
            Path::new(place).starts_with(&tree).then(|| (name.to_owned(), version.to_owned()))
        })
        .collect();
    expected.sort();
    let mut paths = Vec::new();
    rockspecs(&tree, &mut paths);
    let mut found = Vec::new();
    for path in paths {
        let shown = path.to_str().unwrap().trim_start_matches('/').to_owned();
        let report = LuaRocks::detect(&[File::in_memory(shown, fs::read(&path).unwrap())]).unwrap();
        assert_eq!(report.unread, []);
        assert!(report.packages().all(|it| it.licenses == ["MIT"]));
        found.extend(report.packages().map(|it| (it.name.clone(), it.version.clone())));
    }
    found.sort();
    assert_eq!(expected.len(), ROCKS);
    assert_eq!(found, expected);
    println!("{ROCKS} rocks are read as LuaRocks reads them");
}
