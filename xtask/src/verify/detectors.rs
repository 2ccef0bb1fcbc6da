//! Detectors against the programs that know what they read, on what is made for it: `dpkg-query`, `rpm`, and Python's
//! `importlib.metadata` on databases; `go version -m`, `go tool nm` and `rust-audit-info` on executables; Maven on archives
//! of Maven Central; package managers of languages on a small project that each of them installs. The comparisons are
//! tests of the detectors that are ignored elsewhere, since they start these programs.

use anyhow::{Context as _, bail};

use super::tally::{Comparison, Tally};
use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// Detectors, what judges each, and the beginning of the test's name.
const JUDGED: [(&str, &str, &str); 21] = [
    ("dpkg", "dpkg-query, on generated databases", "judge::"),
    ("python", "importlib.metadata, on generated folders", "judge::what_importlib"),
    ("rpm", "rpm, on generated databases", "judge::"),
    ("go", "go version -m", "judge::"),
    ("rust", "rust-audit-info", "judge::"),
    ("java", "Maven", "judge::"),
    ("graalvm", "gcc, and libraries of PyPI", "judge::"),
    ("conan", "Conan", "judge::"),
    ("conda", "rattler", "judge::"),
    ("haskell", "GHC", "judge::"),
    ("hex", "Erlang and Elixir", "judge::"),
    ("luarocks", "LuaRocks", "judge::"),
    ("php", "Composer", "judge::"),
    ("nix", "Nix", "judge::"),
    ("opam", "opam", "judge::"),
    ("perl", "Carton, cpanm and Perl", "judge::"),
    ("r", "R", "judge::"),
    ("ruby", "RubyGems", "judge::"),
    ("programs", "packages of Debian and PyPI", "judge::"),
    ("node", "npm, pnpm, Yarn and Bun", "judge::"),
    ("python", "pip, uv, Poetry and Pipenv", "judge::managers::"),
];

pub(super) fn check(workspace: &Workspace, tally: &mut Tally) {
    for (detector, judge, test) in JUDGED {
        tally.check(&format!("detector {detector}: by {judge}"), || compare(workspace, detector, test));
    }
}

/// Runs the comparison, which fails at the first difference and otherwise says in one line what it compared.
fn compare(workspace: &Workspace, detector: &str, judge: &str) -> anyhow::Result<Comparison> {
    let mut test = cargo();
    test.current_dir(workspace.root());
    test.args(["test", "--quiet", "--package", &format!("limpid-detector-{detector}"), "--lib"]);
    test.args(["--", "--ignored", "--nocapture", judge]);
    let text = output(&mut test)?;
    if !text.contains("1 passed") {
        bail!("no comparison was run");
    }
    let what =
        text.lines().find(|line| line.contains("are read as")).context("it does not say what it compared")?;
    Ok(Comparison::new(what, Vec::new()))
}
