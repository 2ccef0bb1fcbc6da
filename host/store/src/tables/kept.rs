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
