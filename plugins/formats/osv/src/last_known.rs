//! `last_known_affected_version_range`: up to where GitHub knows that a package is affected, where no version
//! fixes it. The schema has no event for an end that excludes a version and is no fix, so that the
//! range of such a record has no end.

use std::cmp::Ordering;

use limpid_plugin_sdk::feed::{Bound, Range};

use crate::{order, text};

/// An end: `< 0.19.3`, `<= 1.2`, `= 1.2`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End(Bound);

impl End {
    /// The last of the bounds in `text` that is an upper one: `>= 1.0, < 1.5`. None where there is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.split(',').rev().find_map(|bound| {
            let bound = bound.trim();
            let is_version =
                |version: &&str| text::is_name(version) && !version.contains(char::is_whitespace);
            let version = |operator: &str| bound.strip_prefix(operator).map(str::trim).filter(is_version);
            let including = version("<=").or_else(|| version("==")).or_else(|| version("="));
            including
                .map(|last| Bound::Including(last.to_owned()))
                .or_else(|| version("<").map(|end| Bound::Limit(end.to_owned())))
                .map(Self)
        })
    }

    /// Ends the range that has no end, if there is one, and it does not begin behind this end.
    pub(crate) fn apply(&self, scheme: &str, ranges: &mut [Range]) -> bool {
        let Some(open) = ranges.iter_mut().find(|range| range.until.is_none()) else { return false };
        if open.introduced.as_deref().is_some_and(|first| self.is_passed(scheme, first)) {
            return false;
        }
        open.until = Some(self.0.clone());
        true
    }

    /// Whether a version lies behind it.
    pub(crate) fn is_passed(&self, scheme: &str, version: &str) -> bool {
        match &self.0 {
            Bound::Excluding(end) | Bound::Limit(end) => {
                matches!(order::compare(scheme, version, end), Some(Ordering::Greater | Ordering::Equal))
            }
            Bound::Including(last) => order::compare(scheme, version, last) == Some(Ordering::Greater),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_the_last_upper_bound() {
        let limit = |version: &str| Some(End(Bound::Limit(version.into())));
        let including = |version: &str| Some(End(Bound::Including(version.into())));
        let check = |text: &str, expected: Option<End>| assert_eq!(End::parse(text), expected, "`{text}`");
        check("< 0.19.3", limit("0.19.3"));
        check("<0.19.3", limit("0.19.3"));
        check("<= 1.2", including("1.2"));
        check("= 1.2.3", including("1.2.3"));
        check(">= 1.0, < 1.5", limit("1.5"));
        check("> 1.0", None);
        check(">= 1.0", None);
        check("< ", None);
        check("< 1.0 or so", None);
        check("", None);
    }

    #[test]
    fn an_end_ends_the_range_that_has_none() {
        let check = |text: &str, mut ranges: Vec<Range>, expected: &[Range]| {
            let before = ranges.clone();
            let applied = End::parse(text).unwrap().apply("semver", &mut ranges);
            assert_eq!((ranges.as_slice(), applied), (expected, expected != before), "{text}");
        };
        check("< 0.19.3", vec![Range::all()], &[Range::below("0.19.3")]);
        check("<= 1.2", vec![Range::since("1.0")], &[Range::through("1.2").from("1.0")]);
        check("<= 1.2", vec![Range::before("1.0")], &[Range::before("1.0")]);
        check("< 1.2", vec![Range::since("1.2.0")], &[Range::since("1.2.0")]);
        check(
            "< 3",
            vec![Range::before("1"), Range::since("2")],
            &[Range::before("1"), Range::below("3").from("2")],
        );
    }
}
