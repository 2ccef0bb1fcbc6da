//! `cargo xtask doc`: the documentation of all crates that others use, where a warning is an error.
//!
//! Not that of plugins: a component exports the contract and nothing else, so that nobody reads about its crate, and there are
//! so many that they take more than half of the time.

use crate::build_plugins;
use crate::command::cargo;
use crate::progress::run_with_progress;
use crate::workspace::Workspace;

/// Documents them.
///
/// # Errors
/// A doc comment is wrong, or a crate does not compile.
pub(crate) fn document(workspace: &Workspace) -> anyhow::Result<()> {
    let mut doc = cargo();
    doc.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    for plugin in build_plugins::plugins(workspace.packages())?.values() {
        doc.args(["--exclude", &plugin.name]);
    }
    run_with_progress(&mut doc, workspace)
}
