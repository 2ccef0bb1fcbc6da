use crate::{Digest, KeyedVersion, Rating, Status};

/// What a publisher states of some versions of a package, ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Whether it speaks of the source package.
    pub of_source: bool,
    /// Name of the scheme that orders its versions.
    pub scheme: String,
    /// The component that computed the keys; none where no plugin orders that scheme.
    pub component: Option<Digest>,
    /// What is stated of these versions.
    pub status: Status,
    /// Ranges of versions of which it is stated.
    pub ranges: Vec<KeyedRange>,
    /// Single versions of which it is stated, too.
    pub versions: Vec<KeyedVersion>,
    /// Qualifiers of the package or properties of the image that must be there, each with the values of
    /// which one is wanted.
    pub requires: Vec<(String, Vec<String>)>,
    /// The publisher's ratings of this package.
    pub ratings: Vec<Rating>,
    /// The publisher's reason.
    pub note: Option<String>,
}

impl Statement {
    /// What it requires a package to have linked in, in [`requires`](Self::requires): one of the functions and
    /// methods through which it is vulnerable.
    pub const SYMBOLS: &'static str = "symbols";
}

/// A range of versions whose ends are keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRange {
    /// The first version in it; none: from the first on.
    pub introduced: Option<KeyedVersion>,
    /// Where it ends; none: no end is known.
    pub until: Option<KeyedVersion>,
    /// What `until` is to it.
    pub end: RangeEnd,
}

/// What the version at which a range ends is to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RangeEnd {
    /// The fixed version, which is no longer in it.
    #[default]
    Fix,
    /// The last version in it.
    Last,
    /// No longer in it; the publisher does not state whether it is fixed.
    Limit,
}
