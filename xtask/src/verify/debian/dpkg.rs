use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, bail};

use crate::command::{command, output};

/// What is asked of `dpkg-query`, with the names of its fields.
const FORMAT: &str = "${db:Status-Status}\\t${Package}\\t${Version}\\t${Architecture}\\t\
                      ${source:Package}\\t${source:Version}\\n";

/// A package that dpkg has unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Installed {
    pub(in crate::verify) name: String,
    pub(in crate::verify) version: String,
    pub(in crate::verify) arch: String,
    pub(in crate::verify) source: String,
    pub(in crate::verify) source_version: String,
}

/// What `dpkg-query` itself reads from a status file, for which `admindir` is made.
pub(in crate::verify) fn query(status: &Path, admindir: &Path) -> anyhow::Result<Vec<Installed>> {
    fs::create_dir_all(admindir.join("info"))?;
    fs::copy(status, admindir.join("status"))
        .with_context(|| format!("cannot read `{}`", status.display()))?;
    let mut query = command("dpkg-query");
    query.arg(format!("--admindir={}", admindir.display())).args(["--show", "--showformat", FORMAT]);
    output(&mut query)?.lines().filter_map(|line| installed(line).transpose()).collect()
}

fn installed(line: &str) -> anyhow::Result<Option<Installed>> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [state, name, version, arch, source, source_version] = fields.as_slice() else {
        bail!("`dpkg-query` wrote `{line}`");
    };
    if ["not-installed", "config-files"].contains(state) {
        return Ok(None);
    }
    Ok(Some(Installed {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        arch: (*arch).to_owned(),
        source: (*source).to_owned(),
        source_version: (*source_version).to_owned(),
    }))
}

/// The order of two versions by `dpkg --compare-versions`.
pub(in crate::verify) fn order_of(a: &str, b: &str) -> anyhow::Result<Ordering> {
    if compare(a, "lt", b)? {
        return Ok(Ordering::Less);
    }
    Ok(if compare(a, "eq", b)? { Ordering::Equal } else { Ordering::Greater })
}

fn compare(a: &str, relation: &str, b: &str) -> anyhow::Result<bool> {
    let mut dpkg = Command::new("dpkg");
    dpkg.args(["--compare-versions", a, relation, b]).stdin(Stdio::null());
    let output = dpkg.output().context("cannot run `dpkg`")?;
    match (output.status.code(), output.stderr.is_empty()) {
        (Some(0), true) => Ok(true),
        (Some(1), true) => Ok(false),
        _ => bail!(
            "`dpkg --compare-versions {a} {relation} {b}` does not answer: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}

/// The order of all pairs, by a function that starts a program for each.
pub(in crate::verify) fn compare_all(
    pairs: &[(String, String)],
    order: impl Fn(&str, &str) -> anyhow::Result<Ordering> + Sync,
) -> anyhow::Result<Vec<Ordering>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = pairs.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let order = &order;
        let workers: Vec<_> = pairs
            .chunks(share)
            .map(|pairs| scope.spawn(move || pairs.iter().map(|(a, b)| order(a, b)).collect::<Vec<_>>()))
            .collect();
        let answers = workers.into_iter().map(|worker| worker.join().unwrap_or_default());
        answers.flatten().collect()
    })
}

/// Looks up the order of pairs that were compared before.
pub(in crate::verify) struct Orders(BTreeMap<(String, String), Ordering>);

impl Orders {
    /// Compares each pair once.
    pub(in crate::verify) fn of(pairs: impl IntoIterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut pairs: Vec<(String, String)> = pairs.into_iter().collect();
        pairs.sort();
        pairs.dedup();
        let orders = compare_all(&pairs, order_of)?;
        Ok(Self(pairs.into_iter().zip(orders).collect()))
    }

    /// Whether `a` is before `b`.
    pub(in crate::verify) fn is_less(&self, a: &str, b: &str) -> bool {
        self.0.get(&(a.to_owned(), b.to_owned())) == Some(&Ordering::Less)
    }
}
