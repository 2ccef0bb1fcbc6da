//! `limpid version compare` against dpkg, apk and rpm themselves, against the tools of languages, and against a direct
//! comparator; ranges in reports against the libraries of PyPI's and npm's own programs.

mod events;
mod generate;
mod judged;
mod languages;
mod ranges;
mod rpm;

use std::cmp::Ordering;
use std::fs::File;
use std::process::Stdio;

use anyhow::{Context, bail};

use super::debian::{TRACKER, compare_all, order_of as dpkg_order_of};
use super::tally::{Comparison, Tally};
use super::{Setting, alpine, read_zstd};
use crate::command::shown;

pub(super) use generate::Numbers;
pub(crate) use generate::{Form, lines, pairs};

/// Generated pairs of each scheme.
const GENERATED: usize = 10_000;

/// Pairs of versions that publishers name which are compared by starting a program for each.
const PUBLISHED: usize = 2_000;

type Pair = (String, String);

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    tally.check("versions dpkg: generated", || {
        by_program(setting, "dpkg", pairs(Form::Dpkg, GENERATED), dpkg_order_of)
    });
    tally.check("versions dpkg: published", || {
        by_program(setting, "dpkg", published_dpkg(setting)?, dpkg_order_of)
    });
    tally.check("versions apk: generated", || directly(setting, pairs(Form::Apk, GENERATED)));
    tally.check("versions apk: published", || directly(setting, published_apk(setting)?));
    tally.check("versions apk: generated, of loose forms", || {
        directly(setting, pairs(Form::LooseApk, GENERATED))
    });
    match alpine::program(setting) {
        Ok(Some(apk)) => {
            tally.check("versions apk: published, by apk itself", || {
                by_apk(setting, &apk, sample(published_apk(setting)?))
            });
            tally.check("versions apk: generated, by apk itself", || {
                by_apk(setting, &apk, pairs(Form::Apk, 4 * GENERATED))
            });
            tally.check("versions apk: generated of loose forms, by apk itself", || {
                by_apk(setting, &apk, pairs(Form::LooseApk, GENERATED))
            });
        }
        Ok(None) => tally.skip("versions apk: by apk itself", "this machine cannot run the apk of x86_64"),
        Err(why) => tally.failure("versions apk: by apk itself", &why),
    }
    tally.check("versions rpm: generated, by rpm itself", || {
        let pairs = pairs(Form::Rpm, GENERATED);
        let expected: Vec<_> = rpm::orders_of(&pairs)?.into_iter().map(Some).collect();
        compare(setting, "rpm", &pairs, &expected)
    });
    languages::check(setting, tally);
    tally.check("versions pep440: ranges", || ranges::python(setting));
    tally.check("versions npm: ranges", || ranges::node(setting));
    tally.check("versions pep440: events", || events::python(setting));
    tally.check("versions npm: events", || events::node(setting));
}

/// Against the apk of the root file systems, which is apk-tools 2. Pairs that it sees otherwise than the
/// scheme are left out: the scheme has no key for what does not begin with a digit, and orders numbers
/// with leading zeros as apk-tools 3 does.
fn by_apk(setting: &Setting<'_>, apk: &alpine::Apk, mut pairs: Vec<Pair>) -> anyhow::Result<Comparison> {
    let has_zeros =
        |part: &str| part.starts_with('0') && part.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let is_same = |version: &str| {
        version.starts_with(|c: char| c.is_ascii_digit()) && !version.split('.').skip(1).any(has_zeros)
    };
    pairs.retain(|(a, b)| is_same(a) && is_same(b));
    pairs.truncate(GENERATED);
    by_program(setting, "apk", pairs, |a, b| apk.order_of(a, b))
}

fn by_program(
    setting: &Setting<'_>,
    scheme: &str,
    pairs: Vec<Pair>,
    order: impl Fn(&str, &str) -> anyhow::Result<Ordering> + Sync,
) -> anyhow::Result<Comparison> {
    let expected: Vec<_> = compare_all(&pairs, order)?.into_iter().map(Some).collect();
    compare(setting, scheme, &pairs, &expected)
}

/// Against a comparator that looks at two versions at once, where a scheme makes keys.
fn directly(setting: &Setting<'_>, pairs: Vec<Pair>) -> anyhow::Result<Comparison> {
    let expected: Vec<_> = pairs.iter().map(|(a, b)| alpine::order_of(a, b)).collect();
    compare(setting, "apk", &pairs, &expected)
}

fn compare(
    setting: &Setting<'_>,
    scheme: &str,
    pairs: &[Pair],
    expected: &[Option<Ordering>],
) -> anyhow::Result<Comparison> {
    let answers = answers(setting, scheme, pairs)?;
    let mut differences = Vec::new();
    for ((a, b), (expected, found)) in pairs.iter().zip(expected.iter().zip(&answers)) {
        let expected = match expected {
            Some(Ordering::Less) => "<",
            Some(Ordering::Equal) => "=",
            Some(Ordering::Greater) => ">",
            None => "error",
        };
        if expected != found && !(expected == "error" && found.starts_with("error: ")) {
            differences.push(format!("{a} {expected} {b}, but limpid says `{found}`"));
        }
    }
    if answers.len() != pairs.len() {
        differences.push(format!("there are {} answers", answers.len()));
    }
    let equal = expected.iter().filter(|order| **order == Some(Ordering::Equal)).count();
    let errors = expected.iter().filter(|order| order.is_none()).count();
    let what = format!("{} pairs, {equal} of them equal, {errors} no versions", pairs.len());
    Ok(Comparison::new(what, differences).requiring(!pairs.is_empty(), "there are no pairs"))
}

/// What `limpid version compare` answers, line by line.
fn answers(setting: &Setting<'_>, scheme: &str, pairs: &[Pair]) -> anyhow::Result<Vec<String>> {
    let folder = setting.fresh("versions")?;
    let input = folder.join("pairs");
    std::fs::write(&input, lines(pairs))?;
    let mut limpid = setting.limpid.command(&folder);
    limpid.args(["version", "compare", scheme]).stdin(File::open(&input)?).stderr(Stdio::inherit());
    let output = limpid.output().with_context(|| format!("cannot run `{}`", shown(&limpid)))?;
    let answers: Vec<String> = String::from_utf8(output.stdout)?.lines().map(String::from).collect();
    // It fails where a single version cannot be read, and says so in that line.
    if !output.status.success() && !answers.iter().any(|answer| answer.starts_with("error: ")) {
        bail!("`{}` failed: {}", shown(&limpid), output.status);
    }
    Ok(answers)
}

/// Neighbours among the versions that the tracker names for one package.
fn published_dpkg(setting: &Setting<'_>) -> anyhow::Result<Vec<Pair>> {
    let document = read_zstd(&setting.corpus.path(TRACKER))?;
    let mut pairs = Vec::new();
    for entries in document.as_object().into_iter().flat_map(|packages| packages.values()) {
        let mut versions = Vec::new();
        let entries = entries.as_object().into_iter().flat_map(|entries| entries.values());
        for release in
            entries.filter_map(|entry| entry.get("releases")?.as_object()).flat_map(|it| it.values())
        {
            versions.extend(release.get("fixed_version").and_then(|version| version.as_str()));
            let stored = release.get("repositories").and_then(|stored| stored.as_object());
            versions
                .extend(stored.into_iter().flat_map(|stored| stored.values()).filter_map(|it| it.as_str()));
        }
        pairs.extend(neighbours(versions.into_iter().map(String::from).collect()));
    }
    Ok(sample(pairs))
}

/// The same of Alpine's security database.
fn published_apk(setting: &Setting<'_>) -> anyhow::Result<Vec<Pair>> {
    Ok(alpine::versions_of_secdb(setting)?.into_iter().flat_map(neighbours).collect())
}

/// Each version of a list with the next two in the order of their text.
fn neighbours(mut versions: Vec<String>) -> Vec<Pair> {
    versions.sort();
    versions.dedup();
    let next = |by: usize| versions.iter().cloned().zip(versions.iter().skip(by).cloned());
    next(1).chain(next(2)).collect()
}

/// As many as are compared by starting programs, from all over the list.
fn sample(pairs: Vec<Pair>) -> Vec<Pair> {
    let step = pairs.len().div_ceil(PUBLISHED).max(1);
    pairs.into_iter().step_by(step).collect()
}
