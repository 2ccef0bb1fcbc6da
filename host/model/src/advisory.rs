use crate::Rating;

/// What one publisher says of one vulnerability.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advisory {
    /// The publisher's identifier.
    pub id: String,
    /// Other identifiers of the same vulnerability.
    pub aliases: Vec<String>,
    /// One line.
    pub title: String,
    /// As long as it takes.
    pub details: String,
    /// Ratings of the vulnerability, whoever is affected.
    pub ratings: Vec<Rating>,
    /// CWE identifiers.
    pub weaknesses: Vec<String>,
    /// Addresses of further reading.
    pub references: Vec<String>,
    /// RFC 3339.
    pub published: Option<String>,
    /// RFC 3339.
    pub modified: Option<String>,
    /// RFC 3339; some where the publisher took it back.
    pub withdrawn: Option<String>,
    /// Whom it concerns.
    pub affected: Vec<Affected>,
}

/// What an advisory says of one package of one namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Affected {
    /// Where it is published: `debian:bookworm`.
    pub namespace: String,
    /// Name of a package; of a source package where `source`.
    pub name: String,
    /// Whether `name` and the versions are those of a source package.
    pub source: bool,
    /// The scheme that orders the versions.
    pub scheme: String,
    /// What is said of the versions in the ranges.
    pub status: Status,
    /// Which versions, as ranges.
    pub ranges: Vec<Range>,
    /// Which versions, one by one.
    pub versions: Vec<String>,
    /// A qualifier or property, and the values of which one must be there.
    pub requires: Vec<(String, Vec<String>)>,
    /// Where the publisher rates this package for itself.
    pub ratings: Vec<Rating>,
    /// The publisher's reason for the status.
    pub note: Option<String>,
}

/// From `introduced` (none: from the first version) up to `until` (none: no end is known).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first version in it.
    pub introduced: Option<String>,
    /// Where it ends.
    pub until: Option<Bound>,
}

/// The end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This version is no longer in it.
    Excluding(String),
    /// This version is the last in it.
    Including(String),
}

/// What a publisher says of the versions in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Vulnerable; where a range ends excluding a version, that version is the fix.
    Affected,
    /// They hold the fix.
    Fixed,
    /// Not vulnerable, whatever others say.
    NotAffected,
    /// Not yet known.
    UnderInvestigation,
    /// Vulnerable, and will stay so.
    WontFix,
    /// Vulnerable; a fix may come later.
    FixDeferred,
    /// Vulnerable, and out of support.
    EndOfLife,
}

impl Status {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::NotAffected => "not-affected",
            Self::UnderInvestigation => "under-investigation",
            Self::WontFix => "wont-fix",
            Self::FixDeferred => "fix-deferred",
            Self::EndOfLife => "end-of-life",
        }
    }

    /// Whether a version with this status belongs into a report: it is vulnerable, or may be.
    pub const fn concerns(self) -> bool {
        !matches!(self, Self::Fixed | Self::NotAffected)
    }
}

/// What is known of a vulnerability whoever is affected: scores, exploitation.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrichment {
    /// The vulnerability: `CVE-2024-1234`.
    pub id: String,
    /// What kind of knowledge, in the feed's own word.
    pub kind: String,
    /// Ratings that it gives.
    pub ratings: Vec<Rating>,
    /// Named facts.
    pub facts: Vec<(String, String)>,
}
