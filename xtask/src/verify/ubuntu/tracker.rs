//! Who is affected by the files of the tracker, by asking each line of each file for each package.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::Installed;
use crate::verify::debian::Orders;

/// Where a fix may be that subscribers get, in the tracker of 2020.
const POCKET: &str = "/esm";

/// All files: vulnerability -> `RELEASE_PACKAGE` -> what stands behind the colon.
pub(super) struct Tracker(BTreeMap<String, BTreeMap<String, String>>);

/// Whether an image gets what subscribers get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subscription {
    None,
    Pro,
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Pro => " with Ubuntu Pro",
        })
    }
}

/// Findings, and how many there are of each kind.
type Findings = (Vec<String>, BTreeMap<&'static str, usize>);

impl Tracker {
    /// Reads the folders `active`, `retired` and `ignored`.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for part in ["active", "retired", "ignored"] {
            let part = folder.join(part);
            let entries = fs::read_dir(&part).with_context(|| format!("cannot read `{}`", part.display()))?;
            for entry in entries {
                let path = entry?.path();
                let name = crate::corpus::name(&path).to_owned();
                if name.starts_with("CVE-") {
                    files.insert(name, lines(&String::from_utf8_lossy(&fs::read(&path)?)));
                }
            }
        }
        Ok(Self(files))
    }

    /// The versions of each source package that are named for a series.
    pub(super) fn versions(&self, series: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, said) in self.0.values().flatten() {
            let Some((release, package)) = name.split_once('_') else { continue };
            // What is named `ppa` is taken for somebody else's package.
            let version = version(said).filter(|version| !version.contains("ppa"));
            if let Some(version) = version.filter(|_| release.split('/').next() == Some(series)) {
                named.entry(package).or_default().insert(version);
            }
        }
        named
    }

    /// The findings of packages of a series, one row each.
    pub(super) fn findings(
        &self,
        series: &str,
        subscription: Subscription,
        installed: &[Installed],
    ) -> anyhow::Result<Findings> {
        let mut asked = Vec::new();
        for package in installed {
            let plain = format!("{series}_{}", package.source);
            let pocket = format!("{series}{POCKET}_{}", package.source);
            for (id, lines) in &self.0 {
                let (plain, pocket) = (lines.get(&plain), lines.get(&pocket));
                if plain.is_some() || pocket.is_some() {
                    asked.push((
                        package,
                        id,
                        plain.map_or("", String::as_str),
                        pocket.map_or("", String::as_str),
                    ));
                }
            }
        }
        let pairs = asked.iter().flat_map(|(package, _, plain, pocket)| {
            let versions = [version(plain), version(pocket)].into_iter().flatten();
            versions.map(|version| (package.source_version.clone(), version.to_owned()))
        });
        let orders = Orders::of(pairs)?;
        let mut rows = Vec::new();
        let mut kinds = BTreeMap::from(
            ["fixed in the series", "fixed for subscribers", "without a fix"].map(|kind| (kind, 0)),
        );
        for (package, id, plain, pocket) in asked {
            let is_below = |version: &str| orders.is_less(&package.source_version, version);
            let finding = match subscription {
                Subscription::None => judge(plain, pocket, is_below)?,
                Subscription::Pro => judge_subscribed(plain, pocket, is_below)?,
            };
            let Some(Finding { status, fix, kind }) = finding else { continue };
            *kinds.entry(kind).or_default() += 1;
            rows.push(format!("{id} {} {} {status} fixed in {fix}", package.name, package.version));
        }
        Ok((rows, kinds))
    }
}

struct Finding<'a> {
    status: &'static str,
    fix: &'a str,
    kind: &'static str,
}

/// The same for subscribers: of what the pocket says anything, it decides.
fn judge_subscribed<'a>(
    plain: &'a str,
    pocket: &'a str,
    is_below: impl Fn(&str) -> bool,
) -> anyhow::Result<Option<Finding<'a>>> {
    match (word(pocket), version(pocket)) {
        ("released", Some(fix)) => {
            let kind = "fixed for subscribers";
            Ok(is_below(fix).then_some(Finding { status: "affected", fix, kind }))
        }
        ("not-affected", _) => Ok(None),
        ("" | "DNE", _) => judge(plain, pocket, is_below),
        // Of that version and later ones it says nothing yet.
        ("pending", Some(fix)) if !is_below(fix) => judge(plain, pocket, is_below),
        _ => judge("", pocket, is_below),
    }
}

/// What two lines mean for a version, of the series and of its pocket; each empty where there is none.
fn judge<'a>(
    plain: &'a str,
    pocket: &'a str,
    is_below: impl Fn(&str) -> bool,
) -> anyhow::Result<Option<Finding<'a>>> {
    let in_pocket = version(pocket).filter(|version| match word(pocket) {
        "released" => true,
        "not-affected" => version.contains("esm"),
        _ => false,
    });
    match (word(plain), version(plain)) {
        ("released", Some(fix)) => {
            let kind = "fixed in the series";
            return Ok(is_below(fix).then_some(Finding { status: "affected", fix, kind }));
        }
        ("not-affected" | "DNE", _) => return Ok(None),
        // The pocket alone speaks, of what nobody looks at any more in the series.
        ("", _) if matches!(word(pocket), "not-affected" | "DNE" | "") && in_pocket.is_none() => {
            return Ok(None);
        }
        _ => {}
    }
    let said = if plain.is_empty() { pocket } else { plain };
    let ends = ["end-of-life", "end of life", "out of standard support"];
    let has_ended = ["ignored", "universe-binary", "pending"].contains(&word(said))
        && ends.iter().any(|end| said.to_lowercase().contains(end));
    if has_ended && word(pocket) == "not-affected" && in_pocket.is_none() {
        return Ok(None);
    }
    if in_pocket.is_some_and(|version| !is_below(version)) {
        return Ok(None);
    }
    let status = match word(said) {
        "needs-triage" | "released" if in_pocket.is_none() => "under-investigation",
        "needed" | "needs-triage" | "released" | "not-affected" => "affected",
        "pending" => match version(said) {
            Some(version) if !is_below(version) => return Ok(None),
            None if has_ended => "end-of-life",
            _ => "affected",
        },
        "deferred" => "fix-deferred",
        "ignored" | "universe-binary" if has_ended => "end-of-life",
        "ignored" | "universe-binary" => "wont-fix",
        other => bail!("the tracker says `{other}`"),
    };
    let kind = if in_pocket.is_some() { "fixed for subscribers" } else { "without a fix" };
    Ok(Some(Finding { status, fix: "-", kind }))
}

/// The lines of a file that are neither indented nor commented out, the last of each name.
fn lines(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t', '#']));
    let lines = lines.filter_map(|line| line.split_once(':')).filter(|(name, _)| name.contains('_'));
    lines.map(|(name, said)| (name.to_owned(), said.trim().to_owned())).collect()
}

/// `released` of `released (1.2-3)`
fn word(said: &str) -> &str {
    said.split([' ', '(']).next().unwrap_or_default()
}

/// `1.2-3` of `released (1.2-3)`; none where a sentence stands there.
fn version(said: &str) -> Option<&str> {
    let (_, detail) = said.split_once('(')?;
    let detail = detail.trim_matches(['(', ')', ' ']);
    let is_version = detail.starts_with(|first: char| first.is_ascii_digit())
        && detail.chars().all(|c| c.is_ascii_alphanumeric() || ".+-~:".contains(c));
    is_version.then_some(detail)
}
