//! `cargo xtask book`: the documentation as a book, by [mdBook](https://rust-lang.github.io/mdBook/).
//!
//! Pages are read on their own as well, with links to files of the repository that are no pages of the book. In the
//! book these lead to the repository.

mod links;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::command::{cargo, command, find, run};
use crate::workspace::Workspace;

/// The version that is installed where there is none, and for which `docs/book.toml` is written.
const VERSION: &str = "0.5.4";

/// Where the pages are.
const PAGES: &str = "docs";

/// Builds the book into `target/book/html`.
///
/// # Errors
/// Where a page is in no chapter, a link leads nowhere, or mdBook cannot be installed or fails.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let problems = links::problems(workspace.root())?;
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    let book = workspace.target().join("book");
    let sources = book.join("pages");
    if sources.exists() {
        fs::remove_dir_all(&sources).with_context(|| format!("cannot clear `{}`", sources.display()))?;
    }
    copy(&workspace.root().join(PAGES), &sources, Path::new(PAGES))?;
    let html = book.join("html");
    let mut mdbook = command(&program(workspace)?.to_string_lossy());
    run(mdbook.arg("build").arg(&sources).arg("--dest-dir").arg(&html))?;
    eprintln!("the book is in `{}`", html.join("index.html").display());
    Ok(())
}

/// mdBook, installed where it is not there.
fn program(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    if let Some(program) = find("mdbook") {
        return Ok(program);
    }
    let folder = workspace.target().join(format!("tools/mdbook-{VERSION}"));
    let program = folder.join("bin/mdbook");
    if !program.is_file() {
        eprintln!("compiling mdBook, which takes some minutes");
        let mut install = cargo();
        install.args(["install", "--locked", "--quiet", "mdbook", "--version", VERSION]);
        install.args(["--no-default-features", "--features", "search", "--root"]).arg(&folder);
        run(&mut install).context("install mdBook and run this again")?;
    }
    Ok(program)
}

/// Copies pages, with links that lead out of the book made whole. `place` is where they are in the repository.
fn copy(from: &Path, to: &Path, place: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create `{}`", to.display()))?;
    for entry in from.read_dir().with_context(|| format!("cannot list `{}`", from.display()))? {
        let entry = entry?;
        let (path, target, place) = (entry.path(), to.join(entry.file_name()), place.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target, &place)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            fs::write(&target, links::within_book(&text, &place))
                .with_context(|| format!("cannot write `{}`", target.display()))?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("cannot copy `{}`", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_in_a_chapter_and_every_link_leads_somewhere() {
        let root = Workspace::load().unwrap().root().to_owned();
        let problems = links::problems(&root).unwrap();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
