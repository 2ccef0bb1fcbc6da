//! Small claimed files of each layer, as they are in it: what another detector, or another version
//! of one, is shown without reading the layer again.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::{Error, table};

/// The table.
#[derive(Debug)]
pub struct Kept;

impl table::Table for Kept {
    const ID: u8 = 13;
    const NAME: &'static str = "kept";
    type Key = Key;
    type Row = Row;
}

/// A file of a layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The layer.
    pub diff_id: Digest,
    /// Path in the layer.
    pub path: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.digest(&self.diff_id).text(&self.path);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { diff_id: from.digest()?, path: from.text()? })
    }
}

/// A file's content, compressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    size: u64,
    executable: bool,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// Packs a file.
    pub fn pack(content: &[u8], executable: bool) -> Result<Self, Error> {
        let packed = zstd::bulk::compress(content, 3).map_err(|error| corrupt(&error.to_string()))?;
        Ok(Self { size: content.len() as u64, executable, packed })
    }

    /// The file's content.
    pub fn unpack(&self) -> Result<Vec<u8>, Error> {
        let size = usize::try_from(self.size).map_err(|_| corrupt("its size"))?;
        zstd::bulk::decompress(&self.packed, size).map_err(|error| corrupt(&error.to_string()))
    }

    /// Whether it is executable.
    pub const fn executable(&self) -> bool {
        self.executable
    }

    /// How many bytes it takes in the store.
    pub const fn stored_bytes(&self) -> u64 {
        self.packed.len() as u64
    }
}

fn corrupt(why: &str) -> Error {
    Error::Corrupt { table: "kept", what: "row", why: why.to_owned() }
}
