//! What publishers say, by feed, identifier and the source that stated it.

use limpid_model::{Advisory, Affected, Bound, Range, Rating, Status};
use serde::{Deserialize, Serialize};

use super::values::{StoredRating, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Advisories = 7 "advisories";

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
