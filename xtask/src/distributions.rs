//! `cargo xtask distributions`: writes `docs/distributions.md`, which says of each release of each distribution how it is
//! detected, who reads its packages, which feeds speak of them, and until when it is supported.
//!
//! Nothing of that is told here. Distributions, releases and ends are those that the detector `os-release` states. Which
//! detector reads packages of which type and scheme, and which feed states advisories in which namespaces, is what
//! the golden cases of the plugins expect.

mod golden;
mod page;

use std::path::{Path, PathBuf};

use crate::command::write_if_changed;
use crate::workspace::Workspace;

use golden::Golden;

/// The page, below the folder of the workspace.
const PAGE: &str = "docs/distributions.md";

/// What writes it.
const COMMAND: &str = "cargo xtask distributions";

/// Writes the page.
///
/// # Errors
/// Where golden cases cannot be read, or contradict each other or the detector.
pub(crate) fn write(workspace: &Workspace) -> anyhow::Result<()> {
    let path = path(workspace.root());
    let is_new = write_if_changed(&path, text(workspace)?.as_bytes())?;
    eprintln!("`{}` {}", path.display(), if is_new { "is written" } else { "is as it has to be" });
    Ok(())
}

fn text(workspace: &Workspace) -> anyhow::Result<String> {
    page::page(&limpid_releases::distributions(), &Golden::read(workspace)?)
}

fn path(root: &Path) -> PathBuf {
    root.join(PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_plugins_say() {
        let workspace = Workspace::load().unwrap();
        let written = std::fs::read_to_string(path(workspace.root())).unwrap_or_default();
        // The whole of two long pages tells nobody what differs.
        let expected = text(&workspace).unwrap();
        let missing = expected.lines().find(|line| !written.lines().any(|other| other == *line));
        assert!(
            written == expected,
            "`{PAGE}` is not what the plugins say; `{COMMAND}` writes it. It lacks, for instance: {missing:?}"
        );
    }
}
