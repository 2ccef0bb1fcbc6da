//! A crate to start from: it builds, does something small and useful, and holds the SDK, so that
//! nothing but this program and Rust is needed.

mod sdk;
mod templates;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::ValueEnum;
use limpid_pack::check_name;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What it does
    #[arg(value_enum)]
    kind: Kind,
    /// What it is called: lower-case letters, digits and `-`
    name: String,
    /// Namespace of the packages that a detector finds or a feed speaks of: that is how they meet [default: the name]
    #[arg(long)]
    namespace: Option<String>,
    /// Where the crate goes [default: a folder of that name, here]
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What a plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Find what is installed in a layer
    Detector,
    /// Read what a publisher of advisories publishes
    Feed,
    /// Order the versions of one kind
    Scheme,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    check_name(&args.name)?;
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let shown = folder.display();
    if folder.symlink_metadata().is_ok() {
        bail!("`{shown}` is there already");
    }
    let namespace = args.namespace.as_deref().unwrap_or(&args.name);
    check_name(namespace)?;
    for (path, text) in files(args.kind, &args.name, namespace)? {
        write(&folder.join(&path), &text)?;
    }
    let component = folder.join(format!("{}.wasm", args.name));
    eprintln!("`{shown}` holds a plugin to start from. What is next:");
    eprintln!("  limpid plugin build {shown}");
    eprintln!("  limpid plugin test {}", component.display());
    Ok(ExitCode::SUCCESS)
}

/// The files of the crate, by path.
fn files(kind: Kind, name: &str, namespace: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = templates::files(kind, name, namespace);
    files.extend(sdk::files()?);
    Ok(files)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .with_context(|| format!("`{}` cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_templates_is_left_unfilled() {
        for kind in [Kind::Detector, Kind::Feed, Kind::Scheme] {
            for (path, text) in files(kind, "pins", "pins").unwrap() {
                assert!(!path.contains('@'), "{path}");
                assert!(
                    !text.contains("@NAME@") && !text.contains("@NAMESPACE@") && !text.contains("@KIND@"),
                    "{path}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_folder_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let args = |name: &str, dir: &Path| Args {
            kind: Kind::Detector,
            name: name.to_owned(),
            namespace: None,
            dir: Some(dir.to_owned()),
        };
        let error = run(&args("pins", folder.path())).unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");
        let inside = folder.path().join("pins");
        let error = run(&args("Pins", &inside)).unwrap_err().to_string();
        assert!(error.contains("`Pins` is no name"), "{error}");
        assert!(!inside.exists());
    }
}
