//! Images by the names under which they were submitted.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Names;

impl table::Table for Names {
    const ID: u8 = 42;
    const NAME: &'static str = "names";
    type Key = Key;
    type Row = Row;
}

/// A name, and an image that has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The repository, without the registry and the folder that a client leaves out.
    pub repository: String,
    /// The tag; empty where the name has none.
    pub tag: String,
    /// The image.
    pub image: Digest,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.repository).text(&self.tag).digest(&self.image);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { repository: from.text()?, tag: from.text()?, image: from.digest()? })
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
