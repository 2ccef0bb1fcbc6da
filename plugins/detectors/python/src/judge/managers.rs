//! A small project, installed by each package manager, as this detector finds it and as the manager lists it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, Evidence, File};
use serde_json::Value;

use crate::{Python, normalised};

/// An editable project, with a group of its own.
const PROJECT: &str = r#"
[project]
name = "the.Shop"
version = "0.1.0"
requires-python = ">=3.9,<4"
dependencies = ["requests==2.28.0", "Jinja2==3.0.3", "colorama==0.4.6; sys_platform == 'win32'"]
[dependency-groups]
dev = ["iniconfig==2.0.0"]
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[tool.setuptools.packages.find]
where = ["src"]
[[tool.poetry.source]]
name = "index"
url = "https://pypi.org/simple/"
priority = "primary"
"#;

/// Wheels with SBOMs, and one from an address below.
const WHEELS: [&str; 3] = ["pillow", "cryptography", "psycopg2-binary"];

const PIPFILE: &str =
    "[packages]\nrequests = \"==2.28.0\"\nJinja2 = \"==3.0.3\"\n[dev-packages]\niniconfig = \"==2.0.0\"\n";

type Packages = BTreeSet<String>;

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("PIPENV_VENV_IN_PROJECT", "1").env("NO_COLOR", "1");
    command.env("POETRY_VIRTUALENVS_IN_PROJECT", "1").env_remove("VIRTUAL_ENV");
    let output = command.output().expect("it cannot be run: Debian has Python in `python3-venv`");
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{} {arguments:?}: {text}{why}", program.display());
    text
}

fn project(root: &Path, name: &str) -> PathBuf {
    let folder = root.join(name);
    fs::create_dir_all(folder.join("src/shop")).unwrap();
    fs::write(folder.join("src/shop/__init__.py"), "").unwrap();
    fs::write(folder.join("pyproject.toml"), PROJECT).unwrap();
    folder
}

/// What is found in a folder, whose path is the same in the layer: it is what is edited. Copies that packages bring for
/// themselves (`setuptools/_vendor`, `pipenv/patched`), which managers do not list, are left out, and so is what
/// SBOMs of wheels name.
fn found(folder: &Path, evidence: Evidence) -> Packages {
    let mut files = Vec::new();
    walk(folder, &mut files);
    files.retain(|file| match file.path().rsplit_once("/site-packages/") {
        Some((_, inner)) => inner.split('/').count() <= 2 && !file.path().contains("/site-packages/pipenv/"),
        None => true,
    });
    let report = Python::detect(&files).unwrap();
    let packages = report.packages().filter(|it| it.evidence == evidence);
    let packages: Vec<_> = packages.map(|it| format!("{} {}", it.name, it.version)).collect();
    let once: Packages = packages.iter().cloned().collect();
    assert_eq!(packages.len(), once.len(), "stated twice in {}: {packages:?}", folder.display());
    once
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (kind, path) = (entry.file_type().unwrap(), entry.path());
        let shown = path.to_str().unwrap().trim_start_matches('/').to_owned();
        let ends = [
            "METADATA",
            "PKG-INFO",
            "direct_url.json",
            ".egg-info",
            ".egg-link",
            ".pth",
            ".lock",
            "pylock.toml",
        ];
        let is_claimed = ends.iter().any(|end| shown.ends_with(end));
        if kind.is_dir() {
            walk(&path, files);
        } else if kind.is_file() && is_claimed {
            files.push(File::in_memory(shown, fs::read(path).unwrap()));
        }
    }
}

/// The list that pip and uv write as JSON.
fn listed(text: &str) -> Packages {
    let list: Vec<Value> = serde_json::from_str(text).unwrap();
    let word = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    list.iter().map(|it| format!("{} {}", normalised(&word(it, "name")), word(it, "version"))).collect()
}

/// Requirements that are pinned, as managers write them, read by their beginnings.
fn pinned(text: &str) -> Packages {
    let lines = text.lines().filter_map(|line| line.split_once("=="));
    let version = |rest: &str| rest.split([' ', ';', '\\']).next().unwrap_or_default().to_owned();
    lines.map(|(name, rest)| format!("{} {}", normalised(name.trim()), version(rest))).collect()
}

fn compare(what: &str, found: &Packages, expected: &Packages, differences: &mut Vec<String>) -> usize {
    println!("{what}: {} listed, {} found", expected.len(), found.len());
    assert!(expected.len() > 5, "{what} lists {expected:?}");
    differences.extend(expected.difference(found).map(|it| format!("{what}: {it} is not found")));
    differences.extend(found.difference(expected).map(|it| format!("{what}: {it} is not listed")));
    found.len()
}

#[test]
#[ignore = "asks PyPI and starts package managers; `cargo xtask verify detectors` runs it"]
fn what_managers_list_is_what_is_found() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let python = Path::new("python3");
    run(python, root, &["-m", "venv", "managers"]);
    let manager = |name: &str| root.join("managers/bin").join(name);
    run(
        &manager("pip"),
        root,
        &["install", "--quiet", "--upgrade", "pip", "uv", "poetry", "pipenv", "setuptools"],
    );
    let (mut compared, mut differences) = (0, Vec::new());

    // The managers' own environment is one that pip made.
    let list = run(&manager("pip"), root, &["list", "--format", "json"]);
    let site = found(&root.join("managers"), Evidence::Installed);
    compared += compare("pip, managers", &site, &listed(&list), &mut differences);

    for mode in ["--editable", "--use-pep517"] {
        let folder = project(root, &format!("pip{mode}"));
        run(python, &folder, &["-m", "venv", ".venv"]);
        let pip = folder.join(".venv/bin/pip");
        let arguments = match mode {
            "--editable" => vec!["install", "--quiet", "--editable", "."],
            _ => vec!["install", "--quiet", "."],
        };
        run(&pip, &folder, &[&arguments[..], &WHEELS[..]].concat());
        let list = listed(&run(&pip, &folder, &["list", "--format", "json"]));
        // The sources of what was copied are metadata of their own, of the same name and version.
        let site = found(&folder.join(".venv"), Evidence::Installed);
        compared += compare(&format!("pip {mode}"), &site, &list, &mut differences);
        if mode == "--editable" {
            compared += compare(
                "pip, with the sources",
                &found(&folder, Evidence::Installed),
                &list,
                &mut differences,
            );
            run(&manager("pip"), &folder, &["lock", "--quiet", "--editable", "."]);
            let mut expected = list;
            let lock = found(&folder, Evidence::Declared);
            expected.retain(|it| lock.contains(it));
            compared += compare("pylock.toml of pip", &lock, &expected, &mut differences);
        }
    }

    let folder = project(root, "uv");
    let uv = manager("uv");
    run(&uv, &folder, &["sync", "--quiet", "--all-groups"]);
    let list = listed(&run(&uv, &folder, &["pip", "list", "--quiet", "--format", "json"]));
    compared += compare("uv", &found(&folder, Evidence::Installed), &list, &mut differences);
    // The project itself, which it writes as `-e .`, is not pinned.
    let exported =
        pinned(&run(&uv, &folder, &["export", "--quiet", "--all-groups", "--no-hashes", "--no-annotate"]));
    compared += compare("uv.lock", &found(&folder, Evidence::Declared), &exported, &mut differences);
    run(
        &uv,
        &folder,
        &["export", "--quiet", "--all-groups", "--format", "pylock.toml", "--output-file", "pylock.toml"],
    );
    fs::remove_file(folder.join("uv.lock")).unwrap();
    compared +=
        compare("pylock.toml of uv", &found(&folder, Evidence::Declared), &exported, &mut differences);

    let folder = project(root, "poetry");
    let poetry = manager("poetry");
    run(&poetry, &folder, &["install", "--quiet", "--no-root"]);
    let list = run(&uv, &folder, &["pip", "list", "--quiet", "--format", "json"]);
    compared += compare("poetry", &found(&folder, Evidence::Installed), &listed(&list), &mut differences);
    let shown = run(&poetry, &folder, &["show", "--all", "--no-ansi"]);
    let shown: Packages = shown
        .lines()
        .map(|line| line.replace("(!)", ""))
        .map(|line| {
            let mut words = line.split_whitespace();
            format!("{} {}", normalised(words.next().unwrap()), words.next().unwrap())
        })
        .collect();
    compared += compare("poetry.lock", &found(&folder, Evidence::Declared), &shown, &mut differences);

    let folder = root.join("pipenv");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("Pipfile"), PIPFILE).unwrap();
    run(&manager("pipenv"), &folder, &["install", "--dev", "--quiet"]);
    let requirements = run(&manager("pipenv"), &folder, &["requirements", "--dev"]);
    compared += compare(
        "Pipfile.lock",
        &found(&folder, Evidence::Declared),
        &pinned(&requirements),
        &mut differences,
    );
    assert_eq!(differences, [""; 0]);
    println!("{compared} packages of 10 installations and lock files are read as their managers list them");
}
