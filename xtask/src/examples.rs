//! `cargo xtask build-examples`: the plugins of `plugins/examples`, which are not written in Rust,
//! as components.

mod javascript;
mod python;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::write_if_changed;
use crate::workspace::{Package, Workspace};

/// The world of the contract that they are built for.
const WORLD: &str = "detector-plugin";

/// Where one of them is, and where what it is built from and into goes.
struct Place {
    /// Its sources.
    sources: PathBuf,
    /// The contract.
    wit: PathBuf,
    /// A folder of the tool that builds it, of this version only.
    tool: PathBuf,
    /// The component as that tool writes it.
    built: PathBuf,
}

/// What came of an example.
enum Outcome {
    /// The component is where [`Place::built`] says.
    Built,
    /// A program is missing or the tool cannot be installed here; which and why.
    Missing(String),
}

/// How a language says who a plugin is and which version of its tool builds it, and how that tool
/// is installed and run.
pub(crate) struct Language {
    name: &'static str,
    manifest: fn(&Path) -> anyhow::Result<Manifest>,
    build: fn(&Place, &Manifest) -> anyhow::Result<Outcome>,
}

/// What stands in the file that describes a package in its language.
struct Manifest {
    identity: Package,
    /// The exact version of the tool.
    tool: String,
}

pub(crate) const JAVASCRIPT: Language =
    Language { name: "javascript", manifest: javascript::manifest, build: javascript::build };
pub(crate) const PYTHON: Language =
    Language { name: "python", manifest: python::manifest, build: python::build };

/// Builds all of them.
///
/// # Errors
/// Where programs of a language are missing, and as [`build_one`].
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    for language in [&JAVASCRIPT, &PYTHON] {
        if let Some(missing) = build_one(workspace, language)? {
            bail!("example `plugins/examples/{}`: {missing}", language.name);
        }
    }
    Ok(())
}

/// Builds one; where its language's programs are not there, or their registry is not reached, says so.
///
/// # Errors
/// Where a test of the example fails, or it does not become a component that the host would take.
pub(crate) fn build_one(workspace: &Workspace, language: &Language) -> anyhow::Result<Option<String>> {
    build_with(workspace, language).with_context(|| format!("example `plugins/examples/{}`", language.name))
}

fn build_with(workspace: &Workspace, language: &Language) -> anyhow::Result<Option<String>> {
    let sources = workspace.root().join("plugins/examples").join(language.name);
    let manifest = (language.manifest)(&sources)?;
    let work = workspace.target().join("examples");
    let place = Place {
        sources,
        wit: workspace.root().join("wit"),
        tool: work.join(format!("{}-{}", language.name, manifest.tool)),
        built: work.join(format!("{}.wasm", language.name)),
    };
    create(&place.tool)?;
    match (language.build)(&place, &manifest)? {
        Outcome::Missing(what) => Ok(Some(what)),
        Outcome::Built => finish(workspace, &place.built, &manifest.identity).map(|()| None),
    }
}

/// Says in the component who it is, and puts it where the host is told to look.
fn finish(workspace: &Workspace, built: &Path, identity: &Package) -> anyhow::Result<()> {
    let component = fs::read(built).with_context(|| format!("cannot read `{}`", built.display()))?;
    let component = limpid_pack::identify(&component, &identity.identity(&identity.name)?)?;
    let folder = workspace.target().join("plugins-examples");
    create(&folder)?;
    let path = folder.join(format!("{}.wasm", identity.name));
    write_if_changed(&path, &component)?;
    eprintln!("plugin `{}`: {} kB in `{}`", identity.name, component.len().div_ceil(1000), path.display());
    Ok(())
}

fn create(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_says_who_it_is_and_which_version_of_its_tool_makes_it() {
        for language in [&JAVASCRIPT, &PYTHON] {
            let sources =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples").join(language.name);
            let manifest = (language.manifest)(&sources).unwrap();
            assert!(manifest.tool.starts_with(|first: char| first.is_ascii_digit()), "{}", manifest.tool);
            let identity = manifest.identity.identity(&manifest.identity.name).unwrap();
            assert_eq!(identity.authors, ["The Limpid authors"], "{}", identity.name);
        }
    }
}
