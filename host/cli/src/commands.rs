//! The commands, one file each.

pub(crate) mod feed;
pub(crate) mod packages;
pub(crate) mod plugin;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod version;

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: the forms of the HTTP API
    Json,
}

/// Prints text to standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a document to standard output.
pub(crate) fn print_json(document: &impl Serialize) -> anyhow::Result<ExitCode> {
    print(&serde_json::to_string_pretty(document)?)
}
