//! Which versions of a package a GLSA speaks of.
//!
//! Portage takes a package for vulnerable where any `vulnerable` range matches and no `unaffected` one does. So each
//! `vulnerable` range is stated as affected, and each `unaffected` range as not affected, unless it says no more than
//! where a vulnerable one ends. What is not affected counts before what is affected. A range that names a slot is one of
//! packages in that slot.

use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Bound, Range, Status};

/// Ranges of one package.
const MAX_RANGES: usize = 1000;

/// The longest name of a slot, in bytes.
const MAX_SLOT: usize = 256;

/// What is stated of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    Vulnerable,
    Unaffected,
}

/// Versions, as ranges or one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Set {
    Range(Range),
    One(String),
}

/// All that is stated of a package.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    /// By the slot of which it is stated, which is empty where it is of all.
    slots: BTreeMap<String, Sets>,
    count: usize,
}

/// What is stated of a slot.
#[derive(Debug, Default)]
struct Sets {
    vulnerable: Vec<Set>,
    unaffected: Vec<Set>,
}

/// What is stated of versions in one slot, or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Empty where it is stated of all.
    pub(crate) slot: String,
    pub(crate) status: Status,
    pub(crate) ranges: Vec<Range>,
    pub(crate) versions: Vec<String>,
}

impl Versions {
    /// Adds a range as it is written: `lt`, `1.33`.
    pub(crate) fn add(
        &mut self,
        stated: Stated,
        range: &str,
        slot: &str,
        version: &str,
    ) -> Result<(), Error> {
        let version = version.trim();
        if !is_version(version) {
            let shown = version.get(..version.floor_char_boundary(80)).unwrap_or(version);
            return Err(Error::malformed(format_args!("`{shown}` is no version")));
        }
        let slot = match slot.trim() {
            "*" => "",
            slot => slot,
        };
        if slot.len() > MAX_SLOT || !slot.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::malformed("a slot has spaces, or is too long"));
        }
        self.count += 1;
        if self.count > MAX_RANGES {
            return Err(Error::malformed("a package has too many ranges"));
        }
        let set = set(range, version)?;
        let of_slot = self.slots.entry(slot.to_owned()).or_default();
        match stated {
            Stated::Vulnerable => of_slot.vulnerable.push(set),
            Stated::Unaffected => of_slot.unaffected.push(set),
        }
        Ok(())
    }

    /// What is stated: affected, and not affected, of all slots first.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        for (slot, sets) in &self.slots {
            let ends = |first: &str| {
                sets.vulnerable.iter().any(|set| {
                    matches!(set, Set::Range(Range { until: Some(Bound::Excluding(fix)), .. }) if fix == first)
                })
            };
            let needed = sets.unaffected.iter().filter(|set| match set {
                // It begins where a vulnerable range ends.
                Set::Range(Range { introduced: Some(first), until: None }) => !ends(first),
                _ => true,
            });
            statements.extend(statement(slot, Status::Affected, sets.vulnerable.iter()));
            statements.extend(statement(slot, Status::NotAffected, needed));
        }
        statements
    }
}

fn statement<'a>(slot: &str, status: Status, sets: impl Iterator<Item = &'a Set>) -> Option<Statement> {
    let (mut ranges, mut versions) = (Vec::new(), Vec::new());
    for set in sets {
        match set {
            Set::Range(range) => ranges.push(range.clone()),
            Set::One(version) => versions.push(version.clone()),
        }
    }
    let says_something = !ranges.is_empty() || !versions.is_empty();
    says_something.then(|| Statement { slot: slot.to_owned(), status, ranges, versions })
}

/// Those before the next version, of which no revision is one of this: `1.33_p` follows all revisions of `1.33`, as
/// versions of Portage are ordered.
fn behind_revisions(version: &str) -> String {
    format!("{}_p", base(version))
}

/// A version without its revision.
fn base(version: &str) -> &str {
    version.rsplit_once("-r").map_or(version, |(base, _)| base)
}

fn set(range: &str, version: &str) -> Result<Set, Error> {
    let version = || version.to_owned();
    let revisions = Range { introduced: None, until: Some(Bound::Limit(behind_revisions(&version()))) };
    let first_revision = base(&version()).to_owned();
    Ok(Set::Range(match range {
        "lt" => Range::before(version()),
        "le" => Range::through(version()),
        "ge" => Range::since(version()),
        // Of versions there is always a greater revision.
        "gt" => Range::since(next_revision(&version())),
        "eq" => return Ok(glob(&version())),
        "rlt" => Range::before(version()).from(first_revision),
        "rle" => Range::through(version()).from(first_revision),
        "rge" => revisions.from(version()),
        "rgt" => revisions.from(next_revision(&version())),
        other => {
            let shown = other.get(..other.floor_char_boundary(20)).unwrap_or(other);
            return Err(Error::malformed(format_args!("range `{shown}` is not known")));
        }
    }))
}

/// `1.2*` is all that begins with it, which is all from `1.2` on and below what no suffix of it reaches.
fn glob(version: &str) -> Set {
    match version.strip_suffix('*').map(|prefix| prefix.trim_end_matches('.')) {
        None => Set::One(version.to_owned()),
        Some("") => Set::Range(Range::all()),
        Some(prefix) => match next_number(prefix) {
            Some(next) => Set::Range(Range::below(next).from(prefix)),
            None => Set::Range(Range::since(prefix)),
        },
    }
}

/// `1.3` for `1.2`.
fn next_number(version: &str) -> Option<String> {
    let (before, last) = version.rsplit_once('.').map_or(("", version), |(before, last)| (before, last));
    let next = last.parse::<u64>().ok()?.checked_add(1)?;
    Some(if before.is_empty() { next.to_string() } else { format!("{before}.{next}") })
}

/// `1.33-r2` for `1.33-r1`.
fn next_revision(version: &str) -> String {
    let revision =
        version.rsplit_once("-r").and_then(|(_, revision)| revision.parse::<u64>().ok()).unwrap_or(0);
    format!("{}-r{}", base(version), revision.saturating_add(1))
}

fn is_version(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.starts_with(|first: char| first.is_ascii_digit() || first == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_in_words() {
        let check = |range: &str, version: &str, expected: Range| {
            assert_eq!(set(range, version), Ok(Set::Range(expected)), "{range} {version}");
        };
        check("lt", "1.33", Range::before("1.33"));
        check("le", "1.33", Range::through("1.33"));
        check("ge", "1.33", Range::since("1.33"));
        check("gt", "1.33-r1", Range::since("1.33-r2"));
        check("gt", "1.33", Range::since("1.33-r1"));
        check("rlt", "1.33-r2", Range::before("1.33-r2").from("1.33"));
        check("rle", "1.33-r2", Range::through("1.33-r2").from("1.33"));
        check("rge", "1.33-r2", Range::below("1.33_p").from("1.33-r2"));
        check("rgt", "1.33-r2", Range::below("1.33_p").from("1.33-r3"));
        check("eq", "1.2.*", Range::below("1.3").from("1.2"));
        check("eq", "*", Range::all());
        assert_eq!(set("eq", "1.2"), Ok(Set::One("1.2".to_owned())));
        assert!(set("about", "1.2").is_err());
    }

    /// What is stated, each slot, status and range in words.
    fn stated(ranges: &[(Stated, &str, &str, &str)]) -> Vec<String> {
        let mut versions = Versions::default();
        for (stated, range, slot, version) in ranges {
            versions.add(*stated, range, slot, version).unwrap();
        }
        let words = |Statement { slot, status, ranges, versions }| {
            format!("{slot} {status:?} {ranges:?} {versions:?}")
        };
        versions.statements().into_iter().map(words).collect()
    }

    fn word(slot: &str, status: Status, range: &Range) -> String {
        format!("{slot} {status:?} {:?} []", [range])
    }

    #[test]
    fn what_is_unaffected_is_stated_where_it_says_more_than_where_a_range_ends() {
        use Stated::{Unaffected, Vulnerable};
        let affected = word("", Status::Affected, &Range::before("2"));
        let check = |ranges: &[(Stated, &str, &str, &str)], expected: &[String]| {
            assert_eq!(stated(ranges), expected, "{ranges:?}");
        };
        check(&[(Unaffected, "ge", "", "2"), (Vulnerable, "lt", "*", "2")], std::slice::from_ref(&affected));
        check(&[(Vulnerable, "lt", "", "2")], std::slice::from_ref(&affected));
        let branch = word("", Status::NotAffected, &Range::below("1.5_p").from("1.5-r3"));
        check(
            &[(Unaffected, "rge", "", "1.5-r3"), (Unaffected, "ge", "", "2"), (Vulnerable, "lt", "", "2")],
            &[affected, branch],
        );
        check(&[(Vulnerable, "eq", "", "1.2")], &[" Affected [] [\"1.2\"]".to_owned()]);
        check(&[], &[]);
    }

    #[test]
    fn slots_are_told_apart() {
        use Stated::{Unaffected, Vulnerable};
        let ranges = [
            (Unaffected, "ge", "8.2", "8.2.1"),
            (Vulnerable, "lt", "8.2", "8.2.1"),
            (Unaffected, "ge", "7.4", "7.4.9"),
            (Vulnerable, "lt", "7.4", "7.4.9"),
            (Unaffected, "ge", "9", "9"),
            (Vulnerable, "lt", "*", "5"),
        ];
        assert_eq!(
            stated(&ranges),
            [
                word("", Status::Affected, &Range::before("5")),
                word("7.4", Status::Affected, &Range::before("7.4.9")),
                word("8.2", Status::Affected, &Range::before("8.2.1")),
                word("9", Status::NotAffected, &Range::since("9")),
            ]
        );
        for slot in ["a b", &"x".repeat(MAX_SLOT + 1)] {
            assert!(Versions::default().add(Vulnerable, "lt", slot, "1").is_err(), "{slot}");
        }
    }

    #[test]
    fn ranges_are_bounded_over_all_slots() {
        let mut versions = Versions::default();
        for number in 0..MAX_RANGES {
            versions.add(Stated::Vulnerable, "lt", &number.to_string(), "1").unwrap();
        }
        let error = versions.add(Stated::Unaffected, "ge", "last", "1").unwrap_err();
        assert_eq!(error.to_string(), "malformed: a package has too many ranges");
    }
}
