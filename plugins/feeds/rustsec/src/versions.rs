//! Which versions are vulnerable, where it is said which ones are not: those between the requirements.

use std::cmp::Ordering;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Bound, Range};
use semver::{BuildMetadata, Comparator, Op, Prerelease, Version, VersionReq};

/// Requirements of one document, or of one function.
const MAX_REQUIREMENTS: usize = 1000;

/// Bytes of one requirement.
const MAX_REQUIREMENT: usize = 1000;

/// The versions that are vulnerable.
#[derive(Clone, Debug)]
pub(crate) struct Versions {
    /// In ascending order, with others between them.
    pub(crate) vulnerable: Vec<Interval>,
    patched: Vec<Interval>,
}

/// Versions from one on and before another; from the first, or without an end, where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    low: Option<Cut>,
    high: Option<Cut>,
}

/// A place between two versions.
#[derive(Clone, Debug)]
struct Cut {
    /// The version behind it.
    next: Version,
    /// The version before it, where that is what was named.
    last: Option<Version>,
}

impl Versions {
    /// The versions that meet none of these requirements.
    ///
    /// # Errors
    ///
    /// Where a requirement is none.
    pub(crate) fn of(patched: &[String], unaffected: &[String]) -> Result<Self, Error> {
        let (patched, mut others) = (intervals(patched)?, intervals(unaffected)?);
        others.extend(patched.iter().cloned());
        let mut vulnerable = Vec::new();
        // Behind all intervals that were passed.
        let mut start = None;
        for Interval { low, high } in union(others) {
            if low > start {
                vulnerable.push(Interval { low: start, high: low });
            }
            match high {
                Some(high) => start = Some(high),
                None => return Ok(Self { vulnerable, patched }),
            }
        }
        vulnerable.push(Interval { low: start, high: None });
        Ok(Self { vulnerable, patched })
    }

    /// One of those that are vulnerable as a range: where it ends with a version that is patched, that is the fix.
    pub(crate) fn range(&self, interval: &Interval) -> Range {
        let until = interval.high.as_ref().map(|cut| match &cut.last {
            Some(last) => Bound::Including(last.to_string()),
            None if self.patched.iter().any(|one| one.holds(cut)) => Bound::Excluding(cut.next.to_string()),
            None => Bound::Limit(cut.next.to_string()),
        });
        Range { introduced: interval.low.as_ref().map(|cut| cut.next.to_string()), until }
    }
}

/// The versions that each requirement asks for; none of one that asks for nothing.
///
/// # Errors
///
/// Where a requirement is none, or there are too many.
pub(crate) fn intervals(requirements: &[String]) -> Result<Vec<Interval>, Error> {
    if requirements.len() > MAX_REQUIREMENTS {
        return Err(Error::malformed(format_args!("it has more than {MAX_REQUIREMENTS} requirements")));
    }
    let all = requirements.iter().map(|text| Interval::of(text));
    Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The same versions in ascending intervals, with others between them.
pub(crate) fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_by(|a, b| a.low.cmp(&b.low));
    let mut union: Vec<Interval> = Vec::new();
    for interval in intervals {
        match union.last_mut() {
            Some(last) if last.high.is_none() => {}
            Some(last) if interval.low <= last.high => {
                if interval.high.is_none() || interval.high > last.high {
                    last.high = interval.high;
                }
            }
            _ => union.push(interval),
        }
    }
    union
}

impl Interval {
    /// What all parts of a requirement ask for: `>= 1.2, < 1.4`. None where no version is all of that.
    fn of(text: &str) -> Result<Option<Self>, Error> {
        let is_short = text.len() <= MAX_REQUIREMENT;
        let requirement = is_short.then(|| VersionReq::parse(text));
        let Some(Ok(requirement)) = requirement else {
            return Err(Error::malformed(format_args!("`{text:.200}` is no requirement of a version")));
        };
        let mut all = Self { low: None, high: None };
        for comparator in &requirement.comparators {
            let one = Self::of_comparator(comparator).ok_or_else(|| {
                Error::unsupported(format_args!("`{comparator}` in the requirement `{text:.200}`"))
            })?;
            all.low = all.low.max(one.low);
            if one.high.is_some() && (all.high.is_none() || one.high < all.high) {
                all.high = one.high;
            }
        }
        let is_empty = all.high.is_some() && all.low >= all.high;
        Ok((!is_empty).then_some(all))
    }

    /// What one part asks for; none where that cannot be said.
    fn of_comparator(comparator: &Comparator) -> Option<Self> {
        let named = Version {
            major: comparator.major,
            minor: comparator.minor.unwrap_or(0),
            patch: comparator.patch.unwrap_or(0),
            pre: comparator.pre.clone(),
            build: BuildMetadata::EMPTY,
        };
        let is_whole = comparator.patch.is_some();
        // Before the next version that differs in the last number that is named.
        let beyond = || match comparator.minor {
            Some(minor) => Cut::before_all_of(comparator.major, minor.checked_add(1)?, 0),
            None => Cut::before_all_of(comparator.major.checked_add(1)?, 0, 0),
        };
        let behind = || if is_whole { Cut::behind(&named) } else { beyond() };
        // A wildcard stands for the numbers that are not named.
        let (low, high) = match comparator.op {
            Op::Exact | Op::Wildcard => (Some(Cut::before(&named)), Some(behind()?)),
            Op::Greater if is_whole => (Some(behind()?), None),
            // `> 1.2` is from 1.3.0 on.
            Op::Greater => (Some(Cut::before(&Version { pre: Prerelease::EMPTY, ..beyond()?.next })), None),
            Op::GreaterEq => (Some(Cut::before(&named)), None),
            Op::Less => (None, Some(Cut::before(&named))),
            Op::LessEq => (None, Some(behind()?)),
            Op::Tilde => (Some(Cut::before(&named)), Some(beyond()?)),
            Op::Caret => (Some(Cut::before(&named)), Some(Cut::beyond_compatible(comparator)?)),
            _ => return None,
        };
        // There is nothing before the first version.
        let low = low.filter(|cut| cut.next != Version::new(0, 0, 0));
        Some(Self { low, high })
    }

    /// The same, from the first pre-release of the version on with which it begins.
    pub(crate) fn with_pre_releases(self) -> Self {
        let before_all = |cut: Cut| match cut.next.pre.is_empty() {
            true => Cut::before_all_of(cut.next.major, cut.next.minor, cut.next.patch),
            false => Some(cut),
        };
        Self { low: self.low.and_then(before_all), ..self }
    }

    /// Whether what is right behind a cut is in it.
    fn holds(&self, cut: &Cut) -> bool {
        self.low.as_ref().is_none_or(|low| low <= cut) && self.high.as_ref().is_none_or(|high| cut < high)
    }

    /// Whether both have a version in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let is_before = |high: &Option<Cut>, low: &Option<Cut>| high.is_some() && high <= low;
        !is_before(&self.high, &other.low) && !is_before(&other.high, &self.low)
    }

    /// Whether all of the other is in it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.low <= other.low && (self.high.is_none() || other.high.is_some() && other.high <= self.high)
    }
}

impl Cut {
    fn before(version: &Version) -> Self {
        Self { next: version.clone(), last: None }
    }

    /// Before the first pre-release of a version.
    fn before_all_of(major: u64, minor: u64, patch: u64) -> Option<Self> {
        let next = Version { pre: Prerelease::new("0").ok()?, ..Version::new(major, minor, patch) };
        Some(Self { next, last: None })
    }

    /// Behind a version: before what is next to it in order.
    fn behind(version: &Version) -> Option<Self> {
        let mut next = version.clone();
        if next.pre.is_empty() {
            next.patch = next.patch.checked_add(1)?;
            next.pre = Prerelease::new("0").ok()?;
        } else {
            next.pre = Prerelease::new(&format!("{}.0", next.pre)).ok()?;
        }
        Some(Self { next, last: Some(version.clone()) })
    }

    /// Before the next version that Cargo does not call compatible.
    fn beyond_compatible(comparator: &Comparator) -> Option<Self> {
        match (comparator.major, comparator.minor, comparator.patch) {
            (0, Some(0), Some(patch)) => Self::before_all_of(0, 0, patch.checked_add(1)?),
            (0, Some(minor), _) => Self::before_all_of(0, minor.checked_add(1)?, 0),
            (major, _, _) => Self::before_all_of(major.checked_add(1)?, 0, 0),
        }
    }
}

impl Ord for Cut {
    fn cmp(&self, other: &Self) -> Ordering {
        self.next.cmp(&other.next)
    }
}

impl PartialOrd for Cut {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cut {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Cut {}

#[cfg(test)]
pub(crate) mod tests;
