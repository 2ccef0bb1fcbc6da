//! The SDK as a part of the new crate, in `limpid-sdk/`: no registry has it.

use std::collections::BTreeSet;

use anyhow::Context;
use toml::{Table, Value};

/// Where it goes.
const FOLDER: &str = "limpid-sdk";

macro_rules! workspace_file {
    ($path:expr) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../", $path))
    };
}

macro_rules! sources {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, workspace_file!(concat!($folder, "/", $path)))),*]
    };
}

const SOURCES: &[(&str, &str)] = sources![
    "plugins/sdk":
    "src/bindings.rs",
    "src/chunks.rs",
    "src/detector.rs",
    "src/detector/exported.rs",
    "src/detector/file.rs",
    "src/detector/needs.rs",
    "src/detector/package.rs",
    "src/detector/paths.rs",
    "src/detector/problems.rs",
    "src/detector/providers.rs",
    "src/detector/report.rs",
    "src/detector/upgrade.rs",
    "src/error.rs",
    "src/feed.rs",
    "src/feed/advisory.rs",
    "src/feed/changed.rs",
    "src/feed/exported.rs",
    "src/feed/intake.rs",
    "src/feed/list.rs",
    "src/feed/meter.rs",
    "src/lib.rs",
    "src/log.rs",
    "src/memory.rs",
    "src/scheme.rs",
    "src/scheme/exported.rs",
    "src/scheme/key.rs",
    "src/testing.rs",
    "src/text.rs",
];

/// What the SDK needs of ours besides itself: where it lies there, and what it is made of.
const PURL: &str = "purl";
const PURL_SOURCES: &[(&str, &str)] = sources![
    "plugins/formats/purl":
    "src/canonical.rs",
    "src/encoded.rs",
    "src/lib.rs",
    "src/parse.rs",
    "src/types.rs",
];
const PURL_MANIFEST: &str = workspace_file!("plugins/formats/purl/Cargo.toml");
const PURL_PLACES: (&str, &str) = ("plugins/formats/purl", PURL);

const MANIFEST: &str = workspace_file!("plugins/sdk/Cargo.toml");
const WORKSPACE: &str = workspace_file!("Cargo.toml");
const LOCK: &str = workspace_file!("Cargo.lock");
const CONTRACT: &str = workspace_file!("wit/plugin.wit");

/// What its manifest begins with.
const ORIGIN: &str = "# A copy of Limpid's `plugins/sdk`, by `limpid plugin new`.\n";

/// Where the SDK finds the contract in our workspace, and where in the new crate.
const PLACES_OF_CONTRACT: (&str, &str) = ("\"../../wit\"", "\"wit\"");

/// The SDK, the contract, and which versions of other crates they were tried with.
pub(super) fn files() -> anyhow::Result<Vec<(String, String)>> {
    let manifest = manifest(MANIFEST)?;
    let purl = self::manifest(PURL_MANIFEST)?;
    let lock = lock(&[&manifest, &purl])?;
    let (from, to) = PLACES_OF_CONTRACT;
    let mut files: Vec<_> =
        SOURCES.iter().map(|(path, text)| (inside(path), text.replace(from, to))).collect();
    files.push((inside("wit/plugin.wit"), CONTRACT.to_owned()));
    files.push((inside("Cargo.toml"), format!("{ORIGIN}{}", toml::to_string_pretty(&manifest)?)));
    let purl_sources = PURL_SOURCES.iter().map(|(path, text)| (*path, (*text).to_owned()));
    let purl_files = purl_sources.chain([("Cargo.toml", toml::to_string_pretty(&purl)?)]);
    files.extend(purl_files.map(|(path, text)| (inside(&format!("{PURL}/{path}")), text)));
    files.push(("Cargo.lock".to_owned(), toml::to_string_pretty(&lock)?));
    Ok(files)
}

fn inside(path: &str) -> String {
    format!("{FOLDER}/{path}")
}

/// A manifest without what it takes from our workspace, and without its tests' dependencies.
fn manifest(text: &str) -> anyhow::Result<Table> {
    let (from, to) = PURL_PLACES;
    let mut workspace: Table = WORKSPACE.replace(from, to).parse()?;
    let workspace = workspace.remove("workspace").context("the workspace's manifest is none")?;
    let mut manifest: Table = text.parse()?;
    manifest.retain(|section, _| ["package", "features", "dependencies"].contains(&section));
    for (section, fields) in &mut manifest {
        for (name, value) in fields.as_table_mut().into_iter().flatten() {
            if value.get("workspace").is_some() {
                let inherited = workspace.get(section).and_then(|section| section.get(name));
                *value = inherited.cloned().with_context(|| format!("the workspace has no `{name}`"))?;
            }
        }
    }
    Ok(manifest)
}

/// What our lock file says of the crates that the SDK and what it needs of ours take from elsewhere, directly or
/// not. What is ours cargo adds by itself, and without what only our tests need.
fn lock(manifests: &[&Table]) -> anyhow::Result<Table> {
    let mut lock: Table = LOCK.parse()?;
    let packages = lock.get("package").and_then(Value::as_array).cloned().unwrap_or_default();
    let needed = manifests.iter().filter_map(|manifest| manifest.get("dependencies")?.as_table()).flatten();
    let foreign = needed.filter(|(_, dependency)| dependency.get("path").is_none());
    let mut waiting: Vec<String> = foreign.map(|(name, _)| name.clone()).collect();
    let mut found = BTreeSet::new();
    while let Some(dependency) = waiting.pop() {
        // `name`, or `name version` where there are several.
        let (name, version) = dependency.split_once(' ').unwrap_or((&dependency, ""));
        for (place, package) in packages.iter().enumerate() {
            let is = |field, value| text(package, field) == Some(value);
            if is("name", name) && (version.is_empty() || is("version", version)) && found.insert(place) {
                let further = package.get("dependencies").and_then(Value::as_array);
                waiting.extend(further.into_iter().flatten().filter_map(Value::as_str).map(String::from));
            }
        }
    }
    let found: Vec<Value> = found.into_iter().filter_map(|place| packages.get(place)).cloned().collect();
    lock.insert("package".to_owned(), Value::Array(found));
    Ok(lock)
}

fn text<'a>(package: &'a Value, field: &str) -> Option<&'a str> {
    package.get(field)?.as_str()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_source_of_the_sdk_is_in_it() {
        check_sources("sdk", SOURCES);
        check_sources("formats/purl", PURL_SOURCES);
    }

    #[track_caller]
    fn check_sources(folder: &str, sources: &[(&str, &str)]) {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(folder);
        let (mut waiting, mut found) = (vec![sdk.join("src")], BTreeSet::new());
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    found.insert(path.strip_prefix(&sdk).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        assert_eq!(found, sources.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>());
    }

    #[test]
    fn nothing_of_it_leads_outside() {
        for (path, text) in files().unwrap() {
            assert!(!text.contains("../"), "{path}");
            assert!(!text.contains("workspace"), "{path}");
        }
    }

    #[test]
    fn it_brings_its_allocator_as_ours_does() {
        let manifest = manifest(MANIFEST).unwrap();
        assert_eq!(manifest["features"]["default"], Value::from(vec!["allocator"]));
    }

    #[test]
    fn the_lock_file_holds_what_the_sdk_needs_and_nothing_else() {
        let lock = lock(&[&manifest(MANIFEST).unwrap()]).unwrap();
        let packages = lock["package"].as_array().unwrap();
        let names: Vec<_> = packages.iter().filter_map(|package| text(package, "name")).collect();
        assert!(names.contains(&"wit-bindgen") && names.contains(&"thiserror-impl"), "{names:?}");
        assert!(!names.contains(&"wasmtime") && !names.contains(&"proptest"), "{names:?}");
        assert!(names.iter().all(|name| !name.starts_with("limpid")), "{names:?}");
    }
}
