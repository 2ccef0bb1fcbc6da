//! A small project, installed by each package manager, as this detector finds it and as the manager lists it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, Evidence, File};
use serde_json::Value;

use crate::Node;

/// The managers, which npm itself installs, each below a name of its own.
const MANAGERS: [&str; 11] = [
    "npm6@npm:npm@6",
    "npm8@npm:npm@8",
    "npm10@npm:npm@10",
    "pnpm7@npm:pnpm@7",
    "pnpm8@npm:pnpm@8",
    "pnpm9@npm:pnpm@9",
    "pnpm10@npm:pnpm@10",
    "yarn@1",
    "@yarnpkg/cli-dist@4",
    "bun@1",
    "@oven/bun-linux-x64@1",
];

const PROJECT: [(&str, &str); 4] = [
    (
        "package.json",
        r#"{"name": "shop", "version": "1.0.0", "private": true, "workspaces": ["packages/*"],
            "dependencies": {"lodash": "4.17.20", "renamed": "npm:ms@2.0.0", "@babel/code-frame": "7.24.7",
                "debug": "4.3.4", "express": "4.17.1", "local-thing": "file:./local"},
            "devDependencies": {"semver": "7.5.0"}, "optionalDependencies": {"fsevents": "2.3.3"}}"#,
    ),
    ("local/package.json", r#"{"name": "local-thing", "version": "0.3.0", "dependencies": {"ms": "2.1.2"}}"#),
    (
        "packages/member/package.json",
        r#"{"name": "member", "version": "2.0.0", "dependencies": {"lodash": "3.10.1"}}"#,
    ),
    ("pnpm-workspace.yaml", "packages:\n  - packages/*\n"),
];

/// The project's own packages, which managers list or not, as they like.
const OWN: [&str; 4] = ["shop 1.0.0", "member 2.0.0", "local-thing 0.3.0", "local-thing local"];

/// What other platforms need: it is declared, and not installed here.
const ELSEWHERE: [&str; 1] = ["fsevents 2.3.3"];

type Packages = BTreeSet<String>;

/// Runs a manager in a folder, and gives what it writes.
struct Manager<'a> {
    /// By which it is told.
    name: &'a str,
    program: Vec<String>,
}

impl Manager<'_> {
    fn run(&self, folder: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).args(arguments).current_dir(folder);
        for (name, value) in
            [("CI", "1"), ("YARN_ENABLE_IMMUTABLE_INSTALLS", "0"), ("YARN_ENABLE_GLOBAL_CACHE", "0")]
        {
            command.env(name, value);
        }
        let output = command.output().expect("it cannot be run: Debian has Node.js and npm in `npm`");
        let text = String::from_utf8(output.stdout).unwrap();
        // `npm ls` fails where an optional package is missing, and lists all the same.
        let is_list = arguments.first() == Some(&"ls");
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || is_list, "{} {arguments:?}: {text}{why}", self.name);
        text
    }
}

/// The project in a folder of its own.
fn project(root: &Path, name: &str, more: &[(&str, &str)]) -> PathBuf {
    let folder = root.join(name);
    for (path, text) in PROJECT.iter().chain(more) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is found in a folder, as the host would show it: without following links.
fn found(folder: &Path, evidence: Evidence) -> Packages {
    let mut files = Vec::new();
    walk(folder, "app", &mut files);
    let report = Node::detect(&files).unwrap();
    assert_eq!(report.unread, [], "{}", folder.display());
    let packages = report.packages().filter(|package| package.evidence == evidence);
    packages.map(|package| format!("{} {}", package.name, package.version)).collect()
}

fn walk(folder: &Path, path: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let (kind, path) = (entry.file_type().unwrap(), format!("{path}/{name}"));
        let is_claimed = name == "package.json" || name.contains("lock") || name.ends_with(".zip");
        if kind.is_dir() {
            walk(&entry.path(), &path, files);
        } else if kind.is_file() && is_claimed {
            files.push(File::in_memory(path, fs::read(entry.path()).unwrap()));
        }
    }
}

/// All nodes of a tree that npm and pnpm write, by their own names.
fn tree(node: &Value, packages: &mut Packages) {
    for key in ["dependencies", "devDependencies", "optionalDependencies", "unsavedDependencies"] {
        for (name, node) in node[key].as_object().into_iter().flatten() {
            let name = node["from"].as_str().unwrap_or(name);
            if let (Some(version), None) = (node["version"].as_str(), node["missing"].as_bool()) {
                packages.insert(format!("{name} {version}"));
            }
            tree(node, packages);
        }
    }
}

/// `NAME@VERSION` as words.
fn words(id: &str) -> String {
    let (name, version) = id.rsplit_once('@').unwrap();
    format!("{name} {version}")
}

/// Compares what is there and what is declared with what a manager lists, and says how many packages that are.
fn compare(manager: &str, folder: &Path, listed: Packages, differences: &mut Vec<String>) -> usize {
    let strip = |packages: Packages| -> Packages {
        let own = OWN.iter().chain(&ELSEWHERE);
        let mut packages = packages;
        own.for_each(|own| _ = packages.remove(*own));
        // What lists call by the name that it has in the project.
        if packages.remove("renamed 2.0.0") {
            packages.insert("ms 2.0.0".to_owned());
        }
        packages.retain(|package| {
            !package.contains(" file:") && !package.contains(" link:") && !package.contains("workspace:")
        });
        packages
    };
    let declared = found(folder, Evidence::Declared);
    let (listed, declared) = (strip(listed), strip(declared));
    let installed = strip(found(folder, Evidence::Installed));
    assert!(listed.len() > 50, "{manager} lists {listed:?}");
    println!(
        "{manager}: {} listed, {} installed, {} declared",
        listed.len(),
        installed.len(),
        declared.len()
    );
    for (what, found) in [("installed", &installed), ("declared", &declared)] {
        let missing = listed.difference(found).map(|it| format!("{manager}: {it} is not {what}"));
        let more = found.difference(&listed).map(|it| format!("{manager}: {it} is {what}, and not listed"));
        differences.extend(missing.chain(more));
    }
    listed.len()
}

#[test]
#[ignore = "asks npm's registry and starts package managers; `cargo xtask verify detectors` runs it"]
fn what_managers_list_is_what_is_found() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let system = Manager { name: "npm", program: vec!["npm".to_owned()] };
    fs::write(root.join("package.json"), "{}").unwrap();
    let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--force"];
    system.run(root, &[&install[..], &MANAGERS[..]].concat());
    let path = |path: &str| root.join("node_modules").join(path).display().to_string();
    let of_node = |name, script: &str| Manager { name, program: vec!["node".to_owned(), path(script)] };
    let (mut compared, mut differences) = (0, Vec::new());
    for (name, manager) in [
        ("npm", &system),
        ("npm 10", &of_node("npm 10", "npm10/bin/npm-cli.js")),
        ("npm 8", &of_node("npm 8", "npm8/bin/npm-cli.js")),
        ("npm 6", &of_node("npm 6", "npm6/bin/npm-cli.js")),
    ] {
        // npm 6 knows no workspaces.
        let folder = project(root, name, &[]);
        manager.run(&folder, &["install", "--no-audit", "--no-fund"]);
        let mut listed = Packages::new();
        tree(
            &serde_json::from_str(&manager.run(&folder, &["ls", "--all", "--json", "--long"])).unwrap(),
            &mut listed,
        );
        compared += compare(name, &folder, listed, &mut differences);
    }
    for name in ["pnpm7", "pnpm8", "pnpm9", "pnpm10"] {
        let manager = of_node(name, &format!("{name}/bin/pnpm.cjs"));
        let folder = project(root, &format!("of-{name}"), &[]);
        manager.run(&folder, &["install", "--no-frozen-lockfile", "--store-dir", "../store"]);
        let listed = manager.run(&folder, &["ls", "--recursive", "--json", "--depth", "Infinity"]);
        let mut packages = Packages::new();
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed.as_array().unwrap().iter().for_each(|project| tree(project, &mut packages));
        compared += compare(name, &folder, packages, &mut differences);
    }
    let yarn = of_node("yarn 1", "yarn/bin/yarn.js");
    let folder = project(root, "yarn-1", &[]);
    yarn.run(&folder, &["install", "--non-interactive"]);
    let listed: Value = serde_json::from_str(&yarn.run(&folder, &["list", "--json"])).unwrap();
    let mut packages = Packages::new();
    yarn_tree(&listed["data"]["trees"], &mut packages);
    compared += compare("yarn 1", &folder, packages, &mut differences);
    for linker in ["pnp", "node-modules", "pnpm"] {
        let berry = of_node("yarn 4", "@yarnpkg/cli-dist/bin/yarn.js");
        let settings = format!("nodeLinker: {linker}\n");
        let folder =
            project(root, &format!("yarn-{linker}"), &[("yarn.lock", ""), (".yarnrc.yml", &settings)]);
        berry.run(&folder, &["install"]);
        let listed = berry.run(&folder, &["info", "--all", "--recursive", "--json"]);
        let lines = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let listed = lines.map(|it| {
            let id = it["value"].as_str().unwrap().to_owned();
            let name = id.char_indices().skip(1).find(|(_, c)| *c == '@').unwrap().0;
            format!("{} {}", &id[..name], it["children"]["Version"].as_str().unwrap())
        });
        compared += compare(&format!("yarn 4 ({linker})"), &folder, listed.collect(), &mut differences);
    }
    let bun = Manager { name: "bun", program: vec![path("@oven/bun-linux-x64/bin/bun")] };
    for linker in ["hoisted", "isolated"] {
        let folder = project(root, &format!("bun-{linker}"), &[]);
        bun.run(&folder, &["install", "--linker", linker]);
        let listed = bun.run(&folder, &["pm", "ls", "--all"]);
        let listed = listed.lines().filter_map(|line| line.split_once("── ")).map(|(_, id)| words(id));
        compared += compare(&format!("bun ({linker})"), &folder, listed.collect(), &mut differences);
    }
    assert_eq!(differences, [""; 0]);
    println!("{compared} packages of 14 installations are read as their managers list them");
}

fn yarn_tree(trees: &Value, packages: &mut Packages) {
    for node in trees.as_array().into_iter().flatten() {
        // What a package asks for is in a shade, and is listed where it is.
        if node["color"].as_str() != Some("dim") && node["shadow"].as_bool() != Some(true) {
            packages.insert(words(node["name"].as_str().unwrap()));
        }
        yarn_tree(&node["children"], packages);
    }
}
