//! The changes of a batch, one behind the other: there may be a million of them.

use crate::Error;

/// Bytes of a piece, where there are so many, and where one change does not have more.
const PIECE: usize = 256 << 10;

/// Changes, in the order in which they are made: later ones of a key take the place of earlier ones.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// Each holds whole changes, and is given back when those are made.
    pieces: Vec<Vec<u8>>,
    len: usize,
    bytes: usize,
    tables: Tables,
}

/// Some tables, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tables([u64; 4]);

impl Tables {
    fn insert(&mut self, table: u8) {
        if let Some(bits) = self.0.get_mut(usize::from(table / 64)) {
            *bits |= 1 << (table % 64);
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |table| {
            self.0.get(usize::from(table / 64)).is_some_and(|bits| bits & (1 << (table % 64)) != 0)
        })
    }
}

/// A change of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write<'a> {
    Put(&'a [u8], &'a [u8]),
    Delete(&'a [u8]),
}

impl<'a> Write<'a> {
    pub(crate) const fn key(self) -> &'a [u8] {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }
}

/// What stands before the bytes of a change: lengths of its key's group, of its key, and of its value.
const HEAD: usize = 12;
/// The length of a value that is none.
const DELETED: u32 = u32::MAX;

impl Writes {
    /// Sets a key, of which the first `group` bytes name a group; none where there are no such bytes.
    pub(crate) fn put(&mut self, key: &[u8], group: usize, value: &[u8]) -> Result<(), Error> {
        self.push(key, group, length(value.len())?, value)
    }

    /// Removes a key.
    pub(crate) fn delete(&mut self, key: &[u8], group: usize) -> Result<(), Error> {
        self.push(key, group, DELETED, &[])
    }

    fn push(&mut self, key: &[u8], group: usize, value_length: u32, value: &[u8]) -> Result<(), Error> {
        if let Some(table) = key.first() {
            self.tables.insert(*table);
        }
        let head = [length(group)?, length(key.len())?, value_length];
        let size = HEAD + key.len() + value.len();
        // Each alone may be short enough, and a change that cannot be counted could not be read again.
        length(size)?;
        let piece = match self.pieces.last_mut() {
            Some(piece) if piece.len() + size <= piece.capacity() => piece,
            // Most batches are small.
            _ => self.pieces.push_mut(Vec::with_capacity(self.bytes.clamp(1 << 10, PIECE).max(size))),
        };
        piece.extend(head.into_iter().flat_map(u32::to_le_bytes));
        piece.extend_from_slice(key);
        piece.extend_from_slice(value);
        self.len += 1;
        self.bytes += size;
        Ok(())
    }

    /// Adds others behind them.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.pieces.append(&mut later.pieces);
        self.len += later.len;
        self.bytes += later.bytes;
        for (own, tables) in self.tables.0.iter_mut().zip(later.tables.0) {
            *own |= tables;
        }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// How much memory they take, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Their keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().flat_map(|piece| Changes::of(piece)).map(|change| change.write.key())
    }

    /// The groups of their keys, and keys that are in none. Neighbours may be the same.
    pub(crate) fn places(&self) -> impl Iterator<Item = &[u8]> {
        let changes = self.pieces.iter().flat_map(|piece| Changes::of(piece));
        changes.map(|change| if change.group.is_empty() { change.write.key() } else { change.group })
    }

    /// The tables of their keys.
    pub(crate) const fn tables(&self) -> Tables {
        self.tables
    }

    /// The groups of their keys. Neighbours differ.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[u8]> {
        let mut last: &[u8] = &[];
        self.pieces.iter().flat_map(|piece| Changes::of(piece)).filter_map(move |change| {
            let is_other = change.group != last && !change.group.is_empty();
            is_other.then(|| last = change.group).map(|()| last)
        })
    }

    /// Makes them one by one, and gives back their memory on the way.
    pub(crate) fn drain(self, mut make: impl FnMut(Write<'_>)) {
        for piece in self.pieces {
            for change in Changes::of(&piece) {
                make(change.write);
            }
        }
    }

    /// The changes in so many parts at most, of about as many changes each: all keys of one lie behind those of
    /// the one before.
    pub(crate) fn parts(&self, most: usize) -> Vec<Part<'_>> {
        // A place is half of what a change of two slices is.
        let mut places = Vec::with_capacity(self.len);
        for (piece, number) in self.pieces.iter().zip(0_u32..) {
            let lengths = Changes::of(piece).map(|change| change.size);
            places
                .extend(lengths.scan(0, |next, size| Some((number, std::mem::replace(next, *next + size)))));
        }
        let borders = self.borders(&places, most);
        let mut parts = vec![Vec::new(); borders.len()];
        if borders.is_empty() {
            parts.push(places);
        } else {
            parts.push(Vec::new());
            for place in places {
                let number = borders.partition_point(|border| *border <= self.key(place));
                if let Some(part) = parts.get_mut(number) {
                    part.push(place);
                }
            }
        }
        parts.retain(|places| !places.is_empty());
        parts.into_iter().map(|places| Part { writes: self, places }).collect()
    }

    /// Keys at which all changes are cut into so many parts, by what some of them are.
    fn borders(&self, places: &[Place], parts: usize) -> Vec<&[u8]> {
        if parts < 2 {
            return Vec::new();
        }
        let mut sample: Vec<_> = places
            .iter()
            .step_by(places.len().div_ceil(SAMPLE).max(1))
            .map(|place| self.key(*place))
            .collect();
        sample.sort_unstable();
        let border = |part: usize| sample.get(sample.len() * part / parts).copied();
        let mut borders: Vec<_> = (1..parts).filter_map(border).collect();
        borders.dedup();
        borders
    }

    fn key(&self, place: Place) -> &[u8] {
        self.at(place).map_or(&[], Write::key)
    }

    fn at(&self, (piece, at): Place) -> Option<Write<'_>> {
        let piece = self.pieces.get(usize::try_from(piece).ok()?)?;
        Changes { rest: piece.get(usize::try_from(at).ok()?..)? }.next().map(|change| change.write)
    }
}

/// Number of a piece, and where in it a change begins.
type Place = (u32, u32);

/// Keys that are looked at, to cut changes into parts of about the same size.
const SAMPLE: usize = 512;

/// Some changes: all of the keys between two.
pub(crate) struct Part<'a> {
    writes: &'a Writes,
    places: Vec<Place>,
}

impl<'a> Part<'a> {
    /// The last change of each key, in the order of the keys.
    pub(crate) fn in_order(self) -> impl Iterator<Item = Write<'a>> {
        let Self { writes, mut places } = self;
        places.sort_unstable_by(|a, b| writes.key(*a).cmp(writes.key(*b)).then(a.cmp(b)));
        let mut writes = places.into_iter().filter_map(|place| writes.at(place)).peekable();
        std::iter::from_fn(move || {
            let mut write = writes.next()?;
            while let Some(later) = writes.next_if(|later| later.key() == write.key()) {
                write = later;
            }
            Some(write)
        })
    }
}

fn length(bytes: usize) -> Result<u32, Error> {
    let length = u32::try_from(bytes).ok().filter(|&length| length != DELETED);
    length.ok_or(Error::Oversized { bytes, limit: DELETED })
}

struct Change<'a> {
    group: &'a [u8],
    write: Write<'a>,
    /// What it takes in its piece, in bytes.
    size: u32,
}

/// The changes in a piece.
struct Changes<'a> {
    rest: &'a [u8],
}

impl<'a> Changes<'a> {
    const fn of(piece: &'a [u8]) -> Self {
        Self { rest: piece }
    }

    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    fn length(&mut self) -> Option<u32> {
        let (length, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*length))
    }
}

impl<'a> Iterator for Changes<'a> {
    type Item = Change<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.rest.len();
        let [group, key, value] = [self.length()?, self.length()?, self.length()?];
        let key = self.take(key)?;
        let write = if value == DELETED { Write::Delete(key) } else { Write::Put(key, self.take(value)?) };
        let size = u32::try_from(before - self.rest.len()).ok()?;
        Some(Change { group: key.get(..usize::try_from(group).ok()?)?, write, size })
    }
}
