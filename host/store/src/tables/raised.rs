//! What was told of an image and a vulnerability last, so that a feed that says now this and now that
//! is told of once.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::announced;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Raised = 32 "raised";

    /// An image, and a vulnerability that affects it or did so.
    key {
        /// The image.
        image: Digest,
        /// The vulnerability.
        vulnerability: String,
    }
}

/// What was told, and what waits until it has stayed so for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Whether the image was told to be affected.
    pub affected: bool,
    /// What tells the contrary, and waits.
    pub deferred: Deferred,
}

/// Notices that wait until what they tell has stayed so for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deferred {
    /// None.
    Nothing,
    /// The name of a subscription and what it is told, as JSON, for each that wants to be: as Limpid deferred them
    /// before changes were announced.
    Copies(Vec<(String, Vec<u8>)>),
    /// A change that was announced.
    Announced {
        /// Number of the announcement.
        announcement: u64,
        /// Its place there.
        place: u64,
        /// The subscriptions that want it, by name and by when they were made.
        receivers: Vec<(String, u64)>,
    },
}

impl Deferred {
    /// The change that it refers to.
    pub const fn announced(&self) -> Option<announced::Key> {
        match *self {
            Self::Nothing | Self::Copies(_) => None,
            Self::Announced { announcement, place, .. } => Some(announced::Key { announcement, place }),
        }
    }
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: WithCopies = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        let WithCopies { at, affected, stored } = old;
        let deferred = if stored.is_empty() { Deferred::Nothing } else { Deferred::Copies(stored) };
        Some(Self { at, affected, deferred })
    }
}

/// Version 1.
#[derive(Deserialize)]
struct WithCopies {
    at: u64,
    affected: bool,
    stored: Vec<(String, Vec<u8>)>,
}
