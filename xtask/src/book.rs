//! `cargo xtask book`: the documentation as a book, by [mdBook](https://rust-lang.github.io/mdBook/).
//!
//! Pages are read on their own as well, with links to files of the repository that are no pages of the book. In the
//! book these lead to the repository.

mod links;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::command::{command, find, run, tool};
use crate::tree::Tree;
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
    pages(workspace.root())?.write(&sources)?;
    let html = book.join("html");
    let mut mdbook = command(&program(workspace)?.to_string_lossy());
    run(mdbook.arg("build").arg(&sources).arg("--dest-dir").arg(&html))?;
    eprintln!("the book is in `{}`", html.join("index.html").display());
    Ok(())
}

/// mdBook, installed where it is not there.
fn program(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    match find("mdbook") {
        Some(program) => Ok(program),
        None => {
            tool(workspace.target(), "mdbook", VERSION, &["--no-default-features", "--features", "search"])
        }
    }
}

/// The pages, with links that lead out of the book made whole.
fn pages(root: &Path) -> anyhow::Result<Tree> {
    let mut pages = Tree::of_folder(&root.join(PAGES))?;
    pages.change(|path, bytes| {
        if !path.ends_with(".md") {
            return Ok(());
        }
        let text = std::str::from_utf8(bytes).with_context(|| format!("`{PAGES}/{path}` is not UTF-8"))?;
        *bytes = links::within_book(text, &Path::new(PAGES).join(path)).into_bytes();
        Ok(())
    })?;
    Ok(pages)
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
