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
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
