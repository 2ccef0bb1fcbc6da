//! What cargo knows of this workspace.

use std::path::{Path, PathBuf};

use anyhow::Context;
use limpid_pack::Identity;
use serde_json::Value;

use crate::command;

/// The workspace, as `cargo metadata` describes it.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<Package>,
}

/// A package of the workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) license: Option<String>,
    pub(crate) repository: Option<String>,
    /// The folder that it is in, relative to the workspace's.
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    /// `name` of `[package.metadata.limpid]`: what a plugin is called.
    pub(crate) plugin: Option<String>,
}

/// What a package depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: DependencyKind,
}

/// What a package needs a dependency for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Build,
    Development,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// Where cargo cannot read the workspace.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let mut cargo = command::cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let text = command::output(&mut cargo)?;
        let metadata = serde_json::from_str(&text).context("cannot read what `cargo metadata` wrote")?;
        Self::from_metadata(&metadata)
    }

    /// Reads the [metadata](https://doc.rust-lang.org/cargo/commands/cargo-metadata.html#json-format)
    /// of format version 1.
    fn from_metadata(metadata: &Value) -> anyhow::Result<Self> {
        let path = |name: &str| {
            text(metadata, name).map(PathBuf::from).with_context(|| format!("cargo metadata has no `{name}`"))
        };
        let root = path("workspace_root")?;
        let packages = list(metadata, "packages").iter().filter_map(|it| Package::read(it, &root)).collect();
        Ok(Self { target: path("target_directory")?, packages, root })
    }

    /// The folder of the workspace.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that everything built goes into.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Its packages.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// Where the components of the plugins are.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }
}

impl Package {
    fn read(package: &Value, root: &Path) -> Option<Self> {
        let manifest = Path::new(package.get("manifest_path")?.as_str()?);
        Some(Self {
            name: text(package, "name")?,
            version: text(package, "version")?,
            description: text(package, "description"),
            authors: list(package, "authors").iter().filter_map(Value::as_str).map(String::from).collect(),
            license: text(package, "license"),
            repository: text(package, "repository"),
            folder: manifest.parent()?.strip_prefix(root).ok()?.to_owned(),
            dependencies: list(package, "dependencies").iter().filter_map(Dependency::read).collect(),
            plugin: package.pointer("/metadata/limpid/name").and_then(Value::as_str).map(String::from),
        })
    }

    /// Who the plugin of this name is that is built from it. Ours say all of it.
    ///
    /// # Errors
    /// Where the package leaves something unstated.
    pub(crate) fn identity(&self, name: &str) -> anyhow::Result<Identity> {
        let required = |field: &Option<String>, what: &str| {
            field.clone().map(Some).with_context(|| format!("its manifest has no `{what}`"))
        };
        Ok(Identity {
            name: name.to_owned(),
            version: self.version.clone(),
            description: required(&self.description, "description")?,
            authors: self.authors.clone(),
            license: required(&self.license, "license")?,
            repository: required(&self.repository, "repository")?,
        })
    }
}

impl Dependency {
    fn read(dependency: &Value) -> Option<Self> {
        let kind = match dependency.get("kind").and_then(Value::as_str) {
            Some("dev") => DependencyKind::Development,
            Some("build") => DependencyKind::Build,
            _ => DependencyKind::Normal,
        };
        Some(Self { name: text(dependency, "name")?, kind })
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(String::from)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plugin_of_ours_without_a_licence_has_no_identity() {
        let stated = || Some("x".to_owned());
        let package = Package { description: stated(), repository: stated(), ..Package::default() };
        assert!(package.identity("x").unwrap_err().to_string().contains("`license`"));
        assert!(Package { license: stated(), ..package }.identity("x").is_ok());
    }

    #[test]
    fn metadata_tells_a_plugin_by_its_name_and_its_folder() {
        let workspace = Workspace::from_metadata(&json!({
            "workspace_root": "/w",
            "target_directory": "/t",
            "packages": [{
                "name": "limpid-detector-dpkg",
                "version": "0.1.0",
                "manifest_path": "/w/plugins/detectors/dpkg/Cargo.toml",
                "authors": ["A"],
                "license": "Apache-2.0",
                "metadata": { "limpid": { "name": "dpkg" } },
                "dependencies": [
                    { "name": "limpid-plugin-sdk", "kind": null },
                    { "name": "proptest", "kind": "dev" },
                ],
            }],
        }))
        .unwrap();
        let package = &workspace.packages()[0];
        assert_eq!(package.plugin.as_deref(), Some("dpkg"));
        assert_eq!(package.folder, Path::new("plugins/detectors/dpkg"));
        assert_eq!(package.dependencies[1].kind, DependencyKind::Development);
        assert_eq!(workspace.plugins(), Path::new("/t/plugins"));
    }
}
