//! Events become ranges by the schema's [evaluation](https://ossf.github.io/osv-schema/#evaluation): in
//! the order of versions, `introduced` begins a range unless one has begun, and what ends a range
//! ends that which has begun, if any.

use std::cmp::Ordering;

use limpid_plugin_sdk::feed::{Bound, Range};

use crate::order::certainly;
use crate::record::{self, Event};

/// Events of one range that are put in order. Beyond that they are believed to be in order: sorting
/// what cannot always be compared takes time that grows with the square.
const MAX_SORTED: usize = 512;

/// The version that stands for the beginning of all.
const FIRST: &str = "0";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Introduced,
    /// Of `fixed` and `limit`, which both are no longer in the range.
    Excluding,
    LastAffected,
}

/// The ranges between the events of one range of a record.
///
/// # Errors
///
/// Where none of the events introduces anything.
pub(crate) fn between(range: &record::Range<'_>) -> Result<Vec<Range>, &'static str> {
    let mut events: Vec<(Kind, &str)> = range.events.iter().flat_map(kinds).collect();
    if !events.iter().any(|(kind, _)| *kind == Kind::Introduced) {
        return Err("a range has no event `introduced`");
    }
    sort(&mut events);
    let mut ranges = Vec::new();
    let mut begun: Option<Option<&str>> = None;
    for (kind, version) in events {
        match kind {
            Kind::Introduced => {
                begun.get_or_insert((version != FIRST).then_some(version));
            }
            Kind::Excluding => ranges.extend(begun.take().and_then(|first| before(first, version))),
            Kind::LastAffected => {
                ranges.extend(begun.take().map(|first| range_from(first, Bound::Including(version.into()))));
            }
        }
    }
    ranges.extend(begun.map(|first| Range { introduced: first.map(Into::into), until: None }));
    Ok(ranges)
}

fn kinds<'a>(event: &'a Event<'_>) -> impl Iterator<Item = (Kind, &'a str)> {
    let limit = event.limit.as_ref().filter(|limit| limit.as_str() != "*");
    [
        (Kind::Introduced, &event.introduced),
        (Kind::Excluding, &event.fixed),
        (Kind::LastAffected, &event.last_affected),
    ]
    .into_iter()
    .filter_map(|(kind, version)| Some((kind, version.as_ref()?)))
    .chain(limit.map(|limit| (Kind::Excluding, limit)))
    .map(|(kind, version)| (kind, version.as_str()))
}

/// A range that ends where it begins is none: what Alpine never had was fixed in version 0.
fn before(first: Option<&str>, end: &str) -> Option<Range> {
    (first.unwrap_or(FIRST) != end).then(|| range_from(first, Bound::Excluding(end.into())))
}

fn range_from(first: Option<&str>, until: Bound) -> Range {
    Range { introduced: first.map(Into::into), until: Some(until) }
}

/// Sorts by version as far as versions compare for certain, and otherwise leaves the order that the
/// record has: an insertion sort, because a comparison that is undecided at times would mislead any
/// other.
fn sort(events: &mut [(Kind, &str)]) {
    let precedes = |left: &str, right: &str| match (left == FIRST, right == FIRST) {
        (first, other) if first || other => first && !other,
        _ => certainly(left, right) == Some(Ordering::Less),
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

/// Whether a version is in a range for certain.
pub(crate) fn surely_holds(range: &Range, version: &str) -> bool {
    let begins = range
        .introduced
        .as_ref()
        .is_none_or(|first| matches!(certainly(version, first), Some(Ordering::Greater | Ordering::Equal)));
    begins
        && match &range.until {
            None => true,
            Some(Bound::Excluding(end)) => certainly(version, end) == Some(Ordering::Less),
            Some(Bound::Including(last)) => {
                matches!(certainly(version, last), Some(Ordering::Less | Ordering::Equal))
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(events: &str) -> Result<Vec<Range>, &'static str> {
        let json = format!(r#"{{"type": "ECOSYSTEM", "events": {events}}}"#);
        between(&serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn events_become_ranges() {
        let check = |events: &str, expected: &[Range]| {
            assert_eq!(ranges(events).as_deref(), Ok(expected), "{events}");
        };
        check(r#"[{"introduced": "0"}]"#, &[Range::all()]);
        check(r#"[{"introduced": "0"}, {"fixed": "1.2"}]"#, &[Range::before("1.2")]);
        check(r#"[{"introduced": "1.0"}, {"last_affected": "1.2"}]"#, &[Range::through("1.2").from("1.0")]);
        check(r#"[{"introduced": "1.0"}, {"limit": "2"}]"#, &[Range::before("2").from("1.0")]);
        check(r#"[{"introduced": "1.0"}, {"limit": "*"}]"#, &[Range::since("1.0")]);
        check(r#"[{"introduced": "0", "fixed": "1.2"}]"#, &[Range::before("1.2")]);
        check(
            r#"[{"introduced": "1"}, {"fixed": "1.2"}, {"introduced": "2"}]"#,
            &[Range::before("1.2").from("1"), Range::since("2")],
        );
    }

    #[test]
    fn events_may_come_in_any_order() {
        let expected = [Range::before("1.2"), Range::before("2.10").from("2.0")];
        for events in [
            r#"[{"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"fixed": "2.10"}]"#,
            r#"[{"introduced": "2.0"}, {"fixed": "2.10"}, {"introduced": "0"}, {"fixed": "1.2"}]"#,
            r#"[{"introduced": "0"}, {"introduced": "2.0"}, {"fixed": "1.2"}, {"fixed": "2.10"}]"#,
            r#"[{"fixed": "2.10"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"introduced": "0"}]"#,
        ] {
            assert_eq!(ranges(events).unwrap(), expected, "{events}");
        }
    }

    #[test]
    fn what_cannot_be_compared_stays_in_its_order() {
        let events = r#"[{"introduced": "b"}, {"fixed": "c"}, {"introduced": "a"}]"#;
        assert_eq!(ranges(events).unwrap(), [Range::before("c").from("b"), Range::since("a")]);
    }

    #[test]
    fn an_end_without_a_beginning_ends_nothing() {
        let check = |events: &str, expected: &[Range]| {
            assert_eq!(ranges(events).as_deref(), Ok(expected), "{events}");
        };
        check(
            r#"[{"introduced": "4.15"}, {"fixed": "4.14.305"}, {"fixed": "4.19.270"}]"#,
            &[Range::before("4.19.270").from("4.15")],
        );
        check(
            r#"[{"introduced": "6.2"}, {"fixed": "6.6"}, {"fixed": "6.12"}]"#,
            &[Range::before("6.6").from("6.2")],
        );
        check(r#"[{"introduced": "0"}, {"fixed": "0"}]"#, &[]);
        assert!(ranges(r#"[{"fixed": "1"}]"#).is_err());
        assert!(ranges("[]").is_err());
    }

    #[test]
    fn a_version_is_in_a_range_for_certain_or_is_not() {
        let check = |range: Range, version: &str, expected: bool| {
            assert_eq!(surely_holds(&range, version), expected, "`{version}` in {range:?}");
        };
        check(Range::all(), "anything", true);
        check(Range::before("2.0"), "1.0rc1", true);
        check(Range::before("2.0"), "2.0", false);
        check(Range::before("2.0"), "2.0rc1", false);
        check(Range::through("2.0"), "2.0", true);
        check(Range::before("2.0").from("1.0"), "1.0", true);
        check(Range::before("2.0").from("1.0"), "1.0rc1", false);
        check(Range::since("1.0"), "1.0.1", true);
    }
}
