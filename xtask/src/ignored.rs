//! Tests that `cargo test` ignores, because they need what not every machine has: data or programs.
//!
//! Each such test fails without what it needs. The steps that are meant to run them look here that they
//! did run: a name that has changed must not turn a step into one that passes with nothing done.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::command::{cargo, shown};
use crate::workspace::Workspace;

/// Runs the ignored tests of `targets` (arguments of `cargo test`) whose names contain `filter`, and says
/// how many there were. `corpus` is handed on where they read it.
///
/// # Errors
/// Where a test fails, or where there is none.
pub(crate) fn run(
    workspace: &Workspace,
    targets: &[&str],
    filter: &str,
    corpus: Option<&Path>,
) -> anyhow::Result<usize> {
    let mut test = cargo();
    test.current_dir(workspace.root()).args(["test", "--quiet", "--workspace"]).args(targets);
    test.args(["--", "--ignored", filter]);
    if let Some(corpus) = corpus {
        test.env(crate::corpus::VARIABLE, corpus);
    }
    let passed = passed(&mut test)?;
    if passed == 0 {
        bail!("`{}` ran no test", shown(&test));
    }
    Ok(passed)
}

fn passed(test: &mut Command) -> anyhow::Result<usize> {
    let output = test.stderr(std::process::Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot run `{}`", shown(test)))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        eprintln!("{text}");
        bail!("`{}` failed: {}", shown(test), output.status);
    }
    Ok(sum(&text))
}

/// All that passed, of the lines `test result: ok. 3 passed; 0 failed; ...`, one for each program of tests.
fn sum(text: &str) -> usize {
    let results = text.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|result| result.split_once(" passed")?.0.parse::<usize>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_over_all_programs() {
        let text = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n\nrunning 2 tests\n..\n\
                    test result: ok. 2 passed; 0 failed\ntest result: ok. 3 passed; 0 failed\n";
        assert_eq!(sum(text), 5);
        assert_eq!(sum("running 0 tests\n"), 0);
    }
}
