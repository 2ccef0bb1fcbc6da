//! Components of other languages than Rust say who they are, too.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use limpid_pack::{Identity, identify};

use super::print;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The component, as `jco componentize`, `componentize-py` or another tool makes it
    component: PathBuf,
    /// What the plugin is called: lower-case letters, digits and `-`
    #[arg(long)]
    name: String,
    /// Its version
    #[arg(long)]
    version: String,
    /// What it is for, in a sentence
    #[arg(long)]
    description: Option<String>,
    /// Who wrote it; may be given more than once
    #[arg(long = "author")]
    authors: Vec<String>,
    /// SPDX expression
    #[arg(long)]
    license: Option<String>,
    /// Address of its source code
    #[arg(long)]
    repository: Option<String>,
    /// Where the plugin goes [default: `NAME.wasm` beside the component]
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let shown = args.component.display();
    let component = fs::read(&args.component).with_context(|| format!("`{shown}` cannot be read"))?;
    let identity = Identity {
        name: args.name.clone(),
        version: args.version.clone(),
        description: args.description.clone(),
        authors: args.authors.clone(),
        license: args.license.clone(),
        repository: args.repository.clone(),
    };
    let plugin = identify(&component, &identity).with_context(|| format!("component `{shown}`"))?;
    let beside = || args.component.with_file_name(format!("{}.wasm", args.name));
    let path = args.output.clone().unwrap_or_else(beside);
    super::build::write(&path, &plugin)?;
    eprintln!("plugin `{}` {}: {} kB", args.name, args.version, plugin.len().div_ceil(1000));
    print(&path.display().to_string())
}
