//! Which images have a layer, and in what surroundings.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Placements;

impl table::Table for Placements {
    const ID: u8 = 22;
    const NAME: &'static str = "placements";
    type Key = Key;
    type Row = Row;
}

/// An image that has a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The layer.
    pub diff_id: Digest,
    /// Its surroundings, as table `contexts` calls them.
    pub context: u64,
    /// The image.
    pub image: Digest,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.digest(&self.diff_id).number(self.context).digest(&self.image);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { diff_id: from.digest()?, context: from.number()?, image: from.digest()? })
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
