//! What is installed where.

use std::path::Path;

use anyhow::Context as _;

use crate::command::{command, output};
use crate::limpid::Limpid;
use crate::tree::{Tree, gzip};
use crate::workspace::Workspace;

/// Where documentation is installed.
const DOCUMENTATION: &str = "usr/share/doc/limpid";

/// Pages that are installed beside the program.
const PAGES: [&str; 3] = ["README.md", "CHANGELOG.md", "SECURITY.md"];

/// Where each shell looks for what completes commands.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/limpid"),
    ("zsh", "usr/share/zsh/vendor-completions/_limpid"),
    ("fish", "usr/share/fish/vendor_completions.d/limpid.fish"),
];

/// The program, its plugins and its documentation, as they lie below `/`.
///
/// # Errors
/// Something cannot be read, or the program does not write its manual.
pub(super) fn installed(workspace: &Workspace, limpid: &Limpid, sbom: &str) -> anyhow::Result<Tree> {
    let mut tree = documentation(workspace.root())?;
    tree.copy("usr/bin/limpid", 0o755, limpid.program())?;
    tree.add_folder("usr/lib/limpid/plugins", limpid.plugins())?;
    add_manual(&mut tree, workspace, limpid)?;
    for (shell, path) in COMPLETIONS {
        tree.file(
            path,
            0o644,
            output(command(&limpid.program().to_string_lossy()).args(["completions", shell]))?,
        );
    }
    tree.file(&format!("{DOCUMENTATION}/sbom.cdx.json"), 0o644, sbom);
    Ok(tree)
}

/// The pages of the root, and those of the book in a folder of their own, so that links between them lead where they do
/// in the repository.
fn documentation(root: &Path) -> anyhow::Result<Tree> {
    let mut tree = Tree::default();
    for page in PAGES {
        tree.copy(&format!("{DOCUMENTATION}/{page}"), 0o644, &root.join(page))?;
    }
    for (path, page) in Tree::of_folder(&root.join("docs"))?.files() {
        if path.ends_with(".md") || path.starts_with("images/") {
            tree.file(&format!("{DOCUMENTATION}/docs/{path}"), 0o644, page);
        }
    }
    Ok(tree)
}

/// A page for each command, as the program writes them, and on the first page what a package has beside it.
fn add_manual(tree: &mut Tree, workspace: &Workspace, limpid: &Limpid) -> anyhow::Result<()> {
    let folder = workspace.target().join("manual");
    // What an earlier build wrote and this one does not have is no page of it.
    Tree::default().write(&folder)?;
    output(command(&limpid.program().to_string_lossy()).arg("man").arg(&folder))?;
    let of_package = std::fs::read(workspace.root().join("deploy/debian/limpid.1"))
        .context("cannot read `deploy/debian/limpid.1`")?;
    for (path, page) in Tree::of_folder(&folder)?.files() {
        let rest: &[u8] = if path == "limpid.1" { &of_package } else { &[] };
        tree.file(&format!("usr/share/man/man1/{path}.gz"), 0o644, gzip(&[page, rest].concat())?);
    }
    Ok(())
}

/// The same as it is unpacked anywhere: the program finds its plugins from where it lies.
///
/// # Errors
/// Something cannot be read.
pub(super) fn portable(workspace: &Workspace, installed: &Tree, folder: &str) -> anyhow::Result<Tree> {
    let root = workspace.root();
    let mut tree = Tree::default();
    for (path, bytes) in installed.files() {
        let path = path.strip_prefix("usr/").unwrap_or(path);
        tree.file(path, if path.starts_with("bin/") { 0o755 } else { 0o644 }, bytes);
    }
    tree.copy("LICENSE", 0o644, &root.join("LICENSE"))?;
    for (place, file) in [
        ("etc/limpid/limpid.toml", "deploy/debian/limpid.toml"),
        ("lib/systemd/system/limpid.service", "deploy/systemd/limpid.service"),
        ("lib/sysusers.d/limpid.conf", "deploy/systemd/limpid.sysusers"),
        ("lib/tmpfiles.d/limpid.conf", "deploy/systemd/limpid.tmpfile"),
    ] {
        tree.copy(place, 0o644, &root.join(file))?;
    }
    Ok(tree.below(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pages_that_are_called_readme_are_installed() {
        let workspace = Workspace::load().unwrap();
        let tree = documentation(workspace.root()).unwrap();
        for page in ["README.md", "docs/README.md"] {
            let expected = std::fs::read(workspace.root().join(page)).unwrap();
            let path = format!("{DOCUMENTATION}/{page}");
            let found = tree.files().find(|(installed, _)| *installed == path).map(|(_, bytes)| bytes);
            assert_eq!(found, Some(expected.as_slice()), "{page}");
        }
    }

    /// What is installed names documentation by its path.
    #[test]
    fn documentation_lies_where_it_is_said_to_lie() {
        let workspace = Workspace::load().unwrap();
        let tree = documentation(workspace.root()).unwrap();
        let mut named = 0;
        for file in ["limpid.1", "limpid.toml", "changelog"] {
            let text = std::fs::read_to_string(workspace.root().join("deploy/debian").join(file)).unwrap();
            for word in text.split(|letter: char| letter.is_whitespace() || letter == ',') {
                if let Some(path) = word.strip_prefix('/').filter(|path| path.starts_with(DOCUMENTATION)) {
                    let path = path.trim_end_matches('.');
                    assert!(tree.files().any(|(installed, _)| installed == path), "{file}: {path}");
                    named += 1;
                }
            }
        }
        assert!(named >= 4, "{named}");
    }
}
