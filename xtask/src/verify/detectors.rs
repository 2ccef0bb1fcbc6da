//! Detectors against the programs whose databases they read, on generated ones: `dpkg-query`, `rpm`, and Python's
//! `importlib.metadata`; and programs in packages of Debian against the versions of these packages. The comparisons are
//! tests of the detectors that are ignored elsewhere, since they start these programs.

use anyhow::{Context as _, bail};

use super::tally::{Comparison, Tally};
use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// Detectors, what each reads, and who judges it.
const JUDGED: [(&str, &str); 4] = [
    ("dpkg", "generated, by dpkg-query"),
    ("programs", "packages of Debian, by their versions"),
    ("python", "generated, by importlib.metadata"),
    ("rpm", "generated, by rpm"),
];

pub(super) fn check(workspace: &Workspace, tally: &mut Tally) {
    for (detector, judge) in JUDGED {
        tally.check(&format!("detector {detector}: {judge}"), || compare(workspace, detector));
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
