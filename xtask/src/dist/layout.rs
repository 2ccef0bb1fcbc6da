//! What is installed where.

use std::path::Path;

use super::tree::{Tree, gzip};
use crate::limpid::Limpid;
use crate::workspace::Workspace;

/// Pages that are installed beside the program.
const PAGES: [&str; 3] = ["README.md", "CHANGELOG.md", "SECURITY.md"];

/// The program, its plugins and its documentation, as they lie below `/`.
///
/// # Errors
/// Something cannot be read.
pub(super) fn installed(workspace: &Workspace, limpid: &Limpid, sbom: &str) -> anyhow::Result<Tree> {
    let root = workspace.root();
    let mut tree = Tree::default();
    tree.copy("usr/bin/limpid", 0o755, limpid.program())?;
    tree.add_folder("usr/lib/limpid/plugins", limpid.plugins())?;
    let manual = std::fs::read(root.join("deploy/debian/limpid.1"))?;
    tree.file("usr/share/man/man1/limpid.1.gz", 0o644, gzip(&manual)?);
    for page in PAGES {
        tree.copy(&format!("usr/share/doc/limpid/{page}"), 0o644, &root.join(page))?;
    }
    add_pages(&mut tree, &root.join("docs"))?;
    tree.file("usr/share/doc/limpid/sbom.cdx.json", 0o644, sbom);
    Ok(tree)
}

fn add_pages(tree: &mut Tree, folder: &Path) -> anyhow::Result<()> {
    for (path, page) in Tree::of_folder(folder)?.files() {
        if path.ends_with(".md") {
            tree.file(&format!("usr/share/doc/limpid/{path}"), 0o644, page);
        }
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
