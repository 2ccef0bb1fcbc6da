//! The commands, one file each.

pub(crate) mod compile;
pub(crate) mod explain;
pub(crate) mod feed;
pub(crate) mod packages;
pub(crate) mod plugin;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod subscription;
pub(crate) mod version;

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

use crate::table::{Look, Page};

/// The command by which this program calls itself, to compile a component.
pub(crate) const COMPILE: &str = "compile-component";

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
    write(&printable(text))
}

/// Prints what was made for people.
pub(crate) fn show(page: Page) -> anyhow::Result<ExitCode> {
    write(&page.into_text())
}

fn write(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A page for standard output.
pub(crate) fn page() -> Page {
    Page::new(Look::of_stdout())
}

/// Text without what would make a terminal do something else than show it. Names come from images,
/// advisories and plugins, and may hold anything.
pub(crate) fn printable(text: &str) -> String {
    let directs =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|&c| c == '\n' || !(c.is_control() || directs(c))).collect()
}

/// Prints a document to standard output.
pub(crate) fn print_json(document: &impl Serialize) -> anyhow::Result<ExitCode> {
    print(&serde_json::to_string_pretty(document)?)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\r\nd\u{9b}"), "a[2Jbc\nd");
    }
}
