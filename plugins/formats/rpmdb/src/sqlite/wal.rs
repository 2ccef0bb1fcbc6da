//! The [write-ahead log](https://www.sqlite.org/fileformat2.html#the_write_ahead_log): pages as they are by now, each
//! in a frame. A frame counts where it has the salts of the log's header, where its checksum goes on from the one
//! before it, and where a later one, or it, ends a transaction.

use std::collections::BTreeMap;

use super::be32;
use crate::error::{malformed, unsupported};
use crate::source::Cached;
use crate::{Error, Visitor};

const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

pub(super) struct Wal<'a> {
    file: Cached<'a>,
    page_size: u64,
    /// Where in the file the last state of each page begins.
    offsets: BTreeMap<u32, u64>,
    /// How many pages the database has since the last transaction.
    pages: u32,
}

/// Both sums, and how bytes become numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Checksum {
    sums: (u32, u32),
    big_endian: bool,
}

impl Checksum {
    /// With bytes, of which there are a multiple of eight.
    fn with(mut self, bytes: &[u8]) -> Self {
        let (mut first, mut second) = self.sums;
        let (pairs, _) = bytes.as_chunks::<8>();
        for &[a, b, c, d, e, f, g, h] in pairs {
            let (left, right) = match self.big_endian {
                true => (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])),
                false => (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])),
            };
            first = first.wrapping_add(left).wrapping_add(second);
            second = second.wrapping_add(right).wrapping_add(first);
        }
        self.sums = (first, second);
        self
    }

    fn is_at(self, bytes: &[u8], at: usize) -> bool {
        be32(bytes, at) == Some(self.sums.0) && be32(bytes, at + 4) == Some(self.sums.1)
    }
}

impl<'a> Wal<'a> {
    /// Reads which frames count; none where no transaction was written.
    pub(super) fn read(mut file: Cached<'a>, visit: &mut Visitor<'_>) -> Result<Option<Self>, Error> {
        if file.size() == 0 {
            return Ok(None);
        }
        let Some(header) = file.array::<32>(0) else {
            return Err(malformed!("the journal ends inside its header"));
        };
        let big_endian = match be32(&header, 0) {
            Some(0x377f_0682) => false,
            Some(0x377f_0683) => true,
            _ => return Err(malformed!("the journal does not begin as one of SQLite")),
        };
        if be32(&header, 4) != Some(3_007_000) {
            return Err(unsupported!("the journal is of another version"));
        }
        let page_size = u64::from(be32(&header, 8).unwrap_or(0));
        let mut checksum = Checksum { sums: (0, 0), big_endian }.with(header.get(..24).unwrap_or_default());
        if !checksum.is_at(&header, 24) {
            return Err(malformed!("the header of the journal has another checksum"));
        }
        if !(512..=65536).contains(&page_size) || !page_size.is_power_of_two() {
            return Err(malformed!("a page of the journal has {page_size} bytes"));
        }
        let salts = header.get(16..24).map(<[u8]>::to_vec).unwrap_or_default();
        let mut offsets = BTreeMap::new();
        // Of the transaction that was not ended yet.
        let mut pending = Vec::new();
        let mut pages = 0;
        let mut at = HEADER;
        let mut frame = Vec::new();
        loop {
            frame.clear();
            let is_whole = file.read(at, FRAME_HEADER + page_size, &mut frame);
            if frame.is_empty() || frame.get(8..16).is_some_and(|own| own != salts) {
                // The end, or frames of an earlier log.
                break;
            }
            if !is_whole {
                visit(Err(malformed!("the journal ends inside a frame, at {at}")));
                break;
            }
            let (start, page) = frame.split_at_checked(FRAME_HEADER as usize).unwrap_or_default();
            checksum = checksum.with(start.get(..8).unwrap_or_default()).with(page);
            if !checksum.is_at(start, 16) {
                visit(Err(malformed!(
                    "the frame of the journal at {at} has another checksum: no later one counts"
                )));
                break;
            }
            pending.push((be32(start, 0).unwrap_or(0), at + FRAME_HEADER));
            at += FRAME_HEADER + page_size;
            if let Some(count) = be32(start, 4).filter(|&count| count > 0) {
                pages = count;
                offsets.extend(pending.drain(..));
            }
        }
        Ok((pages > 0).then_some(Self { file, page_size, offsets, pages }))
    }

    pub(super) const fn page_size(&self) -> u64 {
        self.page_size
    }

    pub(super) const fn pages(&self) -> u32 {
        self.pages
    }

    pub(super) fn has(&self, page: u32) -> bool {
        self.offsets.contains_key(&page)
    }

    /// Appends a part of a page, where it holds that page; whether the part is there.
    pub(super) fn part(&mut self, page: u32, offset: u64, len: u64, into: &mut Vec<u8>) -> Option<bool> {
        let start = self.offsets.get(&page)?;
        Some(self.file.read(start + offset, len, into))
    }
}
