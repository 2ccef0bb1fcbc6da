//! What was told of an image and a vulnerability last, so that a feed that says now this and now that
//! is told of once.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Raised;

impl table::Table for Raised {
    const ID: u8 = 32;
    const NAME: &'static str = "raised";
    type Key = Key;
    type Row = Row;
}

/// An image, and a vulnerability that concerns it or did so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The image.
    pub image: Digest,
    /// The vulnerability.
    pub vulnerability: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.digest(&self.image).text(&self.vulnerability);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { image: from.digest()?, vulnerability: from.text()? })
    }
}

/// What was told, and what waits until it has stayed so for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Whether the image was said to be concerned.
    pub concerned: bool,
    /// Notices that are held back, each with the subscription that wants it: they tell the contrary.
    pub held: Vec<(String, Vec<u8>)>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
