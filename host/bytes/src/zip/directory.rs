use std::io::{self, BufReader, Read};

use crate::{Error, Limit, Part, PartReader};

/// [4.3.16]: the end of central directory record, and the longest comment behind it, in bytes.
const END: u64 = 22;
const COMMENT: u64 = 0xffff;
/// [4.3.15]: the zip64 end of central directory locator, in bytes.
const LOCATOR: u64 = 20;
/// [4.5.3]: the extra field with sizes and offsets that do not fit into 32 bits.
const ZIP64: u16 = 1;

/// A member as the directory describes it.
#[derive(Debug)]
pub struct Entry {
    /// Its path in the zip, with a slash at its end where it is a folder (4.3.8): says where it comes
    /// from, and nothing about where it may go.
    pub name: String,
    /// Its size in bytes, as the directory states it.
    pub size: u64,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    pub(super) stored_size: u64,
    /// Where its own header is in the file.
    pub(super) offset: u64,
}

/// Reads the central directory entry by entry, and holds none of them.
#[derive(Debug)]
pub(super) struct Directory {
    entries: BufReader<PartReader>,
    what: String,
    /// Where it begins in the file.
    offset: u64,
    left: u64,
}

/// Where the directory is.
#[derive(Debug)]
struct Place {
    entries: u64,
    size: u64,
    offset: u64,
    /// Where what follows it begins.
    end: u64,
}

impl Directory {
    /// Finds it from the end of the file on.
    pub(super) fn find(file: &Part, what: &str, most: Limit) -> Result<Self, Error> {
        let place = place(file, what)?;
        most.check(format_args!("the number of members of {what}"), place.entries)?;
        let inside = place.offset.checked_add(place.size).is_some_and(|end| end <= place.end);
        let section = file.section(place.offset, place.size).filter(|_| inside);
        let section = section.ok_or_else(|| {
            Error::damaged(what, place.end, "the directory of the zip is not inside of the file")
        })?;
        let (entries, what) = (BufReader::new(section.reader()), what.to_owned());
        Ok(Self { entries, what, offset: place.offset, left: place.entries })
    }

    pub(super) fn next(&mut self) -> Result<Option<Entry>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.entry().map(Some)
    }

    fn damaged(&self, why: &str) -> Error {
        Error::damaged(&self.what, self.offset, why)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.entries.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("the directory of the zip ends early"),
            _ => Error::io(format_args!("reading {}", self.what))(error),
        })
    }

    /// [4.3.12]
    fn entry(&mut self) -> Result<Entry, Error> {
        let mut header = [0; 46];
        self.fill(&mut header)?;
        if !header.starts_with(b"PK\x01\x02") {
            return Err(self.damaged("the directory of the zip is shorter than it says"));
        }
        let name = self.bytes(short(&header, 28))?;
        let extra = self.bytes(short(&header, 30))?;
        self.bytes(short(&header, 32))?;
        let mut wide = Wide(zip64(&extra));
        // In this order they stand in the extra field, those that are needed.
        let mut number = |at| {
            let missing = || self.damaged("a size in the directory of the zip is missing");
            wide.or(long(&header, at)).ok_or_else(missing)
        };
        let size = number(24)?;
        let stored_size = number(20)?;
        let offset = number(42)?;
        Ok(Entry {
            name: String::from_utf8_lossy(&name).into_owned(),
            flags: short(&header, 8),
            method: short(&header, 10),
            checksum: long(&header, 16),
            stored_size,
            size,
            offset,
        })
    }

    fn bytes(&mut self, length: u16) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; usize::from(length)];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

fn place(file: &Part, what: &str) -> Result<Place, Error> {
    let tail = file.len().min(END + COMMENT);
    let from = file.len() - tail;
    let mut bytes = Vec::new();
    if let Some(section) = file.section(from, tail) {
        let read = section.reader().read_to_end(&mut bytes);
        read.map_err(Error::io(format_args!("reading {what}")))?;
    }
    // The comment reaches to the end, so that what stands in a comment is not taken for the record.
    let record = (0..bytes.len()).rev().find_map(|at| {
        let record = bytes.get(at..)?;
        let whole = record.starts_with(b"PK\x05\x06") && record.len() >= END as usize;
        (whole && record.len() as u64 == END + u64::from(short(record, 20))).then_some((at, record))
    });
    let (at, record) =
        record.ok_or_else(|| Error::damaged(what, file.len(), "the zip ends without its directory"))?;
    let end = from + at as u64;
    let found = Place {
        entries: u64::from(short(record, 10)),
        size: u64::from(long(record, 12)),
        offset: u64::from(long(record, 16)),
        end,
    };
    let is_wide = found.entries == 0xffff || found.size == 0xffff_ffff || found.offset == 0xffff_ffff;
    let found = if is_wide { wide_place(file, what, end)?.unwrap_or(found) } else { found };
    if short(record, 4) != short(record, 6) {
        return Err(Error::unsupported(what, "the zip is one of several files, which is not read"));
    }
    Ok(found)
}

/// [4.3.14], where there is one.
fn wide_place(file: &Part, what: &str, end: u64) -> Result<Option<Place>, Error> {
    let reading = || Error::io(format!("reading {what}"));
    let Some(at) = end.checked_sub(LOCATOR) else { return Ok(None) };
    let locator: Option<[u8; LOCATOR as usize]> = file.bytes(at).map_err(reading())?;
    let Some(locator) = locator.filter(|locator| locator.starts_with(b"PK\x06\x07")) else { return Ok(None) };
    let at = wide(&locator, 8);
    let record: Option<[u8; 56]> = file.bytes(at).map_err(reading())?;
    let record = record.filter(|record| record.starts_with(b"PK\x06\x06"));
    let record =
        record.ok_or_else(|| Error::damaged(what, at, "the directory of the zip is not where it says"))?;
    let place =
        Place { entries: wide(&record, 32), size: wide(&record, 40), offset: wide(&record, 48), end: at };
    Ok(Some(place))
}

/// The numbers of a zip64 extra field; nothing where there is none.
fn zip64(mut extra: &[u8]) -> &[u8] {
    while let [i0, i1, l0, l1, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*l0, *l1])).min(rest.len());
        let (field, after) = rest.split_at(length);
        if u16::from_le_bytes([*i0, *i1]) == ZIP64 {
            return field;
        }
        extra = after;
    }
    &[]
}

/// Takes numbers from a zip64 extra field, as long as they are asked for.
struct Wide<'a>(&'a [u8]);

impl Wide<'_> {
    fn or(&mut self, narrow: u32) -> Option<u64> {
        if narrow != u32::MAX {
            return Some(u64::from(narrow));
        }
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |number| u16::from_le_bytes(*number))
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |number| u32::from_le_bytes(*number))
}

fn wide(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |number| u64::from_le_bytes(*number))
}
