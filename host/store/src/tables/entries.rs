//! What each layer holds, replaces and deletes: the input of folding.
//!
//! A layer has tens of thousands of paths that mostly repeat their neighbours. They are kept
//! sorted, each as what it does not share with the one before, and compressed as one value.

use limpid_model::{Digest, EntryKind, LayerEntry};
use serde::{Deserialize, Serialize};

use crate::{Error, table};

/// The table.
#[derive(Debug)]
pub struct Entries;

impl table::Table for Entries {
    const ID: u8 = 4;
    const NAME: &'static str = "entries";
    type Key = Digest;
    type Row = Row;
}

/// The entries of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Length of `packed` when it is inflated.
    inflated: u64,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct Packed {
    kind: u8,
    /// How many bytes of the path before begin this one.
    shared: u32,
    #[serde(with = "serde_bytes")]
    rest: Vec<u8>,
}

impl Row {
    /// Packs entries, which are sorted by path.
    pub fn pack(entries: &[LayerEntry]) -> Result<Self, Error> {
        let mut before: &[u8] = &[];
        let mut bytes = Vec::new();
        for entry in entries {
            let path = entry.path.as_bytes();
            let shared = before.iter().zip(path).take_while(|(a, b)| a == b).count();
            let packed = Packed {
                kind: number(entry.kind),
                shared: u32::try_from(shared).unwrap_or(0),
                rest: path.get(shared..).unwrap_or_default().to_vec(),
            };
            bytes = postcard::to_extend(&packed, bytes)
                .map_err(|source| Error::Encode { table: "entries", source })?;
            before = path;
        }
        let packed = zstd::bulk::compress(&bytes, 3).map_err(|error| corrupt(&error.to_string()))?;
        Ok(Self { inflated: bytes.len() as u64, packed })
    }

    /// The entries, sorted by path.
    pub fn unpack(&self) -> Result<Vec<LayerEntry>, Error> {
        let length = usize::try_from(self.inflated).map_err(|_| corrupt("its length"))?;
        let bytes =
            zstd::bulk::decompress(&self.packed, length).map_err(|error| corrupt(&error.to_string()))?;
        let mut rest = bytes.as_slice();
        let mut path: Vec<u8> = Vec::new();
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (packed, after) =
                postcard::take_from_bytes::<Packed>(rest).map_err(|error| corrupt(&error.to_string()))?;
            rest = after;
            path.truncate(packed.shared as usize);
            path.extend_from_slice(&packed.rest);
            entries.push(LayerEntry {
                path: String::from_utf8(path.clone()).map_err(|_| corrupt("a path"))?,
                kind: kind(packed.kind).ok_or_else(|| corrupt("the kind of an entry"))?,
            });
        }
        Ok(entries)
    }
}

fn corrupt(why: &str) -> Error {
    Error::Corrupt { table: "entries", what: "row", why: why.to_owned() }
}

const fn number(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::Directory => 0,
        EntryKind::File => 1,
        EntryKind::Other => 2,
        EntryKind::Whiteout => 3,
        EntryKind::Opaque => 4,
    }
}

const fn kind(number: u8) -> Option<EntryKind> {
    Some(match number {
        0 => EntryKind::Directory,
        1 => EntryKind::File,
        2 => EntryKind::Other,
        3 => EntryKind::Whiteout,
        4 => EntryKind::Opaque,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<LayerEntry>> {
        let entry = ("[a-c/é]{1,8}", 0..5_u8)
            .prop_map(|(path, number)| LayerEntry { path, kind: kind(number).unwrap() });
        prop::collection::vec(entry, 0..50).prop_map(|mut entries| {
            entries.sort();
            entries
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks(entries in entries()) {
            prop_assert_eq!(Row::pack(&entries).unwrap().unpack().unwrap(), entries);
        }
    }
}
