//! The commands, one file each.

pub(crate) mod backup;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod feed;
pub(crate) mod harbor;
pub(crate) mod image;
pub(crate) mod layers;
pub(crate) mod man;
pub(crate) mod packages;
pub(crate) mod plan;
pub(crate) mod plugin;
pub(crate) mod policy;
pub(crate) mod profile;
pub(crate) mod report;
pub(crate) mod retention;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod store;
pub(crate) mod subscription;
pub(crate) mod token;
pub(crate) mod version;
pub(crate) mod vulnerability;
pub(crate) mod watch;

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use console::Term;
use serde::Serialize;
use tempfile::NamedTempFile;

use limpid_formats::printable;
use limpid_formats::table::{Look, Page};

/// The command by which this program calls itself, to compile a component.
pub(crate) const COMPILE: &str = "compile-component";

/// Stands for standard input or output.
pub(crate) const STANDARD: &str = "-";

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: the forms of the HTTP API
    Json,
}

/// Puts a file where it is wanted: whole, or not at all.
pub(crate) fn put_whole(made: NamedTempFile, path: &Path) -> anyhow::Result<()> {
    let mut file = made.reopen()?;
    if path == Path::new(STANDARD) {
        io::copy(&mut file, &mut io::stdout().lock())?;
        return Ok(());
    }
    let what = || format!("`{}` cannot be written", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut there = NamedTempFile::new_in(folder).with_context(what)?;
    io::copy(&mut file, &mut there).with_context(what)?;
    there.as_file().sync_all().with_context(what)?;
    there.persist(path).with_context(what)?;
    Ok(())
}

/// Prints text to standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<ExitCode> {
    write_out(&printable(text))
}

/// Prints what was made for people.
pub(crate) fn show(page: Page) -> anyhow::Result<ExitCode> {
    write_out(&page.into_text())
}

/// Writes text to standard output as it is.
pub(crate) fn write_out(text: &str) -> anyhow::Result<ExitCode> {
    fill_out(|out| {
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

/// Has standard output filled.
pub(crate) fn fill_out(fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    fill(&mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A page for standard output. Colours follow `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`; hyperlinks, what is
/// known of the terminal, and `FORCE_HYPERLINK`.
pub(crate) fn page() -> Page {
    let width = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    Page::new(Look {
        width: width.filter(|columns| *columns > 0),
        colours: console::colors_enabled(),
        links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
    })
}

/// Prints a document to standard output.
pub(crate) fn print_json(document: &impl Serialize) -> anyhow::Result<ExitCode> {
    fill_out(|out| Ok(limpid_formats::exchange::write_document(document, out)?))
}
