//! `cargo xtask build-plugins`: every crate under `plugins/` that is a plugin, as a component.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use limpid_pack::{TARGET, Toolchain, check_name};

use crate::command::{run, write_if_changed};
use crate::workspace::{Package, Workspace};

const PROFILE: &str = "plugin";

/// Builds all plugins, and leaves in `<target>/plugins` their components and no others.
///
/// # Errors
/// Where a plugin does not compile, is no component, or asks for more than the contract gives.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let plugins = plugins(workspace.packages())?;
    let modules = compile(workspace, &plugins)?;
    let folder = workspace.plugins();
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for (name, package) in &plugins {
        let path = modules.join(format!("{}.wasm", package.name.replace('-', "_")));
        let module = fs::read(&path).with_context(|| {
            format!("`{}` made no `{}`; is `cdylib` among its crate types?", package.name, path.display())
        })?;
        let component = package
            .identity(name)
            .and_then(|identity| Ok(limpid_pack::encode(&module, &identity)?))
            .with_context(|| format!("plugin `{name}` of crate `{}`", package.name))?;
        let path = folder.join(format!("{name}.wasm"));
        if write_if_changed(&path, &component)? {
            eprintln!("plugin `{name}`: {} kB in `{}`", component.len().div_ceil(1000), path.display());
        }
    }
    remove_others(&folder, &plugins)
}

/// The plugins among the packages, by name.
pub(crate) fn plugins(packages: &[Package]) -> anyhow::Result<BTreeMap<&str, &Package>> {
    let mut plugins = BTreeMap::new();
    for package in packages {
        let folder = package.folder.as_path();
        if !["detectors", "feeds", "schemes"]
            .iter()
            .any(|kind| folder.starts_with(Path::new("plugins").join(kind)))
        {
            continue;
        }
        let name = package.plugin.as_deref().with_context(|| {
            format!("crate `{}` has no `name` in `[package.metadata.limpid]`", package.name)
        })?;
        check_name(name).with_context(|| format!("crate `{}`", package.name))?;
        if let Some(other) = plugins.insert(name, package) {
            bail!("crates `{}` and `{}` both call their plugin `{name}`", other.name, package.name);
        }
    }
    Ok(plugins)
}

/// Compiles all of them at once, and says where the core modules are.
fn compile(workspace: &Workspace, plugins: &BTreeMap<&str, &Package>) -> anyhow::Result<PathBuf> {
    let toolchain = Toolchain::find()?;
    // In a folder of its own, so that it waits for no other build and none waits for it.
    let folder = workspace.target().join("wasm");
    let mut cargo = toolchain.build();
    cargo.current_dir(workspace.root()).args(["--quiet", "--profile", PROFILE, "--target-dir"]).arg(&folder);
    for package in plugins.values() {
        cargo.args(["--package", &package.name]);
    }
    run(&mut cargo)?;
    Ok(folder.join(TARGET).join(PROFILE))
}

/// Removes components of plugins that are no longer there.
fn remove_others(folder: &Path, plugins: &BTreeMap<&str, &Package>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let wanted =
            path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|it| plugins.contains_key(it));
        if path.extension().is_some_and(|extension| extension == "wasm") && !wanted {
            fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
            eprintln!("plugin removed: `{}` has no crate any more", path.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, name: &str, plugin: Option<&str>) -> Package {
        Package {
            name: name.into(),
            folder: folder.into(),
            plugin: plugin.map(String::from),
            ..Package::default()
        }
    }

    #[test]
    fn plugins_are_found_by_their_folder() {
        let packages = [
            package("plugins/sdk", "limpid-plugin-sdk", None),
            package("plugins/detectors/dpkg", "limpid-detector-dpkg", Some("dpkg")),
            package("plugins/schemes/dpkg", "limpid-scheme-dpkg", Some("dpkg-versions")),
            package("host/model", "limpid-model", None),
        ];
        let found: Vec<&str> = plugins(&packages).unwrap().into_keys().collect();
        assert_eq!(found, ["dpkg", "dpkg-versions"]);
    }

    #[test]
    fn a_plugin_without_a_name_of_its_own_is_refused() {
        let check = |packages: &[Package], expected: &str| {
            let error = format!("{:#}", plugins(packages).unwrap_err());
            assert!(error.contains(expected), "{error}");
        };
        check(&[package("plugins/feeds/a", "a", None)], "has no `name`");
        check(&[package("plugins/feeds/a", "a", Some("../a"))], "`../a` is no name");
        let twins =
            [package("plugins/feeds/a", "a", Some("dpkg")), package("plugins/schemes/b", "b", Some("dpkg"))];
        check(&twins, "crates `a` and `b` both call their plugin `dpkg`");
    }
}
