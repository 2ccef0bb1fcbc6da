//! What ingests change for images, once each, however many subscriptions want it. Notices refer to it.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Announced = 36 "announced";

    /// A change.
    key {
        /// Number of the announcement.
        announcement: u64,
        /// Grows with each change of it.
        place: u64,
    }
}

/// A change of one image in one vulnerability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The image.
    pub image: Digest,
    /// The vulnerability.
    pub vulnerability: String,
    /// Whether it affects the image from now on; none where that does not change.
    pub affected: Option<bool>,
    /// Places of the subscriptions that want it, among the receivers of the announcement.
    pub receivers: Vec<u32>,
    /// What a notice of it says, as JSON; empty where nobody wants it.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// Names of receivers of whose expressions it cannot be said whether they want it, and why not.
    pub undecided: Vec<(String, String)>,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: BeforeExpressions = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        let BeforeExpressions { image, vulnerability, affected, receivers, body } = old;
        Some(Self { image, vulnerability, affected, receivers, body, undecided: Vec::new() })
    }
}

/// Version 1.
#[derive(Deserialize)]
struct BeforeExpressions {
    image: Digest,
    vulnerability: String,
    affected: Option<bool>,
    receivers: Vec<u32>,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
}
