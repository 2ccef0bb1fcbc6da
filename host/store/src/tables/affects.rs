//! Whom advisories affect, by package: what a report scans.

use limpid_model::{Digest, KeyedRange, KeyedVersion, RangeEnd, Statement};
use serde::{Deserialize, Serialize};

use super::advisories::StoredStatus;
use super::values::{DigestBytes, StoredRating, Version, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Affects = 9 "affects", group [namespace, name];

    /// A package and what one source says of it under one identifier.
    key {
        /// Where it is published.
        namespace: String,
        /// Name of the package, or of the source package.
        name: String,
        /// Name of the feed.
        feed: String,
        /// The publisher's identifier.
        id: String,
        /// Name of the source.
        source: String,
    }
}

/// All that one source says of a package under one identifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    statements: Vec<Stored>,
    vulnerabilities: Vec<String>,
    first_name: Option<String>,
}

impl table::Row for Row {
    const VERSION: u8 = 3;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        match version {
            1 => {
                let statements = postcard::from_bytes(fields).ok()?;
                Some(BeforeRenames { statements, vulnerabilities: Vec::new() }.into())
            }
            2 => postcard::from_bytes::<BeforeRenames>(fields).ok().map(Self::from),
            _ => None,
        }
    }
}

/// Version 2.
#[derive(Deserialize)]
pub(super) struct BeforeRenames {
    statements: Vec<Stored>,
    vulnerabilities: Vec<String>,
}

impl From<BeforeRenames> for Row {
    fn from(row: BeforeRenames) -> Self {
        let BeforeRenames { statements, vulnerabilities } = row;
        Self { statements, vulnerabilities, first_name: None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    of_source: bool,
    scheme: String,
    component: Option<DigestBytes>,
    status: StoredStatus,
    ranges: Vec<StoredRange>,
    versions: Vec<Version>,
    requires: Vec<(String, Vec<String>)>,
    ratings: Vec<StoredRating>,
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredRange {
    introduced: Option<Version>,
    until: Option<Version>,
    end: StoredEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredEnd {
    Fix,
    Last,
    Limit,
}

impl Row {
    /// The row of some statements about vulnerabilities; those of none are about the one that the
    /// publisher's identifier names.
    pub fn new(statements: Vec<Statement>, vulnerabilities: Vec<String>) -> Self {
        Self { statements: each(statements), vulnerabilities, first_name: None }
    }

    /// The same, of a vulnerability that had another name when this was first stated.
    #[must_use]
    pub fn first_called(mut self, name: Option<String>) -> Self {
        self.first_name = name;
        self
    }

    /// The name that the vulnerability had when this was first stated, where it has another one now.
    pub fn first_name(&self) -> Option<&str> {
        self.first_name.as_deref()
    }

    /// The vulnerabilities that it is about.
    pub fn vulnerabilities(&self) -> &[String] {
        &self.vulnerabilities
    }

    /// What is stated.
    pub fn into_statements(self) -> Vec<Statement> {
        each(self.statements)
    }

    /// What is stated, and about which vulnerabilities.
    pub fn into_parts(self) -> (Vec<Statement>, Vec<String>) {
        (each(self.statements), self.vulnerabilities)
    }
}

impl From<Statement> for Stored {
    fn from(statement: Statement) -> Self {
        Self {
            of_source: statement.of_source,
            scheme: statement.scheme,
            component: statement.component.map(DigestBytes::from),
            status: statement.status.into(),
            ranges: each(statement.ranges),
            versions: each(statement.versions),
            requires: statement.requires,
            ratings: each(statement.ratings),
            note: statement.note,
        }
    }
}

impl From<Stored> for Statement {
    fn from(stored: Stored) -> Self {
        Self {
            of_source: stored.of_source,
            scheme: stored.scheme,
            component: stored.component.map(Digest::from),
            status: stored.status.into(),
            ranges: each(stored.ranges),
            versions: each(stored.versions),
            requires: stored.requires,
            ratings: each(stored.ratings),
            note: stored.note,
        }
    }
}

impl From<KeyedRange> for StoredRange {
    fn from(range: KeyedRange) -> Self {
        Self {
            introduced: range.introduced.map(Version::from),
            until: range.until.map(Version::from),
            end: match range.end {
                RangeEnd::Fix => StoredEnd::Fix,
                RangeEnd::Last => StoredEnd::Last,
                RangeEnd::Limit => StoredEnd::Limit,
            },
        }
    }
}

impl From<StoredRange> for KeyedRange {
    fn from(stored: StoredRange) -> Self {
        Self {
            introduced: stored.introduced.map(KeyedVersion::from),
            until: stored.until.map(KeyedVersion::from),
            end: match stored.end {
                StoredEnd::Fix => RangeEnd::Fix,
                StoredEnd::Last => RangeEnd::Last,
                StoredEnd::Limit => RangeEnd::Limit,
            },
        }
    }
}
