use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail};
use limpid_pack::{Identity, TARGET, Toolchain, encode};
use serde::Deserialize;

use super::print;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the crate
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// What `cargo metadata` says, as far as it is asked
/// ([format](https://doc.rust-lang.org/cargo/commands/cargo-metadata.html#json-format)).
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    description: Option<String>,
    authors: Vec<String>,
    license: Option<String>,
    repository: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    metadata: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let toolchain = Toolchain::find()?;
    let manifest = args.folder.join("Cargo.toml");
    let manifest = manifest
        .canonicalize()
        .with_context(|| format!("`{}` is not there: give the folder of a crate", manifest.display()))?;
    let metadata = metadata(toolchain, &manifest)?;
    let package = metadata.packages.iter().find(|package| package.manifest_path == manifest);
    let package = package.with_context(|| format!("`{}` describes no package", manifest.display()))?;
    let identity = package.identity()?;

    let mut cargo = toolchain.build();
    share_target(&mut cargo);
    cargo.args(["--release", "--lib", "--manifest-path"]).arg(&manifest);
    run_cargo(cargo.stdout(Stdio::inherit()))?;
    let module = metadata.target_directory.join(TARGET).join("release").join(package.module()?);
    let module =
        fs::read(&module).with_context(|| format!("module `{}` cannot be read", module.display()))?;
    let component = encode(&module, &identity).with_context(|| format!("plugin `{}`", identity.name))?;

    let path = args.folder.join(format!("{}.wasm", identity.name));
    write(&path, &component)?;
    eprintln!("plugin `{}` {}: {} kB", identity.name, identity.version, component.len().div_ceil(1000));
    print(&path.display().to_string())
}

fn metadata(toolchain: Toolchain, manifest: &Path) -> anyhow::Result<Metadata> {
    let mut cargo = toolchain.cargo();
    share_target(&mut cargo);
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(manifest);
    let text = run_cargo(cargo.stdout(Stdio::piped()))?;
    serde_json::from_slice(&text).context("what `cargo metadata` wrote cannot be read")
}

/// Has cargo build into a folder that all crates of an author share, so that what the SDK needs is compiled once;
/// unless the author says otherwise, in cargo's own way.
fn share_target(cargo: &mut Command) {
    const SETTINGS: [&str; 2] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
    if SETTINGS.iter().all(|setting| std::env::var_os(setting).is_none())
        && let Some(cache) = cache_directory()
    {
        cargo.env("CARGO_TARGET_DIR", cache.join("limpid").join("plugin-builds"));
    }
}

/// Where programs of this user keep what they can make again
/// ([specification](https://specifications.freedesktop.org/basedir-spec/latest/)).
fn cache_directory() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
}

/// Runs cargo, which says by itself what is wrong, and returns what it wrote into a pipe.
fn run_cargo(cargo: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = cargo.stderr(Stdio::inherit()).output().context("cargo cannot be run")?;
    if !output.status.success() {
        bail!("cargo failed: {}", output.status);
    }
    Ok(output.stdout)
}

/// Puts the component in place at once: a service may watch the folder.
pub(super) fn write(path: &Path, component: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, component)
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(|| format!("`{}` cannot be written", path.display()))
}

impl Package {
    fn identity(&self) -> anyhow::Result<Identity> {
        let name = self.metadata.as_ref().and_then(|metadata| metadata.pointer("/limpid/name")?.as_str());
        let name = name.with_context(|| {
            format!("crate `{}` does not name its plugin: `name` in `[package.metadata.limpid]`", self.name)
        })?;
        Ok(Identity {
            name: name.to_owned(),
            version: self.version.clone(),
            description: self.description.clone(),
            authors: self.authors.clone(),
            license: self.license.clone(),
            repository: self.repository.clone(),
        })
    }

    /// The file that its core module is in.
    fn module(&self) -> anyhow::Result<String> {
        let library = self.targets.iter().find(|target| target.kind.iter().any(|kind| kind == "cdylib"));
        let library = library.with_context(|| {
            format!("crate `{}` makes no module: `crate-type = [\"cdylib\"]` in `[lib]`", self.name)
        })?;
        Ok(format!("{}.wasm", library.name.replace('-', "_")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(metadata: serde_json::Value, kind: &str) -> Package {
        serde_json::from_value(json!({
            "name": "limpid-detector-pins",
            "version": "0.1.0",
            "authors": [],
            "manifest_path": "/pins/Cargo.toml",
            "targets": [{ "name": "limpid_detector_pins", "kind": [kind] }],
            "metadata": metadata,
        }))
        .unwrap()
    }

    #[test]
    fn a_plugin_is_called_what_its_manifest_says() {
        let named = package(json!({ "limpid": { "name": "pins" } }), "cdylib");
        assert_eq!(named.identity().unwrap().name, "pins");
        assert_eq!(named.module().unwrap(), "limpid_detector_pins.wasm");
    }

    #[test]
    fn what_a_manifest_lacks_is_stated_with_where_it_belongs() {
        let unnamed = package(json!(null), "lib");
        let error = unnamed.identity().unwrap_err().to_string();
        assert!(error.contains("`[package.metadata.limpid]`"), "{error}");
        let error = unnamed.module().unwrap_err().to_string();
        assert!(error.contains("`crate-type = [\"cdylib\"]`"), "{error}");
    }
}
