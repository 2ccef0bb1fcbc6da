//! What each layer holds, replaces and deletes: the input of folding.
//!
//! A layer has tens of thousands of paths that mostly repeat their neighbours. They are kept
//! sorted, each as what it does not share with the one before, and compressed as one value.

use limpid_model::{Digest, EntryKind, LayerEntries, LayerEntry, Leads};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::{Error, table};

define_table! {
    /// The table.
    Entries = 4 "entries", key Digest;
}

/// The entries of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Length of `packed` when it is inflated.
    inflated: u64,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
    /// The same of what the layer replaced itself.
    replaced_inflated: u64,
    #[serde(with = "serde_bytes")]
    replaced: Vec<u8>,
    /// Whether it is noted where links lead, and in what order entries stand.
    knows_links: bool,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        (version == 1).then(|| postcard::from_bytes::<WithoutLinks>(fields).ok()).flatten().map(Self::from)
    }
}

/// Version 1: of links it says only that they are there.
#[derive(Deserialize)]
struct WithoutLinks {
    inflated: u64,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

impl From<WithoutLinks> for Row {
    fn from(row: WithoutLinks) -> Self {
        let WithoutLinks { inflated, packed } = row;
        Self { inflated, packed, replaced_inflated: 0, replaced: Vec::new(), knows_links: false }
    }
}

#[derive(Serialize, Deserialize)]
struct Packed {
    kind: u8,
    /// How many bytes of the path before begin this one.
    shared: u32,
    #[serde(with = "serde_bytes")]
    rest: Vec<u8>,
}

/// What version 2 has behind each.
#[derive(Serialize, Deserialize)]
struct Behind {
    /// By how much its number is larger than that of the entry before it.
    step: i64,
    leads: StoredLeads,
}

#[derive(Serialize, Deserialize)]
enum StoredLeads {
    Nowhere,
    Symbolic(String),
    Within(String, u64),
    Below(String),
}

impl Row {
    /// Packs entries, which are sorted by path.
    pub fn pack(entries: &LayerEntries) -> Result<Self, Error> {
        let mut sorted = entries.replaced.clone();
        sorted.sort();
        let (inflated, packed) = pack(&entries.last)?;
        let (replaced_inflated, replaced) = if sorted.is_empty() { (0, Vec::new()) } else { pack(&sorted)? };
        Ok(Self { inflated, packed, replaced_inflated, replaced, knows_links: true })
    }

    /// The entries, sorted by path.
    pub fn unpack(&self) -> Result<LayerEntries, Error> {
        let last = unpack(self.inflated, &self.packed, self.knows_links)?;
        let replaced = if self.replaced.is_empty() {
            Vec::new()
        } else {
            unpack(self.replaced_inflated, &self.replaced, true)?
        };
        Ok(LayerEntries { last, replaced })
    }

    /// Whether it is noted where links lead, and in what order entries stand.
    pub const fn knows_links(&self) -> bool {
        self.knows_links
    }
}

fn pack(entries: &[LayerEntry]) -> Result<(u64, Vec<u8>), Error> {
    let (mut before, mut number): (&[u8], u64) = (&[], 0);
    let mut bytes = Vec::new();
    let encode = |error: postcard::Error| Error::Encode { table: "entries", source: error.into() };
    for entry in entries {
        let path = entry.path.as_bytes();
        let shared = before.iter().zip(path).take_while(|(a, b)| a == b).count();
        let packed = Packed {
            kind: number_of(entry.kind),
            shared: u32::try_from(shared).unwrap_or(0),
            rest: path.get(shared..).unwrap_or_default().to_vec(),
        };
        let behind = Behind {
            step: entry.ordinal.wrapping_sub(number).cast_signed(),
            leads: entry.leads.clone().into(),
        };
        bytes = postcard::to_extend(&packed, bytes).map_err(encode)?;
        bytes = postcard::to_extend(&behind, bytes).map_err(encode)?;
        (before, number) = (path, entry.ordinal);
    }
    let packed = zstd::bulk::compress(&bytes, 3).map_err(|error| corrupt(&error.to_string()))?;
    Ok((bytes.len() as u64, packed))
}

fn unpack(inflated: u64, packed: &[u8], knows_links: bool) -> Result<Vec<LayerEntry>, Error> {
    let length = usize::try_from(inflated).map_err(|_| corrupt("its length"))?;
    let bytes = zstd::bulk::decompress(packed, length).map_err(|error| corrupt(&error.to_string()))?;
    let mut rest = bytes.as_slice();
    let (mut path, mut ordinal): (Vec<u8>, u64) = (Vec::new(), 0);
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let packed: Packed = take(&mut rest)?;
        let behind: Option<Behind> = knows_links.then(|| take(&mut rest)).transpose()?;
        path.truncate(packed.shared as usize);
        path.extend_from_slice(&packed.rest);
        ordinal = ordinal.wrapping_add_signed(behind.as_ref().map_or(0, |behind| behind.step));
        entries.push(LayerEntry {
            path: String::from_utf8(path.clone()).map_err(|_| corrupt("a path"))?,
            kind: kind(packed.kind).ok_or_else(|| corrupt("the kind of an entry"))?,
            ordinal,
            leads: behind.map_or(Leads::Nowhere, |behind| behind.leads.into()),
        });
    }
    Ok(entries)
}

fn take<T: DeserializeOwned>(rest: &mut &[u8]) -> Result<T, Error> {
    let (taken, after) = postcard::take_from_bytes(rest).map_err(|error| corrupt(&error.to_string()))?;
    *rest = after;
    Ok(taken)
}

impl From<Leads> for StoredLeads {
    fn from(leads: Leads) -> Self {
        match leads {
            Leads::Nowhere => Self::Nowhere,
            Leads::Symbolic(target) => Self::Symbolic(target),
            Leads::Within(target, ordinal) => Self::Within(target, ordinal),
            Leads::Below(target) => Self::Below(target),
        }
    }
}

impl From<StoredLeads> for Leads {
    fn from(stored: StoredLeads) -> Self {
        match stored {
            StoredLeads::Nowhere => Self::Nowhere,
            StoredLeads::Symbolic(target) => Self::Symbolic(target),
            StoredLeads::Within(target, ordinal) => Self::Within(target, ordinal),
            StoredLeads::Below(target) => Self::Below(target),
        }
    }
}

fn corrupt(why: &str) -> Error {
    Error::Corrupt { table: "entries", what: "row", why: why.to_owned() }
}

const fn number_of(kind: EntryKind) -> u8 {
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
        let leads = prop_oneof![
            Just(Leads::Nowhere),
            "[a-c/.]{0,8}".prop_map(Leads::Symbolic),
            ("[a-c/]{1,8}", any::<u64>()).prop_map(|(target, ordinal)| Leads::Within(target, ordinal)),
            "[a-c/é]{1,8}".prop_map(Leads::Below),
        ];
        let entry =
            ("[a-c/é]{1,8}", 0..5_u8, any::<u64>(), leads).prop_map(|(path, number, ordinal, leads)| {
                LayerEntry { path, kind: kind(number).unwrap(), ordinal, leads }
            });
        prop::collection::vec(entry, 0..50).prop_map(|mut entries| {
            entries.sort();
            entries
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks(last in entries(), replaced in entries()) {
            let entries = LayerEntries { last, replaced };
            prop_assert_eq!(Row::pack(&entries).unwrap().unpack().unwrap(), entries);
        }
    }
}
