//! Kinds of differences between what Clair and Limpid report, and the reason of each.

use std::collections::BTreeSet;
use std::fmt;

use super::findings::Finding;
use super::images::Pushed;

/// Something that only one of them reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference<'a> {
    Clair(&'a Finding),
    Limpid(&'a Finding),
}

/// A kind of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {}

impl Kind {
    /// Why there is such a difference, and who is right.
    pub(super) const fn reason(self) -> &'static str {
        match self {}
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clair(finding) => write!(f, "of Clair only: {finding}"),
            Self::Limpid(finding) => write!(f, "of Limpid only: {finding}"),
        }
    }
}

/// What only one of them reports.
pub(super) fn of<'a>(clair: &'a BTreeSet<Finding>, limpid: &'a BTreeSet<Finding>) -> Vec<Difference<'a>> {
    let of_clair = clair.difference(limpid).map(Difference::Clair);
    of_clair.chain(limpid.difference(clair).map(Difference::Limpid)).collect()
}

/// Of which kind a difference is; none where nothing explains it.
pub(super) fn kind(
    _image: &Pushed,
    _difference: &Difference<'_>,
    _clair: &BTreeSet<Finding>,
    _limpid: &BTreeSet<Finding>,
) -> Option<Kind> {
    None
}
