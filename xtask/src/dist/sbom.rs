//! What the program and its plugins are made of, as [CycloneDX](https://cyclonedx.org/docs/1.6/json/).
//!
//! Every crate that is linked into one of them is there, with the digest of what crates.io gave; crates that only
//! run while something is built are not. Nothing in it depends on when or where it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Machine;
use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// What `cargo metadata` says of all packages, for a kind of machine.
pub(super) fn metadata(workspace: &Workspace, machine: Machine) -> anyhow::Result<Value> {
    let mut metadata = cargo();
    metadata.current_dir(workspace.root());
    metadata.args(["metadata", "--locked", "--format-version", "1", "--filter-platform"]);
    let text = output(metadata.arg(machine.triple))?;
    serde_json::from_str(&text).context("cannot read what `cargo metadata` wrote")
}

/// The document, of the program and of the plugins in these files.
///
/// # Errors
/// The metadata or `Cargo.lock` has another form than expected, or a plugin cannot be read.
pub(super) fn sbom(metadata: &Value, lock: &str, plugins: &Path) -> anyhow::Result<String> {
    let graph = Graph::of(metadata)?;
    let checksums = checksums(lock)?;
    let linked = graph.linked_into(|package| {
        package.name == "limpid"
            || package.plugin.as_ref().is_some_and(|name| plugin(plugins, name).is_file())
    });
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for id in &linked {
        let Some(package) = graph.packages.get(id) else { continue };
        if package.name != "limpid" {
            components.push(component(package, &checksums, plugins)?);
        }
        let needs = graph.needs.get(id).into_iter().flatten().filter(|id| linked.contains(*id));
        let needs: BTreeSet<String> =
            needs.filter_map(|id| graph.packages.get(id)).map(Package::purl).collect();
        dependencies.push(json!({ "ref": package.purl(), "dependsOn": needs }));
    }
    let program = graph.packages.values().find(|package| package.name == "limpid");
    let program = program.context("no package is called `limpid`")?;
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": program.purl(),
            "name": program.name,
            "version": program.version,
            "purl": program.purl(),
            "licenses": licenses(program),
        } },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(format!("{document:#}\n"))
}

struct Graph<'a> {
    packages: BTreeMap<&'a str, Package<'a>>,
    /// What is linked into a package, of itself and by itself.
    needs: BTreeMap<&'a str, Vec<&'a str>>,
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    license: Option<&'a str>,
    /// Of crates.io, and none of this workspace.
    is_foreign: bool,
    /// Whether it runs in the compiler, and is linked into nothing.
    is_macro: bool,
    /// What a plugin is called.
    plugin: Option<&'a str>,
}

impl Package<'_> {
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> anyhow::Result<Self> {
        let list = |value: &'a Value, key: &str| {
            value
                .get(key)
                .and_then(Value::as_array)
                .with_context(|| format!("the metadata has no list `{key}`"))
        };
        let mut packages = BTreeMap::new();
        for package in list(metadata, "packages")? {
            let text = |key: &str| package.get(key).and_then(Value::as_str);
            let kinds = list(package, "targets")?.iter().filter_map(|target| target.get("kind"));
            let plugin = package.pointer("/metadata/limpid/name").and_then(Value::as_str);
            packages.insert(
                text("id").context("a package has no `id`")?,
                Package {
                    name: text("name").context("a package has no `name`")?,
                    version: text("version").context("a package has no `version`")?,
                    license: text("license"),
                    is_foreign: text("source").is_some(),
                    is_macro: kinds.filter_map(Value::as_array).flatten().any(|kind| kind == "proc-macro"),
                    plugin,
                },
            );
        }
        let mut needs = BTreeMap::new();
        for node in list(metadata.get("resolve").context("the metadata has no `resolve`")?, "nodes")? {
            let linked = list(node, "deps")?.iter().filter(|dependency| {
                let kinds = dependency.get("dep_kinds").and_then(Value::as_array);
                kinds.into_iter().flatten().any(|kind| kind.get("kind").is_some_and(Value::is_null))
            });
            let linked = linked.filter_map(|dependency| dependency.get("pkg")?.as_str());
            let id = node.get("id").and_then(Value::as_str).context("a node has no `id`")?;
            needs.insert(id, linked.collect());
        }
        Ok(Self { packages, needs })
    }

    /// These packages and all that is linked into them.
    fn linked_into(&self, roots: impl Fn(&Package<'_>) -> bool) -> BTreeSet<&'a str> {
        let mut waiting: Vec<&str> =
            self.packages.iter().filter(|(_, package)| roots(package)).map(|(id, _)| *id).collect();
        let mut linked = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if self.packages.get(id).is_some_and(|package| !package.is_macro) && linked.insert(id) {
                waiting.extend(self.needs.get(id).into_iter().flatten());
            }
        }
        linked
    }
}

fn component(package: &Package<'_>, checksums: &Checksums, plugins: &Path) -> anyhow::Result<Value> {
    let digest = match package.plugin.map(|name| plugin(plugins, name)).filter(|path| path.is_file()) {
        Some(path) => Some(hex::encode(Sha256::digest(std::fs::read(path)?))),
        None => checksums.get(&(package.name.to_owned(), package.version.to_owned())).cloned(),
    };
    let mut component = json!({
        "type": if package.plugin.is_some() { "application" } else { "library" },
        "bom-ref": package.purl(),
        "name": package.name,
        "version": package.version,
        "scope": "required",
        "licenses": licenses(package),
    });
    let Some(fields) = component.as_object_mut() else { return Ok(component) };
    if package.is_foreign {
        fields.insert("purl".into(), package.purl().into());
    }
    if let Some(digest) = digest {
        fields.insert("hashes".into(), json!([{ "alg": "SHA-256", "content": digest }]));
    }
    Ok(component)
}

fn licenses(package: &Package<'_>) -> Value {
    // Older crates write a slash for `OR`.
    let expressions = package.license.map(|license| json!([{ "expression": license.replace('/', " OR ") }]));
    expressions.unwrap_or_else(|| json!([]))
}

fn plugin(plugins: &Path, name: &str) -> std::path::PathBuf {
    plugins.join(format!("{name}.wasm"))
}

/// Digests of what crates.io gave, by name and version.
type Checksums = BTreeMap<(String, String), String>;

fn checksums(lock: &str) -> anyhow::Result<Checksums> {
    let lock: toml::Table = lock.parse().context("`Cargo.lock` is not TOML")?;
    let packages =
        lock.get("package").and_then(toml::Value::as_array).context("`Cargo.lock` has no packages")?;
    let checksums = packages.iter().filter_map(|package| {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        Some(((text("name")?, text("version")?), text("checksum")?))
    });
    Ok(checksums.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        let workspace = Workspace::load().unwrap();
        let lock = std::fs::read_to_string(workspace.root().join("Cargo.lock")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dpkg.wasm"), "component").unwrap();
        let metadata = metadata(&workspace, Machine::this().unwrap()).unwrap();
        let text = sbom(&metadata, &lock, folder.path()).unwrap();
        assert_eq!(text, sbom(&metadata, &lock, folder.path()).unwrap());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_is_linked_is_there_and_what_only_builds_is_not() {
        let document = document();
        let components = document["components"].as_array().unwrap();
        let named = |name: &str| components.iter().find(|component| component["name"] == name);
        let rocksdb = named("rocksdb").unwrap();
        assert_eq!(rocksdb["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert!(rocksdb["purl"].as_str().unwrap().starts_with("pkg:cargo/rocksdb@"));
        for build in ["xtask", "bindgen", "serde_derive", "limpid-tests"] {
            assert!(named(build).is_none(), "{build}");
        }
        let plugin = named("limpid-detector-dpkg").unwrap();
        assert_eq!(plugin["hashes"][0]["content"], hex::encode(Sha256::digest("component")));
        assert_eq!(plugin["purl"], Value::Null);
        assert!(named("limpid-detector-apk").is_none(), "a plugin that is not packed");
    }

    #[test]
    fn every_reference_leads_to_a_component() {
        let document = document();
        let components = document["components"].as_array().unwrap().iter();
        let mut known: BTreeSet<&str> = components.map(|it| it["bom-ref"].as_str().unwrap()).collect();
        assert_eq!(known.len(), document["components"].as_array().unwrap().len(), "twice the same");
        known.insert(document["metadata"]["component"]["bom-ref"].as_str().unwrap());
        for dependency in document["dependencies"].as_array().unwrap() {
            assert!(known.contains(dependency["ref"].as_str().unwrap()), "{dependency}");
            for need in dependency["dependsOn"].as_array().unwrap() {
                assert!(known.contains(need.as_str().unwrap()), "{dependency}");
            }
        }
    }
}
