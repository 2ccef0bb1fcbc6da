//! The hash of Berkeley DB, the form of `Packages`: pages of pairs, of which the key is the number of a package,
//! and the value its header, on pages of its own where it is large.
//!
//! All pages of pairs count, whichever bucket they are of: a page that is free has another type. So nothing is lost
//! where a chain of pages is broken. Numbers are in the byte order of the machine that made the file.

use crate::error::{malformed, unsupported};
use crate::source::{Cached, Seen};
use crate::{Error, Header, MAX_HEADER, Visitor};

const HASH: u32 = 0x0006_1561;
const BTREE: u32 = 0x0005_3162;

/// The header of a page, in bytes.
const PAGE_HEADER: u64 = 26;

// Types of pages.
const HASH_META: u8 = 8;
const HASH_UNSORTED: u8 = 2;
const HASH_SORTED: u8 = 13;
const OVERFLOW: u8 = 7;

// Types of items in a page of pairs.
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

/// How many pairs of one page may be broken before the rest of it is left.
const MAX_BROKEN: u32 = 100;

/// Whether these four bytes, at offset 12, are those of Berkeley DB.
pub(crate) fn is_magic(bytes: &[u8]) -> bool {
    let Some(bytes) = bytes.first_chunk() else { return false };
    [u32::from_le_bytes(*bytes), u32::from_be_bytes(*bytes)].iter().any(|magic| [HASH, BTREE].contains(magic))
}

struct Pages<'a> {
    file: Cached<'a>,
    big_endian: bool,
    /// Of a page, in bytes.
    size: u64,
    /// How many there are in the file.
    count: u32,
    /// Pages of values that were read.
    seen: Seen,
}

/// Where a value is.
enum Item {
    Here { start: usize, end: usize },
    Elsewhere { page: u32, length: u32 },
}

pub(crate) fn read(mut file: Cached<'_>, visit: &mut Visitor<'_>) -> Result<(), Error> {
    let Some(meta) = file.array::<96>(0) else { return Err(malformed!("the file ends inside its header")) };
    let big_endian = u32_at(&meta, 12, true).is_some_and(|magic| [HASH, BTREE].contains(&magic));
    let number = |at| u32_at(&meta, at, big_endian).unwrap_or(0);
    if number(12) != HASH || meta.get(25) != Some(&HASH_META) {
        return Err(unsupported!("the database is no hash of Berkeley DB"));
    }
    let (version, size, last, records) = (number(16), u64::from(number(20)), number(32), number(88));
    if !(7..=10).contains(&version) {
        return Err(unsupported!("the database is of version {version} of Berkeley DB's hash"));
    }
    // An algorithm of encryption, and checksums of pages.
    if meta
        .get(24..27)
        .is_none_or(|meta| meta.first() != Some(&0) || meta.last().is_none_or(|flags| flags & 1 != 0))
    {
        return Err(unsupported!("the database is encrypted, or has checksums"));
    }
    if !(512..=65536).contains(&size) || !size.is_power_of_two() {
        return Err(malformed!("a page has {size} bytes"));
    }
    let held = file.size() / size;
    let count = u32::try_from(held).unwrap_or(u32::MAX);
    if held <= u64::from(last) {
        visit(Err(malformed!("the file ends before page {held}, and the database has pages up to {last}")));
    }
    let mut pages = Pages { file, big_endian, size, count, seen: Seen::default() };
    let mut found = 0_u32;
    let (mut page, mut blob) = (Vec::new(), Vec::new());
    for number in 1..count {
        let kind = pages.file.array::<1>(u64::from(number) * size + 25);
        if !matches!(kind, Some([HASH_UNSORTED | HASH_SORTED])) {
            continue;
        }
        page.clear();
        pages.file.read(u64::from(number) * size, size, &mut page);
        found = found.saturating_add(pages.pairs(number, &page, &mut blob, visit));
    }
    if found < records {
        visit(Err(malformed!("the database has {records} records, of which {found} were found")));
    }
    Ok(())
}

impl Pages<'_> {
    /// Shows the headers of a page of pairs; how many pairs it has.
    fn pairs(&mut self, number: u32, page: &[u8], blob: &mut Vec<u8>, visit: &mut Visitor<'_>) -> u32 {
        let entries = usize::from(u16_at(page, 20, self.big_endian).unwrap_or(0));
        if PAGE_HEADER as usize + 2 * entries > page.len() {
            visit(Err(malformed!("page {number} names {entries} items, which is more than it holds")));
            return 0;
        }
        let mut pairs = 0;
        let mut broken = 0;
        for index in (0..entries.saturating_sub(1)).step_by(2) {
            pairs += 1;
            let key = match self.item(page, index) {
                Some(Item::Here { start, end }) => page
                    .get(start..end)
                    .filter(|key| key.len() == 4)
                    .and_then(|key| u32_at(key, 0, self.big_endian)),
                _ => None,
            };
            let place = match key {
                // Which number the next package gets.
                Some(0) => continue,
                Some(package) => format!("package {package}"),
                None => format!("item {index} of page {number}"),
            };
            let header = match self.item(page, index + 1) {
                Some(Item::Here { start, end }) => Ok(page.get(start..end).unwrap_or_default()),
                Some(Item::Elsewhere { page, length }) => {
                    self.overflow(page, length, blob).map(|()| blob.as_slice())
                }
                None => Err(malformed!("its value on page {number} is none")),
            };
            let header = header.and_then(Header::parse).map_err(|why| why.at(&place));
            broken += u32::from(header.is_err());
            visit(header);
            if broken > MAX_BROKEN {
                visit(Err(malformed!("too much of page {number} is damaged: the rest of it is not read")));
                break;
            }
        }
        pairs
    }

    /// An item of a page. Items lie one before the other, from the end of the page.
    fn item(&self, page: &[u8], index: usize) -> Option<Item> {
        let offset =
            |index: usize| u16_at(page, PAGE_HEADER as usize + 2 * index, self.big_endian).map(usize::from);
        let start = offset(index)?;
        let end = match index.checked_sub(1) {
            Some(before) => offset(before)?,
            None => page.len(),
        };
        match *page.get(start)? {
            KEY_DATA if start < end && end <= page.len() => Some(Item::Here { start: start + 1, end }),
            OFF_PAGE => Some(Item::Elsewhere {
                page: u32_at(page, start + 4, self.big_endian)?,
                length: u32_at(page, start + 8, self.big_endian)?,
            }),
            _ => None,
        }
    }

    /// Reads a value that has pages of its own.
    fn overflow(&mut self, first: u32, length: u32, blob: &mut Vec<u8>) -> Result<(), Error> {
        if u64::from(length) > MAX_HEADER {
            return Err(unsupported!("its header has {length} bytes, over the limit of {MAX_HEADER}"));
        }
        blob.clear();
        blob.reserve(u64::from(length).min(self.file.size()) as usize);
        let mut next = first;
        while next != 0 && (blob.len() as u64) < u64::from(length) {
            if next >= self.count {
                return Err(malformed!("its page {next} is behind the end of the file"));
            }
            if !self.seen.insert(next) {
                return Err(malformed!("its page {next} is one of another's"));
            }
            let start = u64::from(next) * self.size;
            let header = self.file.array::<26>(start).unwrap_or_default();
            let used = u64::from(u16_at(&header, 22, self.big_endian).unwrap_or(0));
            if header.last() != Some(&OVERFLOW) || used > self.size - PAGE_HEADER {
                return Err(malformed!("its page {next} is none of a value"));
            }
            self.file.read(start + PAGE_HEADER, used, blob);
            next = u32_at(&header, 16, self.big_endian).unwrap_or(0);
        }
        if blob.len() as u64 == u64::from(length) {
            return Ok(());
        }
        Err(malformed!("its pages hold {} bytes of its {length}", blob.len()))
    }
}

fn u32_at(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *bytes.get(at..)?.first_chunk()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

fn u16_at(bytes: &[u8], at: usize, big_endian: bool) -> Option<u16> {
    let bytes = *bytes.get(at..)?.first_chunk()?;
    Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}
