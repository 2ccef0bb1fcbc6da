//! What claimed paths show of an image, against `umoci`, which unpacks it. The comparison is a test of
//! `limpid-layers` that is ignored elsewhere, since it starts that program for each of its images.

use anyhow::Context as _;

use super::tally::{Comparison, Tally};
use crate::command::{cargo, find, output};
use crate::setup::apt::Apt;
use crate::workspace::Workspace;

/// Name of the test.
const TEST: &str = "claimed_paths_are_what_umoci_unpacks_there";

pub(super) fn check(workspace: &Workspace, tally: &mut Tally) {
    tally.check("layers: generated stacks, by umoci", || compare(workspace));
}

/// Runs the comparison, which fails at the first difference and otherwise says in one line what it compared.
fn compare(workspace: &Workspace) -> anyhow::Result<Comparison> {
    if find("umoci").is_none()
        && let Some(apt) = Apt::find()
    {
        apt.install(&["umoci"]);
    }
    find("umoci").context("`umoci` is not there; install the Debian package of that name")?;
    let mut test = cargo();
    test.current_dir(workspace.root());
    // All of the workspace, with its features: alone, the crate would be built once more with fewer.
    test.args(["test", "--quiet", "--workspace", "--lib", TEST, "--", "--ignored", "--nocapture"]);
    let text = output(&mut test)?;
    let what = text.lines().find(|line| line.contains("compared with umoci"));
    Ok(Comparison::new(what.context("no comparison was run")?, Vec::new()))
}
