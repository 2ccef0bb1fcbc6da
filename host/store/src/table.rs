//! What a table is: a number, a key type and a versioned row type.

use std::fmt;
use std::marker::PhantomData;

use limpid_model::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::key::{Key, Reader, Writer};
use crate::ordered::Entry;

/// A table: rows of one type under ordered keys of one type.
pub trait Table {
    /// Its first byte in the store. Never reused for another table.
    const ID: u8;
    /// Its name in messages.
    const NAME: &'static str;
    /// What its rows are found by.
    type Key: Key;
    /// What is kept.
    type Row: Row;

    /// Appends the parts with which a key begins that all rows share which are read together, by
    /// [`Walk`](crate::Walk): none where all rows are. False where the table is not read so.
    fn group(key: &Self::Key, out: &mut Writer) -> bool {
        let _ = (key, out);
        false
    }
}

/// A row: a version byte, then the fields in [postcard's wire format](https://postcard.jamesmunns.com/wire-format).
pub trait Row: Serialize + DeserializeOwned {
    /// The version that is written.
    const VERSION: u8;

    /// Reads a row of an older version, one step at a time; none where there was no such version.
    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let _ = (version, fields);
        None
    }
}

/// A row as it is stored, which takes less memory than what it says.
pub struct Packed<T> {
    bytes: Box<[u8]>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> Packed<T> {
    /// The same row.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn new(row: &T::Row) -> Result<Self, Error> {
        Ok(Self { bytes: encode_row::<T>(row)?.into(), table: PhantomData })
    }

    /// A digest of all that it says, whatever the version of its row.
    pub fn digest(&self) -> Digest {
        Digest::of(self.bytes.get(1..).unwrap_or_default())
    }

    /// The row.
    ///
    /// # Errors
    /// Nothing that was packed fails here.
    pub fn unpack(&self) -> Result<T::Row, Error> {
        decode_row::<T>(&self.bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> fmt::Debug for Packed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.bytes.len())
    }
}

/// What a row begins with, for those who need no more of it: its first fields, which it has had in all of
/// its versions, or which [`upgrade`](Self::upgrade) reads.
pub trait Glance: DeserializeOwned {
    /// The table.
    type Table: Table;

    /// Reads the first fields of a row of a version that differs in them from the one that is written; none where all
    /// versions begin alike.
    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let _ = (version, fields);
        None
    }
}

pub(crate) fn decode_glance<G: Glance>(bytes: &[u8]) -> Result<G, Error> {
    let corrupt = |why: String| Error::Corrupt { table: G::Table::NAME, what: "row", why };
    let (&version, fields) = bytes.split_first().ok_or_else(|| corrupt("it is empty".into()))?;
    let latest = <G::Table as Table>::Row::VERSION;
    if version > latest {
        return Err(corrupt(format!("version {version}, this Limpid reads up to {latest}")));
    }
    if let Some(glance) = G::upgrade(version, fields) {
        return Ok(glance);
    }
    let (glance, _) = postcard::take_from_bytes(fields).map_err(|error| corrupt(error.to_string()))?;
    Ok(glance)
}

pub(crate) fn encode_key<T: Table>(key: &T::Key) -> Vec<u8> {
    let mut out = Writer::default();
    out.fixed(&[T::ID]);
    key.encode(&mut out);
    out.finish()
}

/// And how many of its bytes name its group: none where the table has no groups.
pub(crate) fn encode_grouped_key<T: Table>(key: &T::Key) -> (Vec<u8>, usize) {
    let mut out = Writer::default();
    out.fixed(&[T::ID]);
    let group = if T::group(key, &mut out) { out.len() } else { 0 };
    // What the group wrote, the key writes again, and goes on.
    out.truncate(1);
    key.encode(&mut out);
    let encoded = out.finish();
    debug_assert!(
        encode_group::<T>(key).is_none_or(|group| encoded.starts_with(&group)),
        "groups are what keys begin with",
    );
    (encoded, group)
}

/// None where the table has no groups.
pub(crate) fn encode_group<T: Table>(key: &T::Key) -> Option<Vec<u8>> {
    let mut is_grouped = false;
    let group = encode_prefix::<T>(|out| is_grouped = T::group(key, out));
    is_grouped.then_some(group)
}

pub(crate) fn encode_prefix<T: Table>(prefix: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::default();
    out.fixed(&[T::ID]);
    prefix(&mut out);
    out.finish()
}

/// An entry of the table, as a key and a row.
pub(crate) fn decode<T: Table>((key, row): Entry<'_>) -> Result<(T::Key, T::Row), Error> {
    Ok((decode_key::<T>(key)?, decode_row::<T>(row)?))
}

pub(crate) fn decode_key<T: Table>(bytes: &[u8]) -> Result<T::Key, Error> {
    let mut reader = Reader::new(bytes.get(1..).unwrap_or_default());
    T::Key::decode(&mut reader).filter(|_| reader.is_empty()).ok_or_else(|| Error::Corrupt {
        table: T::NAME,
        what: "key",
        why: format!("{} bytes of another form", bytes.len()),
    })
}

pub(crate) fn encode_row<T: Table>(row: &T::Row) -> Result<Vec<u8>, Error> {
    postcard::to_extend(row, vec![T::Row::VERSION])
        .map_err(|error| Error::Encode { table: T::NAME, source: error.into() })
}

pub(crate) fn decode_row<T: Table>(bytes: &[u8]) -> Result<T::Row, Error> {
    let corrupt = |why: String| Error::Corrupt { table: T::NAME, what: "row", why };
    let (&version, fields) = bytes.split_first().ok_or_else(|| corrupt("it is empty".into()))?;
    if version == T::Row::VERSION {
        return match postcard::take_from_bytes(fields).map_err(|error| corrupt(error.to_string()))? {
            (row, []) => Ok(row),
            (_, rest) => Err(corrupt(format!("{} bytes follow it", rest.len()))),
        };
    }
    T::Row::upgrade(version, fields)
        .ok_or_else(|| corrupt(format!("version {version}, this Limpid reads up to {}", T::Row::VERSION)))
}
