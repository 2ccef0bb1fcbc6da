//! Which images have a layer.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Holders;

impl table::Table for Holders {
    const ID: u8 = 5;
    const NAME: &'static str = "holders";
    type Key = Key;
    type Row = Row;
}

/// An image that has a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The layer.
    pub diff_id: Digest,
    /// The image.
    pub image: Digest,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.digest(&self.diff_id).digest(&self.image);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { diff_id: from.digest()?, image: from.digest()? })
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
