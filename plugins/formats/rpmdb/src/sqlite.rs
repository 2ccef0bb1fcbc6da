//! [SQLite](https://www.sqlite.org/fileformat2.html), as far as it takes to read one table, such as the b-tree of
//! `Packages (hnum INTEGER PRIMARY KEY, blob BLOB)`, with its overflow pages, over what the journal changes.

mod wal;

use std::cell::RefCell;

use crate::error::{malformed, unsupported};
use crate::source::{Cached, Seen};
use crate::{Error, Header, MAX_HEADER, ReadAt, Visitor};
use wal::Wal;

/// What the file begins with.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

/// The header of the database, at the beginning of its first page.
const HEADER: u64 = 100;

const TABLE_LEAF: u8 = 0x0d;
const TABLE_INTERIOR: u8 = 0x05;

/// How many pages and rows may be broken before the rest is left: a page costs little, and a file may name
/// more of them than it has.
const MAX_BROKEN: u32 = 100_000;

/// The table of packages, as rpm calls it.
const TABLE: &[u8] = b"Packages";

struct Pages<'a> {
    file: Cached<'a>,
    wal: Option<Wal<'a>>,
    /// Of a page, in bytes.
    size: u64,
    /// What of it is used; the rest is at its end.
    usable: u64,
    /// How many pages the database has.
    count: u32,
    /// Pages that were read.
    seen: Seen,
}

pub(crate) fn read(
    file: Cached<'_>,
    journal: Option<&dyn ReadAt>,
    visit: &mut Visitor<'_>,
) -> Result<(), Error> {
    let mut payload = Vec::new();
    let (mut pages, root) = find(file, journal, TABLE, &mut payload, visit)?;
    let broken = pages.walk(root, &mut payload, visit, &mut |payload, visit| match blob(payload) {
        Some(blob) => visit(Header::parse(blob)),
        None => visit(Err(malformed!("a row of `Packages` has no blob"))),
    });
    if broken > 0 && pages.enter_free() {
        pages.salvage(&mut payload, visit);
    }
    Ok(())
}

/// Shows every row of a table, and what of it cannot be read.
pub(crate) fn rows(
    file: Cached<'_>,
    journal: Option<&dyn ReadAt>,
    table: &str,
    visit: &mut dyn FnMut(Result<Row<'_>, Error>),
) -> Result<(), Error> {
    let visit = RefCell::new(visit);
    let mut problems = |shown: Result<Header<'_>, Error>| {
        if let Err(why) = shown {
            visit.borrow_mut()(Err(why));
        }
    };
    let mut payload = Vec::new();
    let (mut pages, root) = find(file, journal, table.as_bytes(), &mut payload, &mut problems)?;
    pages.walk(root, &mut payload, &mut problems, &mut |payload, _| visit.borrow_mut()(Ok(Row(payload))));
    Ok(())
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a>(&'a [u8]);

impl<'a> Row<'a> {
    /// The text in a column, counted from 0; none where it is null, no text, or not UTF-8.
    pub fn text(&self, column: usize) -> Option<&'a str> {
        let (kind, bytes) = values(self.0).nth(column)?;
        (kind >= 13 && kind % 2 == 1).then(|| str::from_utf8(bytes).ok()).flatten()
    }
}

/// Opens a database, and finds the first page of a table.
fn find<'a>(
    file: Cached<'a>,
    journal: Option<&'a dyn ReadAt>,
    table: &[u8],
    payload: &mut Vec<u8>,
    visit: &mut Visitor<'_>,
) -> Result<(Pages<'a>, u32), Error> {
    let wal = match journal.map(|journal| Wal::read(Cached::new(journal), visit)) {
        Some(Ok(wal)) => wal,
        Some(Err(why)) => {
            visit(Err(why));
            None
        }
        None => None,
    };
    let mut pages = Pages::open(file, wal)?;
    let mut root = None;
    pages.walk(1, payload, visit, &mut |payload, _| root = root.or(root_of(payload, table)));
    let name = String::from_utf8_lossy(table);
    Ok((pages, root.ok_or_else(|| malformed!("the database has no table `{name}`"))?))
}

impl<'a> Pages<'a> {
    fn open(file: Cached<'a>, wal: Option<Wal<'a>>) -> Result<Self, Error> {
        // Until the size of a page is known: the header is in the first page, wherever that is.
        let size = wal.as_ref().map_or(u64::from(u16::MAX) + 1, Wal::page_size);
        let mut pages = Self { file, wal, size, usable: size, count: u32::MAX, seen: Seen::default() };
        let mut header = Vec::new();
        if !pages.part(1, 0, HEADER, &mut header) {
            return Err(malformed!("the file ends inside its header"));
        }
        if !header.starts_with(MAGIC) {
            return Err(malformed!("the first page does not begin as that of SQLite"));
        }
        let byte = |at: usize| header.get(at).copied().unwrap_or(0);
        if byte(19) > 2 {
            return Err(unsupported!("the database is of version {} of SQLite's format", byte(19)));
        }
        if !matches!(be32(&header, 56), Some(0 | 1)) {
            return Err(unsupported!("texts of the database are not in UTF-8"));
        }
        let size = match be16(&header, 16) {
            Some(1) => 65536,
            Some(size) => u64::from(size),
            None => 0,
        };
        let reserved = u64::from(byte(20));
        if !(512..=65536).contains(&size) || !size.is_power_of_two() || size - reserved < 480 {
            return Err(malformed!("a page has {size} bytes, of which {reserved} are not used"));
        }
        let held = u32::try_from(pages.file.size() / size).unwrap_or(u32::MAX);
        // The number of pages counts where it was written together with the counter of changes.
        let stated = be32(&header, 28).filter(|&count| count > 0 && be32(&header, 24) == be32(&header, 92));
        let count = match &pages.wal {
            Some(wal) if wal.page_size() != size => {
                return Err(malformed!("a page has {size} bytes, and {} in the journal", wal.page_size()));
            }
            Some(wal) => wal.pages(),
            None => stated.unwrap_or(held),
        };
        (pages.size, pages.usable, pages.count) = (size, size - reserved, count);
        Ok(pages)
    }

    /// Appends a part of a page; whether it is there.
    fn part(&mut self, page: u32, offset: u64, len: u64, into: &mut Vec<u8>) -> bool {
        if let Some(wal) = &mut self.wal
            && let Some(there) = wal.part(page, offset, len, into)
        {
            return there;
        }
        let Some(before) = page.checked_sub(1) else { return false };
        self.file.read(u64::from(before) * self.size + offset, len, into)
    }

    /// Marks a page as read.
    fn enter(&mut self, page: u32) -> Result<(), Error> {
        if page == 0 || page > self.count {
            return Err(malformed!("page {page} is none of the {} of the database", self.count));
        }
        let held = self.file.size().div_ceil(self.size);
        let is_there = u64::from(page) <= held || self.wal.as_ref().is_some_and(|wal| wal.has(page));
        if !is_there {
            return Err(malformed!("page {page} of {} is behind the end of the file", self.count));
        }
        if !self.seen.insert(page) {
            return Err(malformed!("page {page} is one of another's"));
        }
        Ok(())
    }

    /// Marks the pages that are free, which hold what was once there; whether all are known.
    fn enter_free(&mut self) -> bool {
        let mut start = Vec::new();
        self.part(1, 32, 4, &mut start);
        let mut trunk = be32(&start, 0).unwrap_or(0);
        let mut page = Vec::new();
        while trunk != 0 {
            page.clear();
            if self.enter(trunk).is_err() || !self.part(trunk, 0, self.usable, &mut page) {
                return false;
            }
            let count = be32(&page, 4).map_or(0, |count| count as usize).min(page.len() / 4);
            for free in (0..count).filter_map(|index| be32(&page, 8 + 4 * index)) {
                if free <= self.count {
                    self.seen.insert(free);
                }
            }
            trunk = be32(&page, 0).unwrap_or(0);
        }
        true
    }

    /// Shows the packages on pages that are not reached, since a page that leads to them is lost: those above many
    /// others are among the last that are written, and so among the first that are cut off.
    fn salvage(&mut self, payload: &mut Vec<u8>, visit: &mut Visitor<'_>) {
        let held = u32::try_from(self.file.size() / self.size).unwrap_or(u32::MAX);
        for page in 2..=self.count.min(held) {
            let mut kind = Vec::with_capacity(1);
            if self.seen.contains(page) || !self.part(page, 0, 1, &mut kind) || kind != [TABLE_LEAF] {
                continue;
            }
            // Of the rows of other tables, none is the header of a package.
            self.walk(page, payload, &mut |_| {}, &mut |payload, _| {
                if let Some(header) = blob(payload).and_then(|blob| Header::parse(blob).ok())
                    && header.package().is_ok()
                {
                    visit(Ok(header));
                }
            });
        }
    }

    /// Shows the rows of a table, whose b-tree begins at `root`, and what of it cannot be read: how many pages and rows
    /// that are.
    fn walk(
        &mut self,
        root: u32,
        payload: &mut Vec<u8>,
        visit: &mut Visitor<'_>,
        row: &mut dyn FnMut(&[u8], &mut Visitor<'_>),
    ) -> u32 {
        let mut stack = vec![root];
        let mut page = Vec::new();
        let mut broken = 0;
        while let Some(number) = stack.pop() {
            if broken > MAX_BROKEN {
                visit(Err(malformed!("too much of the database is damaged: the rest is not read")));
                break;
            }
            page.clear();
            let entered = self.enter(number);
            let there = entered.is_ok() && self.part(number, 0, self.usable, &mut page);
            if let Err(why) = entered {
                broken += 1;
                visit(Err(why));
                continue;
            }
            if !there {
                broken += 1;
                visit(Err(malformed!("the file ends inside page {number}")));
            }
            let start = if number == 1 { HEADER as usize } else { 0 };
            let kind = page.get(start).copied();
            let header = start + if kind == Some(TABLE_INTERIOR) { 12 } else { 8 };
            let room = page.len().saturating_sub(header) / 2;
            let stated = be16(&page, start + 3).map_or(0, usize::from);
            if stated > room && there {
                visit(Err(malformed!("page {number} names {stated} cells, which is more than it holds")));
            }
            let cells = stated.min(room);
            let cell = |index: usize| {
                let at = be16(&page, header + 2 * index).map_or(0, usize::from);
                page.get(at..).unwrap_or_default()
            };
            match kind {
                Some(TABLE_INTERIOR) => {
                    let last = be32(&page, start + 8);
                    // The first child goes on top.
                    let children = (0..cells).map(|index| be32(cell(index), 0)).chain([last]);
                    let before = stack.len();
                    let mut lost = 0;
                    for child in children {
                        match child {
                            Some(child) => stack.push(child),
                            None => lost += 1,
                        }
                    }
                    stack.get_mut(before..).unwrap_or_default().reverse();
                    if lost > 0 {
                        broken += 1;
                        visit(Err(malformed!(
                            "page {number} does not hold {lost} of the pages that it names"
                        )));
                    }
                }
                Some(TABLE_LEAF) => {
                    // Cells do not overlap, so that all of them are no more than the page.
                    let mut left = page.len();
                    for index in 0..cells {
                        let place = format_args!("row {index} of page {number}");
                        match self.payload(cell(index), &mut left, payload) {
                            Ok(()) => row(payload, visit),
                            Err(why) => {
                                broken += 1;
                                visit(Err(why.at(place)));
                            }
                        }
                    }
                }
                _ if !there && page.is_empty() => {}
                _ => {
                    broken += 1;
                    visit(Err(malformed!("page {number} is none of a table")));
                }
            }
        }
        broken
    }

    /// The content of a row, some of which may be on pages of its own.
    fn payload(&mut self, cell: &[u8], left: &mut usize, payload: &mut Vec<u8>) -> Result<(), Error> {
        let outside = || malformed!("it is not on its page");
        payload.clear();
        let (length, rest) = varint(cell).ok_or_else(outside)?;
        let (_, rest) = varint(rest).ok_or_else(outside)?;
        if length > MAX_HEADER {
            return Err(unsupported!("its header has {length} bytes, over the limit of {MAX_HEADER}"));
        }
        payload.reserve(length.min(self.file.size()) as usize);
        let local = self.local(length);
        *left = left.checked_sub(local).ok_or_else(|| malformed!("it lies upon others"))?;
        payload.extend_from_slice(rest.get(..local).ok_or_else(outside)?);
        if local as u64 == length {
            return Ok(());
        }
        let mut next = be32(rest, local).ok_or_else(outside)?;
        while (payload.len() as u64) < length {
            self.enter(next)?;
            let len = (length - payload.len() as u64).min(self.usable - 4);
            let mut link = Vec::with_capacity(4);
            if !self.part(next, 0, 4, &mut link) || !self.part(next, 4, len, payload) {
                return Err(malformed!("the file ends inside page {next}"));
            }
            next = be32(&link, 0).unwrap_or(0);
        }
        Ok(())
    }

    /// How many bytes of a row are on its page.
    const fn local(&self, length: u64) -> usize {
        let (usable, most) = (self.usable, self.usable - 35);
        if length <= most {
            return length as usize;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let wanted = least + (length - least) % (usable - 4);
        (if wanted <= most { wanted } else { least }) as usize
    }
}

/// Values of a row: the type of each, and its bytes.
fn values(payload: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let (mut types, mut content) = (&[][..], &[][..]);
    if let Some((length, _)) = varint(payload)
        && let Some((header, rest)) = usize::try_from(length).ok().and_then(|at| payload.split_at_checked(at))
    {
        types = varint(header).map_or(&[][..], |(_, types)| types);
        content = rest;
    }
    std::iter::from_fn(move || {
        let (kind, rest) = varint(types)?;
        types = rest;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let (value, rest) = content.split_at_checked(usize::try_from(length).ok()?)?;
        content = rest;
        Some((kind, value))
    })
    .fuse()
}

/// The first page of a table, where a row of the schema describes that.
fn root_of(payload: &[u8], table: &[u8]) -> Option<u32> {
    let mut values = values(payload);
    let (kind, name) = (values.next()?.1, values.next()?.1);
    let root = values.nth(1)?.1;
    if kind != b"table" || !name.eq_ignore_ascii_case(table) || root.len() > 4 {
        return None;
    }
    Some(root.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
}

/// The first value of a row that is a blob: the header of a package.
fn blob(payload: &[u8]) -> Option<&[u8]> {
    values(payload).find(|(kind, _)| *kind >= 12 && kind % 2 == 0).map(|(_, bytes)| bytes)
}

/// A number of one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (index, &byte) in bytes.iter().take(9).enumerate() {
        let rest = bytes.get(index + 1..)?;
        if index == 8 {
            return Some((number << 8 | u64::from(byte), rest));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, rest));
        }
    }
    None
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        assert_eq!(varint(&[0x7f, 1]), Some((0x7f, &[1][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((0x80, &[][..])));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(varint(&[]), None);
    }
}
