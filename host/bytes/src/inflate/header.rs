//! The header of a member of a gzip, for a decoder that begins behind it: ISA-L forgets which fields are left
//! to read where its input ends within one.

use flate2::Crc;

use crate::Error;
use crate::compression::GZIP;
use crate::stored::Stored;

/// Flags of a header (RFC 1952, 2.3.1).
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Passes over the header of a member, and refuses what zlib refuses.
pub(super) fn pass(stored: &mut Stored, what: &str) -> Result<(), Error> {
    let mut header = Header { stored, what, crc: Crc::new() };
    let [first, second, method, flags, ..] = header.bytes::<10>()?;
    if [first, second] != *GZIP {
        return Err(header.damaged("incorrect header check"));
    }
    if method != 8 {
        return Err(header.damaged("unknown compression method"));
    }
    if flags & RESERVED != 0 {
        return Err(header.damaged("unknown header flags set"));
    }
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes(header.bytes()?);
        header.skip(usize::from(length))?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            header.skip_text()?;
        }
    }
    if flags & HEADER_CRC != 0 {
        let expected = header.crc.sum().to_le_bytes();
        if !expected.starts_with(&header.bytes::<2>()?) {
            return Err(header.damaged("header crc mismatch"));
        }
    }
    Ok(())
}

struct Header<'a> {
    stored: &'a mut Stored,
    what: &'a str,
    crc: Crc,
}

impl Header<'_> {
    fn damaged(&self, why: &str) -> Error {
        Error::damaged(self.what, self.stored.position(), format!("gzip: {why}"))
    }

    /// The bytes that are there, of which there must be one.
    fn some(&mut self, least: usize) -> Result<&[u8], Error> {
        // A borrow that is returned in one branch only is one in all.
        if self.stored.fill(least)?.is_empty() {
            return Err(ends_early(self.stored, self.what));
        }
        self.stored.fill(least)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let Some(bytes) = self.some(N)?.first_chunk::<N>().copied() else {
            return Err(ends_early(self.stored, self.what));
        };
        self.crc.update(&bytes);
        self.stored.consume(N);
        Ok(bytes)
    }

    fn skip(&mut self, mut count: usize) -> Result<(), Error> {
        while count > 0 {
            let there = self.some(1)?.len().min(count);
            self.consume(there)?;
            count -= there;
        }
        Ok(())
    }

    /// A text that a zero ends.
    fn skip_text(&mut self) -> Result<(), Error> {
        loop {
            let there = self.some(1)?;
            let end = memchr::memchr(0, there);
            let count = end.map_or(there.len(), |end| end + 1);
            self.consume(count)?;
            if end.is_some() {
                return Ok(());
            }
        }
    }

    fn consume(&mut self, count: usize) -> Result<(), Error> {
        let there = self.stored.fill(1)?;
        self.crc.update(there.get(..count).unwrap_or(there));
        self.stored.consume(count);
        Ok(())
    }
}

/// What a member is that ends within its header; where, as other decoders have it, is behind all that is there.
fn ends_early(stored: &mut Stored, what: &str) -> Error {
    stored.consume(usize::MAX / 2);
    Error::damaged(what, stored.position(), "the gzip stream ends early")
}
