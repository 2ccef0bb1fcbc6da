//! Events become ranges by the schema's [evaluation](https://ossf.github.io/osv-schema/#evaluation): in
//! the order of versions, `introduced` begins a range unless one has begun, and what ends a range
//! ends that which has begun, if any. No range goes beyond the highest `limit`.

use std::cmp::Ordering;

use limpid_plugin_sdk::feed::{Bound, Range};

use crate::order;
use crate::record::{self, Event};

/// Events of one range that are put in order. Beyond that they are believed to be in order: sorting
/// what cannot always be compared takes time that grows with the square.
const MAX_SORTED: usize = 512;

/// The version that stands for the beginning of all.
const FIRST: &str = "0";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Introduced,
    Fixed,
    LastAffected,
}

/// The ranges between the events of one range of a record, whose versions have the order of `scheme`.
///
/// # Errors
///
/// Where none of the events introduces anything.
pub(crate) fn between(scheme: &str, range: &record::Range<'_>) -> Result<Vec<Range>, &'static str> {
    let mut events: Vec<(Kind, &str)> = range.events.iter().flat_map(kinds).collect();
    if !events.iter().any(|(kind, _)| *kind == Kind::Introduced) {
        return Err("a range has no event `introduced`");
    }
    sort(scheme, &mut events);
    let mut ranges = Vec::new();
    let mut begun: Option<Option<&str>> = None;
    let mut at = 0;
    while let Some(&(_, version)) = events.get(at) {
        let same = events.iter().skip(at).take_while(|(_, other)| *other == version).count();
        let mut together: Vec<Kind> = events.iter().skip(at).take(same).map(|(kind, _)| *kind).collect();
        if begun.is_none() {
            // What ends where nothing has begun ends what begins in the same version.
            together.sort_by_key(|kind| *kind != Kind::Introduced);
        }
        for kind in together {
            match kind {
                Kind::Introduced => {
                    begun.get_or_insert((version != FIRST).then_some(version));
                }
                Kind::Fixed => ranges.extend(begun.take().and_then(|first| before(first, version))),
                Kind::LastAffected => {
                    let through = |first| range_from(first, Some(Bound::Including(version.into())));
                    ranges.extend(begun.take().map(through));
                }
            }
        }
        at += same;
    }
    ranges.extend(begun.map(|first| range_from(first, None)));
    if let Some(limit) = limit(scheme, range) {
        ranges.retain_mut(|range| limited(scheme, range, limit));
    }
    Ok(ranges)
}

/// Whether a version is in a range of a scheme for certain.
pub(crate) fn surely_holds(scheme: &str, range: &Range, version: &str) -> bool {
    let certainly = |left: &str, right: &str| order::surely(scheme, left, right);
    let begins = range
        .introduced
        .as_ref()
        .is_none_or(|first| matches!(certainly(version, first), Some(Ordering::Greater | Ordering::Equal)));
    begins
        && match &range.until {
            None => true,
            Some(Bound::Excluding(end) | Bound::Limit(end)) => {
                certainly(version, end) == Some(Ordering::Less)
            }
            Some(Bound::Including(last)) => {
                matches!(certainly(version, last), Some(Ordering::Less | Ordering::Equal))
            }
        }
}

fn kinds<'a>(event: &'a Event<'_>) -> impl Iterator<Item = (Kind, &'a str)> {
    [
        (Kind::Introduced, &event.introduced),
        (Kind::Fixed, &event.fixed),
        (Kind::LastAffected, &event.last_affected),
    ]
    .into_iter()
    .filter_map(|(kind, version)| Some((kind, version.as_ref()?.as_str())))
}

/// A range that ends where it begins is none: what Alpine never had was fixed in version 0.
fn before(first: Option<&str>, end: &str) -> Option<Range> {
    (first.unwrap_or(FIRST) != end).then(|| range_from(first, Some(Bound::Excluding(end.into()))))
}

fn range_from(first: Option<&str>, until: Option<Bound>) -> Range {
    Range { introduced: first.map(Into::into), until }
}

/// The highest of the limits; none where there is none, where one is `*`, which stands above all, or
/// where it cannot be told which is the highest.
fn limit<'a>(scheme: &str, range: &'a record::Range<'_>) -> Option<&'a str> {
    let limits = range.events.iter().filter_map(|event| event.limit.as_ref());
    let limits: Vec<&str> = limits.map(|limit| limit.as_str()).collect();
    let (first, others) = limits.split_first().filter(|_| !limits.contains(&"*"))?;
    others.iter().try_fold(*first, |highest, limit| {
        let is_higher = order::compare(scheme, limit, highest)?.is_gt();
        Some(if is_higher { limit } else { highest })
    })
}

/// Ends a range at a limit, unless it ends before; and whether anything is left of it.
fn limited(scheme: &str, range: &mut Range, limit: &str) -> bool {
    let is_above = |version: &str| order::compare(scheme, version, limit) == Some(Ordering::Greater);
    let is_there_or_above =
        |version: &str| order::compare(scheme, version, limit).is_some_and(Ordering::is_ge);
    if range.introduced.as_deref().is_some_and(is_there_or_above) {
        return false;
    }
    let goes_beyond = match &range.until {
        None => true,
        Some(Bound::Excluding(end) | Bound::Limit(end)) => is_above(end),
        Some(Bound::Including(last)) => is_there_or_above(last),
    };
    if goes_beyond {
        range.until = Some(Bound::Limit(limit.to_owned()));
    }
    true
}

/// Sorts by version as far as versions compare, and otherwise leaves the order that the record has: an
/// insertion sort, because a comparison that is undecided at times would mislead any other.
fn sort(scheme: &str, events: &mut [(Kind, &str)]) {
    let precedes = |left: &str, right: &str| match (left == FIRST, right == FIRST) {
        (first, other) if first || other => first && !other,
        _ => order::compare(scheme, left, right) == Some(Ordering::Less),
    };
    let is_sorted = events.is_sorted_by(|(_, left), (_, right)| !precedes(right, left));
    if is_sorted || events.len() > MAX_SORTED {
        return;
    }
    for end in 1..events.len() {
        for at in (1..=end).rev() {
            match (events.get(at - 1), events.get(at)) {
                (Some((_, left)), Some((_, right))) if precedes(right, left) => events.swap(at - 1, at),
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests;
