//! Small claimed files of each layer, as they are in it: what another detector, or another version
//! of one, is shown without reading the layer again.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::{Error, table};

define_table! {
    /// The table.
    Kept = 13 "kept";

    /// A file of a layer.
    key {
        /// The layer.
        diff_id: Digest,
        /// Path in the layer.
        path: String,
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

/// Packs files, one after the other.
pub struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    /// Level of compression. The files of a layer are packed while it is read, and few of them are ever read again: a
    /// program takes 1.7 times as long at zstd's own level, for a sixth less.
    const LEVEL: i32 = 1;

    /// A packer, which takes as much memory as one file needs.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn new() -> Result<Self, Error> {
        let compressor = zstd::bulk::Compressor::new(Self::LEVEL);
        compressor.map(Self).map_err(|error| corrupt(&error.to_string()))
    }

    /// Packs a file.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn pack(&mut self, content: &[u8], executable: bool) -> Result<Row, Error> {
        let packed = self.0.compress(content).map_err(|error| corrupt(&error.to_string()))?;
        Ok(Row { size: content.len() as u64, executable, packed })
    }
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Row {
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
