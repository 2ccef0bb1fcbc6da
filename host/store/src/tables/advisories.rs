//! What publishers say, by feed, identifier and the source that stated it.

use limpid_model::report::AdvisorySummary;
use limpid_model::{Advisory, Affected, Bound, Range, Rating, Status, vulnerabilities};
use serde::{Deserialize, Serialize};

use super::values::{Passed, PassedText, StoredRating, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Advisories = 7 "advisories", group [feed, id, source];

    /// One statement: several sources of a feed may speak of one identifier.
    key {
        /// Name of the feed.
        feed: String,
        /// The publisher's identifier.
        id: String,
        /// Name of the source.
        source: String,
    }
}

/// An advisory as it is kept. Its identifier stands in the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    aliases: Vec<String>,
    title: String,
    details: String,
    ratings: Vec<StoredRating>,
    weaknesses: Vec<String>,
    references: Vec<String>,
    published: Option<String>,
    modified: Option<String>,
    withdrawn: Option<String>,
    affected: Vec<StoredAffected>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// What an advisory says of its vulnerability: all but what it says of packages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct General {
    aliases: Vec<String>,
    title: String,
    _details: PassedText,
    ratings: Vec<StoredRating>,
    _weaknesses: Passed<PassedText>,
    references: Vec<String>,
    published: Option<String>,
}

impl table::Glance for General {
    type Table = Advisories;
}

impl General {
    /// The same of an advisory that its publisher calls `id`.
    pub fn into_summary(self, id: &str) -> AdvisorySummary {
        let Self { aliases, title, ratings, references, published, .. } = self;
        AdvisorySummary {
            vulnerabilities: vulnerabilities(id, &aliases).len(),
            aliases,
            title: title.into(),
            ratings: each::<_, Rating>(ratings),
            references: references.into(),
            published: published.map(Into::into),
        }
    }
}

impl From<Row> for General {
    fn from(row: Row) -> Self {
        Self {
            aliases: row.aliases,
            title: row.title,
            _details: PassedText,
            ratings: row.ratings,
            _weaknesses: Passed::default(),
            references: row.references,
            published: row.published,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredAffected {
    namespace: String,
    name: String,
    source: bool,
    scheme: String,
    status: StoredStatus,
    ranges: Vec<StoredRange>,
    versions: Vec<String>,
    requires: Vec<(String, Vec<String>)>,
    ratings: Vec<StoredRating>,
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredRange {
    introduced: Option<String>,
    until: Option<StoredBound>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredBound {
    Excluding(String),
    Including(String),
    Limit(String),
}

/// What is stated of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StoredStatus {
    Affected,
    Fixed,
    NotAffected,
    UnderInvestigation,
    WontFix,
    FixDeferred,
    EndOfLife,
}

impl From<Advisory> for Row {
    fn from(advisory: Advisory) -> Self {
        Self {
            aliases: advisory.aliases,
            title: advisory.title,
            details: advisory.details,
            ratings: each(advisory.ratings),
            weaknesses: advisory.weaknesses,
            references: advisory.references,
            published: advisory.published,
            modified: advisory.modified,
            withdrawn: advisory.withdrawn,
            affected: each(advisory.affected),
        }
    }
}

impl Row {
    /// The advisory.
    pub fn into_advisory(self, id: String) -> Advisory {
        Advisory {
            id,
            aliases: self.aliases,
            title: self.title,
            details: self.details,
            ratings: each::<_, Rating>(self.ratings),
            weaknesses: self.weaknesses,
            references: self.references,
            published: self.published,
            modified: self.modified,
            withdrawn: self.withdrawn,
            affected: each(self.affected),
        }
    }
}

impl From<Affected> for StoredAffected {
    fn from(affected: Affected) -> Self {
        Self {
            namespace: affected.namespace,
            name: affected.name,
            source: affected.source,
            scheme: affected.scheme,
            status: affected.status.into(),
            ranges: each(affected.ranges),
            versions: affected.versions,
            requires: affected.requires,
            ratings: each(affected.ratings),
            note: affected.note,
        }
    }
}

impl From<StoredAffected> for Affected {
    fn from(stored: StoredAffected) -> Self {
        Self {
            namespace: stored.namespace,
            name: stored.name,
            source: stored.source,
            scheme: stored.scheme,
            status: stored.status.into(),
            ranges: each(stored.ranges),
            versions: stored.versions,
            requires: stored.requires,
            ratings: each(stored.ratings),
            note: stored.note,
        }
    }
}

impl From<Range> for StoredRange {
    fn from(range: Range) -> Self {
        let until = range.until.map(|bound| match bound {
            Bound::Excluding(version) => StoredBound::Excluding(version),
            Bound::Including(version) => StoredBound::Including(version),
            Bound::Limit(version) => StoredBound::Limit(version),
        });
        Self { introduced: range.introduced, until }
    }
}

impl From<StoredRange> for Range {
    fn from(stored: StoredRange) -> Self {
        let until = stored.until.map(|bound| match bound {
            StoredBound::Excluding(version) => Bound::Excluding(version),
            StoredBound::Including(version) => Bound::Including(version),
            StoredBound::Limit(version) => Bound::Limit(version),
        });
        Self { introduced: stored.introduced, until }
    }
}

impl From<Status> for StoredStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Affected => Self::Affected,
            Status::Fixed => Self::Fixed,
            Status::NotAffected => Self::NotAffected,
            Status::UnderInvestigation => Self::UnderInvestigation,
            Status::WontFix => Self::WontFix,
            Status::FixDeferred => Self::FixDeferred,
            Status::EndOfLife => Self::EndOfLife,
        }
    }
}

impl From<StoredStatus> for Status {
    fn from(stored: StoredStatus) -> Self {
        match stored {
            StoredStatus::Affected => Self::Affected,
            StoredStatus::Fixed => Self::Fixed,
            StoredStatus::NotAffected => Self::NotAffected,
            StoredStatus::UnderInvestigation => Self::UnderInvestigation,
            StoredStatus::WontFix => Self::WontFix,
            StoredStatus::FixDeferred => Self::FixDeferred,
            StoredStatus::EndOfLife => Self::EndOfLife,
        }
    }
}
