//! Detectors against the programs whose databases they read, on generated ones: `dpkg-query`, `rpm`, Python's
//! `importlib.metadata`, RubyGems, Bundler, Composer, R, rattler, GHC, LuaRocks, and Erlang and Elixir. The comparisons
//! are tests of the detectors that are ignored elsewhere, since they start these programs.

use anyhow::{Context as _, bail};

use super::tally::{Comparison, Tally};
use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// Detectors, and the program that judges each.
const JUDGED: [(&str, &str); 10] = [
    ("conda", "rattler"),
    ("dpkg", "dpkg-query"),
    ("haskell", "GHC"),
    ("hex", "Erlang and Elixir"),
    ("luarocks", "LuaRocks"),
    ("php", "Composer"),
    ("python", "importlib.metadata"),
    ("r", "R"),
    ("rpm", "rpm"),
    ("ruby", "RubyGems and Bundler"),
];

pub(super) fn check(workspace: &Workspace, tally: &mut Tally) {
    for (detector, judge) in JUDGED {
        tally.check(&format!("detector {detector}: generated, by {judge}"), || compare(workspace, detector));
    }
}

/// Runs the comparison, which fails at the first difference and otherwise says in one line what it compared.
fn compare(workspace: &Workspace, detector: &str) -> anyhow::Result<Comparison> {
    let mut test = cargo();
    test.current_dir(workspace.root());
    test.args(["test", "--quiet", "--package", &format!("limpid-detector-{detector}"), "--lib"]);
    test.args(["--", "--ignored", "--nocapture", "judge::"]);
    let text = output(&mut test)?;
    if !text.contains("1 passed") {
        bail!("no comparison was run");
    }
    let what =
        text.lines().find(|line| line.contains("are read as")).context("it does not say what it compared")?;
    Ok(Comparison::new(what, Vec::new()))
}
