/// What a publisher says of a vulnerability.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advisory {
    /// The publisher's identifier: `CVE-2024-1234`, `DSA-5678-1`.
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
    /// Whom it affects.
    pub affected: Vec<Affected>,
}

impl Advisory {
    /// An advisory that says nothing yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

/// What an advisory says of one package of one namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Affected {
    /// Where it is published: `debian:bookworm`, `alpine:3.20`, `pypi`.
    pub namespace: String,
    /// Name of a package; of a source package where `source`.
    pub name: String,
    /// Whether `name` and the versions are those of a source package.
    pub source: bool,
    /// The scheme that orders the versions: `dpkg`, `rpm`, `semver`.
    pub scheme: String,
    /// What is stated of the versions in the ranges.
    pub status: Status,
    /// Which versions, as ranges.
    pub ranges: Vec<Range>,
    /// Which versions, one by one.
    pub versions: Vec<String>,
    /// Functions and methods through which it is vulnerable; where none of them is linked in, it is not reached.
    pub symbols: Vec<String>,
    /// A qualifier or property, and the values of which one must be there.
    pub requires: Vec<(String, Vec<String>)>,
    /// Where the publisher rates this package for itself.
    pub ratings: Vec<Rating>,
    /// The publisher's reason for the status.
    pub note: Option<String>,
}

/// From `introduced` (none: from the first version) up to `until` (none: no end is known).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first version in it.
    pub introduced: Option<String>,
    /// Where it ends.
    pub until: Option<Bound>,
}

impl Range {
    /// Every version.
    pub const fn all() -> Self {
        Self { introduced: None, until: None }
    }

    /// Every version before this one, which holds the fix.
    pub fn before(fix: impl Into<String>) -> Self {
        Self { introduced: None, until: Some(Bound::Excluding(fix.into())) }
    }

    /// Every version up to this one, which is the last in the range.
    pub fn through(last: impl Into<String>) -> Self {
        Self { introduced: None, until: Some(Bound::Including(last.into())) }
    }

    /// Every version before this one, of which it is not stated whether it holds the fix.
    pub fn below(limit: impl Into<String>) -> Self {
        Self { introduced: None, until: Some(Bound::Limit(limit.into())) }
    }

    /// Every version from this one on.
    pub fn since(first: impl Into<String>) -> Self {
        Self { introduced: Some(first.into()), until: None }
    }

    /// The same range, but from this version on: `Range::before("2").from("1")`.
    #[must_use]
    pub fn from(mut self, first: impl Into<String>) -> Self {
        self.introduced = Some(first.into());
        self
    }
}

/// The end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This version is no longer in it: it holds the fix.
    Excluding(String),
    /// This version is the last in it.
    Including(String),
    /// This version is no longer in it; whether it holds a fix is not stated.
    Limit(String),
}

/// What a publisher says of the versions in a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Vulnerable; where a range ends excluding a version, that version is the fix.
    #[default]
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

/// How bad someone says that a vulnerability is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rating {
    /// `CVSS:3.1`, `CVSS:4.0`, or a publisher's own words: `debian`, `ubuntu`.
    pub system: String,
    /// The vector, or the word.
    pub value: String,
    /// 0.0 to 10.0 where the system has scores.
    pub score: Option<f32>,
}

impl Rating {
    /// A rating in a publisher's own word.
    pub fn word(system: impl Into<String>, value: impl Into<String>) -> Self {
        Self { system: system.into(), value: value.into(), score: None }
    }
}

/// What is known of a vulnerability whoever is affected: NVD scores, EPSS, KEV.
///
/// Two things the host understands: the fact `exploited` says since when it is known to be
/// exploited, and a rating of system `EPSS` has as its score how likely that is, 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
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
