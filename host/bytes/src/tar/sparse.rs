use tar::{EntryType, GnuExtSparseHeader, GnuSparseHeader, Header};

use super::content::{Content, Extent};
use super::extended::{Extended, number};
use super::{BLOCK, Source, source};
use crate::{Error, Limit};

/// Where the map of a sparse file stands.
pub(super) enum Map {
    /// In the header and in blocks after it: GNU's old form.
    Old(Box<Header>),
    /// In the extended header: PAX 0.0 and 0.1.
    Records { extents: Vec<Extent>, size: u64 },
    /// In front of the content: PAX 1.0.
    Content { size: u64 },
}

/// Whether a member is a sparse file.
pub(super) fn map_of(header: &Header, extended: &mut Extended, stored: u64) -> Option<Map> {
    if header.entry_type() == EntryType::GNUSparse && header.as_gnu().is_some() {
        return Some(Map::Old(Box::new(header.clone())));
    }
    let size = extended.sparse.size.unwrap_or(stored);
    if extended.sparse.major == Some(1) {
        return Some(Map::Content { size });
    }
    let extents = std::mem::take(&mut extended.sparse.extents);
    (!extents.is_empty()).then_some(Map::Records { extents, size })
}

/// Reads the map; the content that comes after it is `stored` bytes, the map of PAX 1.0 included.
pub(super) fn read(
    map: Map,
    stored: u64,
    source: &mut dyn Source,
    what: &str,
    most: Limit,
) -> Result<Content, Error> {
    let mut reader = Reader { source, what, most, extents: Vec::new() };
    let (size, left) = match map {
        Map::Old(header) => (reader.old(&header)?, stored),
        Map::Records { extents, size } => {
            reader.extents = extents;
            reader.check()?;
            (size, stored)
        }
        Map::Content { size } => (size, stored - reader.leading(stored)?),
    };
    let at = reader.source.position();
    Content::sparse(reader.extents, size, left, stored).map_err(|why| Error::damaged(what, at, why))
}

struct Reader<'a> {
    source: &'a mut dyn Source,
    what: &'a str,
    most: Limit,
    extents: Vec<Extent>,
}

impl Reader<'_> {
    fn damaged(&self, why: &str) -> Error {
        Error::damaged(self.what, self.source.position(), why)
    }

    fn check(&self) -> Result<(), Error> {
        let subject = format_args!("the number of pieces of a sparse file in {}", self.what);
        self.most.check(subject, self.extents.len() as u64)
    }

    /// Reads the old form's map and returns the file's size.
    fn old(&mut self, header: &Header) -> Result<u64, Error> {
        let unreadable = "the map of a sparse file is not readable";
        let gnu = header.as_gnu().ok_or_else(|| self.damaged(unreadable))?;
        self.take(&gnu.sparse)?;
        let mut is_extended = gnu.is_extended();
        while is_extended {
            let mut more = GnuExtSparseHeader::new();
            if source::fill(self.source, more.as_mut_bytes())? < more.as_bytes().len() {
                return Err(self.damaged("the tar ends within the map of a sparse file"));
            }
            self.take(more.sparse())?;
            self.check()?;
            is_extended = more.is_extended();
        }
        gnu.real_size().map_err(|_| self.damaged(unreadable))
    }

    fn take(&mut self, pieces: &[GnuSparseHeader]) -> Result<(), Error> {
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let (Ok(offset), Ok(length)) = (piece.offset(), piece.length()) else {
                return Err(self.damaged("a piece of a sparse file whose place is not a number"));
            };
            self.extents.push(Extent { offset, length });
        }
        Ok(())
    }

    /// Reads the map of PAX 1.0, decimal numbers of one line each that fill whole blocks, and
    /// returns its size.
    fn leading(&mut self, stored: u64) -> Result<u64, Error> {
        let mut lines = Lines { taken: 0, stored, block: Vec::new(), next: 0 };
        let count = lines.number(self)?;
        let subject = format_args!("the number of pieces of a sparse file in {}", self.what);
        self.most.check(subject, count)?;
        for _ in 0..count {
            let (offset, length) = (lines.number(self)?, lines.number(self)?);
            self.extents.push(Extent { offset, length });
        }
        Ok(lines.taken)
    }
}

struct Lines {
    taken: u64,
    stored: u64,
    block: Vec<u8>,
    next: usize,
}

impl Lines {
    fn number(&mut self, reader: &mut Reader<'_>) -> Result<u64, Error> {
        let mut digits = Vec::new();
        loop {
            match self.byte(reader)? {
                b'\n' => break,
                // The longest number of 64 bits has 20 digits.
                digit if digits.len() < 20 => digits.push(digit),
                _ => break,
            }
        }
        number(&digits).ok_or_else(|| reader.damaged("the map of a sparse file holds what is no number"))
    }

    fn byte(&mut self, reader: &mut Reader<'_>) -> Result<u8, Error> {
        if self.next == self.block.len() {
            self.block = vec![0; BLOCK as usize];
            self.next = 0;
            self.taken += BLOCK;
            let filled = source::fill(reader.source, &mut self.block)?;
            if self.taken > self.stored || filled < self.block.len() {
                return Err(reader.damaged("the map of a sparse file ends early"));
            }
        }
        let byte = self.block.get(self.next).copied();
        self.next += 1;
        byte.ok_or_else(|| reader.damaged("the map of a sparse file ends early"))
    }
}
