//! Whom a CVE affects: `configurations`, by the rules of
//! [CPE applicability](https://nvd.nist.gov/vulnerability-detail-pages) (NISTIR 7698).
//!
//! Of all products, only those of [`limpid_programs`] count. The others have names that nothing in an image has.
//!
//! | A match that is | becomes |
//! |---|---|
//! | of a version, or of all between two | affected |
//! | of versions after one (`versionStartExcluding`) | affected from that version on, and that one is not affected, unless another match may be of it |
//! | of no version (`-`), or of an edition that is not published as source | nothing |
//! | of what runs on Windows or another system than Linux, or together with such a system | nothing |
//! | of what is there together with other programs, systems or hardware, or in an edition for these | under investigation: whether they are there, an image does not tell |
//! | not `vulnerable` | nothing: it is what a vulnerable one runs on |

use std::borrow::Cow;
use std::cmp::Ordering;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Affected, Bound, Range, Status};
use limpid_programs::{Cpe, NAMESPACE, Program, SCHEME};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Matches of a CVE that are of programs: the most that is known is a few hundred.
const MAX_MATCHES: usize = 5_000;
/// Names that are looked at to see what matches of programs require, over all of a CVE.
const MAX_REQUIRED: usize = 1_000_000;
/// Versions after which matches begin; of more, nothing is stated that others are not affected.
const MAX_EXCLUDED: usize = 200;
/// Bytes of a version.
const MAX_VERSION: usize = 128;
/// How many of the others that have to be there are named in a note.
const MAX_NAMED: usize = 3;
/// Editions of what is published as source, or of both.
const SOURCE_EDITIONS: [&str; 6] = ["", "*", "-", "community", "lts", "open_source"];
/// Systems that images of Linux run on or bring.
const LINUX: [&str; 8] = ["", "*", "-", "linux", "linux_kernel", "unix", "docker", "kubernetes"];
/// Publishers of systems that are none of Linux, and names of such systems.
const NOT_LINUX: [&str; 12] = [
    "microsoft",
    "apple",
    "freebsd",
    "openbsd",
    "netbsd",
    "windows",
    "macos",
    "mac_os",
    "mac_os_x",
    "iphone_os",
    "ipados",
    "android",
];

#[derive(Deserialize)]
struct Configuration<'a> {
    operator: Option<Cow<'a, str>>,
    #[serde(default)]
    negate: bool,
    #[serde(borrow, default)]
    nodes: Vec<Node<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    operator: Option<Cow<'a, str>>,
    #[serde(default)]
    negate: bool,
    #[serde(borrow, default)]
    cpe_match: Vec<Match<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match<'a> {
    #[serde(default)]
    vulnerable: bool,
    #[serde(borrow)]
    criteria: Cow<'a, str>,
    version_start_including: Option<Cow<'a, str>>,
    version_start_excluding: Option<Cow<'a, str>>,
    version_end_including: Option<Cow<'a, str>>,
    version_end_excluding: Option<Cow<'a, str>>,
}

/// What is stated of programs, and what is not.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    pub(crate) affected: Vec<Affected>,
    /// Matches of programs of which nothing is stated, because they are of no version, or never of an image of Linux.
    pub(crate) left_out: u64,
}

/// Whether what has to be there besides is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Always,
    Never,
    Unknown,
}

/// Whether something has to be there, or must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    There,
    NotThere,
}

/// Of what one has to be there besides a match, or must not be.
struct Required<'m> {
    sense: Sense,
    names: Vec<&'m str>,
}

impl Configuration<'_> {
    /// Whether any match requires another.
    fn requires(&self) -> bool {
        is_and(&self.operator) || self.nodes.iter().any(|node| is_and(&node.operator))
    }
}

fn is_and(operator: &Option<Cow<'_, str>>) -> bool {
    operator.as_deref().is_some_and(|operator| operator.eq_ignore_ascii_case("AND"))
}

impl Node<'_> {
    fn sense(&self) -> Sense {
        if self.negate { Sense::NotThere } else { Sense::There }
    }
}

/// Reads `configurations`.
///
/// # Errors
///
/// [`Error::Malformed`] where they are none, where a match of a program has a version that is none, or where there are too
/// many: then nothing is stated of the CVE, since the rest would say that others are not affected.
pub(crate) fn read(json: &RawValue) -> Result<Stated, Error> {
    let configurations: Vec<Configuration<'_>> =
        serde_json::from_str(json.get()).map_err(Error::malformed)?;
    let mut stated = Stated::default();
    let mut excluded = Vec::new();
    let mut matches = 0;
    let mut looked_at = 0_usize;
    for configuration in &configurations {
        // What may be required of each match.
        let names: usize = match configuration.requires() {
            true => configuration.nodes.iter().map(|node| node.cpe_match.len()).sum(),
            false => 0,
        };
        for (at, node) in configuration.nodes.iter().enumerate() {
            for (place, one) in node.cpe_match.iter().enumerate().filter(|(_, one)| one.vulnerable) {
                let Some((program, cpe)) = program_of(&one.criteria)? else { continue };
                matches += 1;
                if matches > MAX_MATCHES {
                    return Err(Error::unsupported(format!(
                        "it has more than {MAX_MATCHES} matches of programs"
                    )));
                }
                looked_at = looked_at.saturating_add(names);
                if looked_at > MAX_REQUIRED {
                    return Err(Error::unsupported(format!(
                        "its matches require more than {MAX_REQUIRED} others"
                    )));
                }
                let sense = if configuration.negate { Sense::NotThere } else { node.sense() };
                let (given, note) = judge(&cpe, sense, &required(configuration, at, place));
                let status = match given {
                    _ if cpe.version == "-" || !SOURCE_EDITIONS.contains(&cpe.edition.as_str()) => None,
                    Given::Never => None,
                    Given::Always => Some(Status::Affected),
                    Given::Unknown => Some(Status::UnderInvestigation),
                };
                let Some(status) = status else {
                    stated.left_out += 1;
                    continue;
                };
                if let Some(start) = state(&mut stated.affected, program, &cpe, one, status, note)? {
                    excluded.push((program.name(), start));
                }
            }
        }
    }
    exclude(&mut stated.affected, excluded);
    Ok(stated)
}

/// The program that a name is of; none where it is of none.
fn program_of(criteria: &str) -> Result<Option<(&'static Program, Cpe)>, Error> {
    let cpe = Cpe::parse(criteria)
        .ok_or_else(|| Error::malformed(format!("`{criteria:.100}` is no CPE name of version 2.3")))?;
    let program = Program::of_product(&cpe.vendor, &cpe.product).filter(|_| cpe.part == "a");
    Ok(program.map(|program| (program, cpe)))
}

/// What has to be there besides the match at `place` of the node at `at`.
fn required<'m>(configuration: &'m Configuration<'_>, at: usize, place: usize) -> Vec<Required<'m>> {
    let mut required = Vec::new();
    for (index, node) in configuration.nodes.iter().enumerate() {
        let sense = node.sense();
        let names = node.cpe_match.iter().map(|one| &*one.criteria);
        if index == at {
            if is_and(&node.operator) {
                let besides = names.enumerate().filter(|(index, _)| *index != place);
                required.extend(besides.map(|(_, name)| Required { sense, names: vec![name] }));
            }
        } else if is_and(&configuration.operator) {
            match is_and(&node.operator) {
                true => required.extend(names.map(|name| Required { sense, names: vec![name] })),
                false => required.push(Required { sense, names: names.collect() }),
            }
        }
    }
    required
}

/// Whether what a match requires is given, and why that cannot be told.
fn judge(cpe: &Cpe, sense: Sense, required: &[Required<'_>]) -> (Given, Option<String>) {
    let mut given = Given::Always;
    let mut unknown: Vec<String> = Vec::new();
    if sense == Sense::NotThere {
        unknown.push("what is not there".to_owned());
    }
    match cpe.target_software.as_str() {
        target if LINUX.contains(&target) => {}
        target if NOT_LINUX.contains(&target) => given = Given::Never,
        target => unknown.push(target.to_owned()),
    }
    if !matches!(cpe.target_hardware.as_str(), "" | "*" | "-") {
        unknown.push(cpe.target_hardware.clone());
    }
    for Required { sense, names } in required {
        let judged = |name: &&str| if *sense == Sense::NotThere { Given::Unknown } else { is_there(name) };
        let all: Vec<Given> = names.iter().map(judged).collect();
        if all.contains(&Given::Always) {
            continue;
        }
        if !all.is_empty() && all.iter().all(|one| *one == Given::Never) {
            given = Given::Never;
        }
        let named = names
            .iter()
            .filter_map(|name| Cpe::parse(name))
            .map(|cpe| format!("{}:{}", cpe.vendor, cpe.product));
        for name in named {
            if !unknown.contains(&name) && unknown.len() <= MAX_NAMED {
                unknown.push(name);
            }
        }
        if names.is_empty() {
            unknown.push("what is not named".to_owned());
        }
    }
    if given == Given::Never || unknown.is_empty() {
        return (given, None);
    }
    let more = if unknown.len() > MAX_NAMED { " and others" } else { "" };
    unknown.truncate(MAX_NAMED);
    let note = format!("The NVD states this only together with {}{more}.", unknown.join(", "));
    (Given::Unknown, Some(note))
}

/// Whether an image of Linux has what this name is of.
fn is_there(name: &str) -> Given {
    match Cpe::parse(name) {
        Some(cpe) if cpe.part != "o" => Given::Unknown,
        Some(cpe)
            if cpe.vendor == "linux"
                && cpe.product == "linux_kernel"
                && matches!(&*cpe.version, "*" | "-") =>
        {
            Given::Always
        }
        Some(cpe)
            if NOT_LINUX.contains(&cpe.vendor.as_str()) || NOT_LINUX.contains(&cpe.product.as_str()) =>
        {
            Given::Never
        }
        _ => Given::Unknown,
    }
}

/// Adds a match to what is stated of its program with that status and note, and gives the version after which it begins.
fn state(
    stated: &mut Vec<Affected>,
    program: &Program,
    cpe: &Cpe,
    one: &Match<'_>,
    status: Status,
    note: Option<String>,
) -> Result<Option<String>, Error> {
    let name = program.name();
    let place = stated.iter().position(|it| it.name == name && it.status == status && it.note == note);
    let place = place.unwrap_or_else(|| {
        stated.push(Affected { status, note, ..named(name) });
        stated.len() - 1
    });
    let Some(affected) = stated.get_mut(place) else { return Ok(None) };
    let version = |text: &Option<Cow<'_, str>>| {
        text.as_deref().map(|text| checked(program.version_of_cpe(text, None))).transpose()
    };
    if cpe.version != "*" {
        let update = Some(cpe.update.as_str()).filter(|update| !matches!(*update, "" | "*" | "-"));
        let single = checked(program.version_of_cpe(&cpe.version, update))?;
        if !affected.versions.contains(&single) {
            affected.versions.push(single);
        }
        return Ok(None);
    }
    let after = version(&one.version_start_excluding)?;
    let introduced = version(&one.version_start_including)?.or_else(|| after.clone());
    let until = match (version(&one.version_end_excluding)?, version(&one.version_end_including)?) {
        (Some(end), _) => Some(Bound::Excluding(end)),
        (None, end) => end.map(Bound::Including),
    };
    let range = Range { introduced, until };
    if !affected.ranges.contains(&range) {
        affected.ranges.push(range);
    }
    Ok(after)
}

fn named(name: String) -> Affected {
    Affected { namespace: NAMESPACE.to_owned(), name, scheme: SCHEME.to_owned(), ..Affected::default() }
}

fn checked(version: String) -> Result<String, Error> {
    let is_version = (1..=MAX_VERSION).contains(&version.len())
        && version.bytes().all(|byte| byte.is_ascii_graphic())
        && version.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if !is_version {
        return Err(Error::malformed(format!("`{version:.100}` is no version")));
    }
    Ok(version)
}

/// States that the versions after which matches begin are not affected, where no other match may be of them: that one of
/// several is not is said whatever others say.
fn exclude(stated: &mut Vec<Affected>, excluded: Vec<(String, String)>) {
    let mut statements: Vec<Affected> = Vec::new();
    for (name, version) in excluded.into_iter().take(MAX_EXCLUDED) {
        if stated.iter().filter(|it| it.name == name).any(|it| may_be_of(it, &version)) {
            continue;
        }
        let place = statements.iter().position(|it| it.name == name).unwrap_or_else(|| {
            let note = Some("The NVD's range begins after this version.".to_owned());
            statements.push(Affected { status: Status::NotAffected, note, ..named(name) });
            statements.len() - 1
        });
        if let Some(statement) = statements.get_mut(place).filter(|it| !it.versions.contains(&version)) {
            statement.versions.push(version);
        }
    }
    stated.append(&mut statements);
}

/// Whether a version may be one of those stated, apart from being the one after which a range begins.
fn may_be_of(affected: &Affected, version: &str) -> bool {
    let is_at =
        |other: &str, orders: &[Ordering]| order(version, other).is_none_or(|order| orders.contains(&order));
    let in_range = |range: &Range| {
        let begins_there = range.introduced.as_deref() == Some(version);
        let begins_before = range
            .introduced
            .as_deref()
            .is_none_or(|first| is_at(first, &[Ordering::Greater, Ordering::Equal]));
        let ends_behind = match &range.until {
            None => true,
            Some(Bound::Including(end)) => is_at(end, &[Ordering::Less, Ordering::Equal]),
            Some(Bound::Excluding(end) | Bound::Limit(end)) => is_at(end, &[Ordering::Less]),
        };
        !begins_there && begins_before && ends_behind
    };
    affected.versions.iter().any(|single| is_at(single, &[Ordering::Equal]))
        || affected.ranges.iter().any(in_range)
}

/// How two versions compare by the numbers with which they begin; none where these are equal and one of them goes on with
/// anything else.
fn order(left: &str, right: &str) -> Option<Ordering> {
    let (left, left_rest) = numbers(left)?;
    let (right, right_rest) = numbers(right)?;
    match left.cmp(&right) {
        Ordering::Equal if !left_rest.is_empty() || !right_rest.is_empty() => None,
        order => Some(order),
    }
}

/// The numbers with which a version begins, without zeros at the end, and the rest of it.
fn numbers(version: &str) -> Option<(Vec<u64>, &str)> {
    let end = version.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(version.len());
    let (text, rest) = version.split_at_checked(end)?;
    let text = text.trim_end_matches('.');
    let mut numbers = text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    let length = numbers.iter().rposition(|number| *number != 0).map_or(0, |last| last + 1);
    numbers.truncate(length);
    Some((numbers, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_and_zeros_at_the_end_do_not_count() {
        assert_eq!(order("1.10", "1.9"), Some(Ordering::Greater));
        assert_eq!(order("1.0.0", "1"), Some(Ordering::Equal));
        assert_eq!(order("1.0.2k", "1.0.2"), None);
        assert_eq!(order("1.7.0-rc1", "1.1.4"), Some(Ordering::Greater));
        assert_eq!(order("rc1", "1.1.4"), None);
    }
}
