//! Programs of WebAssembly (`GOOS=js`, `GOOS=wasip1`), into which Go's linker writes no build info as into others.
//!
//! | Part | States |
//! |---|---|
//! | section `producers` | Go's version |
//! | data: a text between two marks, as [`runtime/debug`](https://pkg.go.dev/runtime/debug#ReadBuildInfo) reads it | the modules |
//! | data: table of lines | which functions are linked in, or inlined |
//!
//! [Data](https://webassembly.github.io/spec/core/binary/modules.html#data-section) is what memory holds at the start:
//! segments, each with its address. The linker leaves out eight zeros and more between them.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use memchr::memmem;

use crate::build_info::{BuildInfo, MAX_MODULES};
use crate::functions::{self, Functions};

/// How a module of WebAssembly begins.
pub(crate) const MAGIC: &[u8] = b"\0asm";

/// The version behind it. Components have another.
const VERSION: &[u8] = b"\x01\0\0\0";

/// What is before the list of modules, and what is behind it.
pub(crate) const MARKS: [&[u8]; 2] = [
    b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6",
    b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2",
];

/// How many sections are looked at; Go writes about fifteen.
const MAX_SECTIONS: usize = 1024;

/// How many segments of data are read. Go's linker makes no more: engines refuse such programs.
const MAX_SEGMENTS: u32 = 100_000;

/// How much of a section for tools is read, in bytes.
const MAX_PRODUCERS: u32 = 4096;

/// How much of the data is looked through, in bytes.
const MAX_DATA: u64 = 64 << 20;

/// How much is looked through at once, in bytes.
const PIECE: u32 = 1 << 20;

/// How much is read at once of headers, in bytes.
const BUFFER: u32 = 64 << 10;

const CUSTOM: u8 = 0;
const DATA: u8 = 11;

/// A program.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    file: &'a File,
    /// Go's version; empty where the program does not state it.
    go: String,
    /// Where the data begins and ends in the file.
    data: (u64, u64),
    /// In the order of their addresses.
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    address: u64,
    offset: u64,
    size: u64,
}

impl<'a> Program<'a> {
    /// Reads where its parts are.
    ///
    /// # Errors
    /// [`Error::Malformed`] where its sections or its data are damaged; [`Error::Unsupported`] where it is a component,
    /// which holds programs.
    pub(crate) fn read(file: &'a File) -> Result<Self, Error> {
        if file.read_at(MAGIC.len() as u64, 4) != VERSION {
            return Err(Error::unsupported("a component of WebAssembly: the programs in it are not read"));
        }
        let damaged = || Error::malformed("the sections of the program of WebAssembly are damaged");
        let mut program = Self { file, go: String::new(), data: (0, 0), segments: Vec::new() };
        let mut bytes = Bytes { file, at: 8, end: file.size(), buffer: Vec::new(), buffered: 0 };
        for _ in 0..MAX_SECTIONS {
            let Some(kind) = bytes.next() else { return Ok(program) };
            let size = bytes.number().ok_or_else(damaged)?;
            let start = bytes.at;
            let end = start.checked_add(size).filter(|&end| end <= file.size()).ok_or_else(damaged)?;
            match kind {
                CUSTOM => {
                    let section =
                        file.read_at(start, u32::try_from(size).unwrap_or(u32::MAX).min(MAX_PRODUCERS));
                    program.go = producer(&section).unwrap_or(program.go);
                }
                DATA => {
                    program.data = (start, end);
                    let within = Bytes { file, at: start, end, buffer: Vec::new(), buffered: 0 };
                    program.segments = segments(within).ok_or_else(damaged)?;
                }
                _ => {}
            }
            bytes.skip_to(end);
        }
        Ok(program)
    }

    /// What it states of itself; of a program without modules, Go's version only.
    pub(crate) fn build_info(&self) -> Result<BuildInfo, Error> {
        let modules = match self.find(&[MARKS[0]]) {
            None => String::new(),
            Some((_, at)) => {
                let start = at.saturating_add(MARKS[0].len() as u64);
                let longest = self.data.1.saturating_sub(start).min(MAX_MODULES);
                let text = self.file.read_at(start, u32::try_from(longest).unwrap_or(0));
                let end = memmem::find(&text, MARKS[1]);
                let text = end.and_then(|end| text.get(..end)).ok_or_else(|| {
                    Error::malformed(format_args!(
                        "the list of modules ends early, or has more than {MAX_MODULES} bytes"
                    ))
                })?;
                String::from_utf8_lossy(text).into_owned()
            }
        };
        Ok(BuildInfo { go: self.go.clone(), modules })
    }

    /// The names of its functions.
    pub(crate) fn functions(&self) -> Option<Functions> {
        let starts: Vec<_> = functions::starts().map(|start| [&start[..], &[1, 8]].concat()).collect();
        let starts: Vec<_> = starts.iter().map(Vec::as_slice).collect();
        let (_, offset) = self.find(&starts)?;
        let segment = self.segments.iter().find(|segment| {
            offset.checked_sub(segment.offset).is_some_and(|distance| distance < segment.size)
        })?;
        let address = segment.address.checked_add(offset.checked_sub(segment.offset)?)?;
        Functions::at(address, |address, len| self.at(address, len))
    }

    /// The first of some texts in the data, and where it is in the file.
    fn find(&self, texts: &[&[u8]]) -> Option<(usize, u64)> {
        let finders: Vec<_> = texts.iter().map(memmem::Finder::new).collect();
        let overlap = texts.iter().map(|text| text.len()).max()? as u64;
        let (mut at, end) = (self.data.0, self.data.1.min(self.data.0.saturating_add(MAX_DATA)));
        while at < end {
            let len = u32::try_from(end - at).unwrap_or(PIECE).min(PIECE);
            let piece = self.file.read_at(at, len);
            let found =
                finders.iter().enumerate().filter_map(|(place, finder)| Some((finder.find(&piece)?, place)));
            if let Some((distance, place)) = found.min() {
                return Some((place, at.checked_add(distance as u64)?));
            }
            if u64::from(len) <= overlap {
                return None;
            }
            at = at.checked_add(u64::from(len) - overlap)?;
        }
        None
    }

    /// At most `len` bytes of what memory holds at an address, with the zeros between segments; fewer where the last
    /// of them ends.
    fn at(&self, address: u64, len: u32) -> Vec<u8> {
        let first =
            self.segments.partition_point(|segment| segment.address.saturating_add(segment.size) <= address);
        let end = address.saturating_add(len.into());
        let mut bytes = Vec::new();
        for segment in self.segments.iter().skip(first).take_while(|segment| segment.address < end) {
            let from = segment.address.max(address);
            let until = segment.address.saturating_add(segment.size).min(end);
            let (Ok(place), Ok(size)) =
                (usize::try_from(from - address), u32::try_from(until.saturating_sub(from)))
            else {
                break;
            };
            // Segments may overlap: the later one counts.
            bytes.truncate(place);
            bytes.resize(place, 0);
            bytes.extend(self.file.read_at(segment.offset.saturating_add(from - segment.address), size));
        }
        // What goes on behind, goes on with zeros until then.
        if self.segments.last().is_some_and(|last| last.address >= end) {
            bytes.resize(len as usize, 0);
        }
        bytes
    }
}

/// The version of Go, where a section is that of the tools that made the program.
fn producer(section: &[u8]) -> Option<String> {
    let mut section = Slice(section);
    if section.text()? != b"producers" {
        return None;
    }
    // There are more fields and values than bytes in none.
    for _ in 0..section.number()? {
        let field = section.text()?;
        for _ in 0..section.number()? {
            let (name, version) = (section.text()?, section.text()?);
            if field == b"language" && name == b"Go" {
                return String::from_utf8(version.to_vec()).ok();
            }
        }
    }
    None
}

/// What is left of some bytes.
struct Slice<'a>(&'a [u8]);

impl<'a> Slice<'a> {
    fn number(&mut self) -> Option<u64> {
        number(|| {
            let (&first, rest) = self.0.split_first()?;
            self.0 = rest;
            Some(first)
        })
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(text)
    }
}

/// The segments of data, if each has an address that stands there.
fn segments(mut bytes: Bytes<'_>) -> Option<Vec<Segment>> {
    /// Into the first memory, at an address.
    const ACTIVE: u64 = 0;
    /// The instructions `i32.const` and `end`.
    const CONSTANT: u8 = 0x41;
    const END: u8 = 0x0b;

    let count = u32::try_from(bytes.number()?).ok().filter(|&count| count <= MAX_SEGMENTS)?;
    let mut segments = Vec::new();
    for _ in 0..count {
        if bytes.number()? != ACTIVE || bytes.next()? != CONSTANT {
            return None;
        }
        let address = bytes.signed()?;
        if bytes.next()? != END {
            return None;
        }
        let size = bytes.number()?;
        let offset = bytes.at;
        let end = offset.checked_add(size).filter(|&end| end <= bytes.end)?;
        segments.push(Segment { address, offset, size });
        bytes.skip_to(end);
    }
    segments.sort_by_key(|segment| segment.address);
    Some(segments)
}

/// Bytes of a file, one after the other.
struct Bytes<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    buffered: u64,
}

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        if self.at >= self.end {
            return None;
        }
        let place = |bytes: &Self| usize::try_from(bytes.at.checked_sub(bytes.buffered)?).ok();
        if place(self).is_none_or(|place| place >= self.buffer.len()) {
            self.buffer = self.file.read_at(self.at, BUFFER);
            self.buffered = self.at;
        }
        let byte = self.buffer.get(place(self)?).copied()?;
        self.at += 1;
        Some(byte)
    }

    const fn skip_to(&mut self, place: u64) {
        self.at = place;
    }

    fn number(&mut self) -> Option<u64> {
        number(|| self.next())
    }

    /// A signed number of 32 bits, as the address that it is.
    fn signed(&mut self) -> Option<u64> {
        let mut bits = 0;
        let mut last = 0;
        let number = number(|| {
            last = self.next()?;
            bits += 7;
            Some(last)
        })?;
        let is_negative = last & 0x40 != 0;
        let extended = if is_negative && bits < 32 { number | u64::MAX << bits } else { number };
        Some(extended & u64::from(u32::MAX))
    }
}

/// A number of at most 32 bits in groups of seven, the least first.
fn number(mut next: impl FnMut() -> Option<u8>) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..5 {
        let byte = next()?;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
pub(crate) mod testing {
    //! Small programs of WebAssembly.

    use super::*;

    fn leb(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    }

    fn signed(mut number: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let byte = number as u8 & 0x7f;
            number >>= 7;
            if (number, byte & 0x40) == (0, 0) || (number == -1 && byte & 0x40 != 0) {
                bytes.push(byte);
                return bytes;
            }
            bytes.push(byte | 0x80);
        }
    }

    fn text(text: &str) -> Vec<u8> {
        [&leb(text.len() as u64)[..], text.as_bytes()].concat()
    }

    fn section(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind][..], &leb(content.len() as u64), content].concat()
    }

    /// A program whose memory holds these bytes from an address on, without its runs of zeros.
    pub(crate) fn program(go: &str, address: i32, memory: &[u8]) -> Vec<u8> {
        let (mut segments, mut at) = (Vec::new(), 0);
        while at < memory.len() {
            let rest = &memory[at..];
            let end = rest.windows(8).position(|bytes| bytes == [0; 8]).unwrap_or(rest.len());
            if end > 0 {
                segments.push((i64::from(address) + at as i64, &rest[..end]));
            }
            at += end + rest[end..].iter().take_while(|&&byte| byte == 0).count();
        }
        let mut data = leb(segments.len() as u64);
        for (address, bytes) in segments {
            data.extend(
                [&[0, 0x41][..], &signed(address), &[0x0b], &leb(bytes.len() as u64), bytes].concat(),
            );
        }
        let made = [text("language"), vec![1], text("Go"), text(go)].concat();
        let producers = [text("producers"), vec![1], made].concat();
        let id = [text("go:buildid"), b"\xff Go build ID: \"a\"\n \xff".to_vec()].concat();
        let producers = if go.is_empty() { Vec::new() } else { section(CUSTOM, &producers) };
        [MAGIC, VERSION, &section(CUSTOM, &id), &section(1, &[0]), &section(DATA, &data), &producers].concat()
    }

    /// A list of modules between its marks.
    pub(crate) fn marked(lines: &str) -> Vec<u8> {
        [MARKS[0], lines.as_bytes(), MARKS[1]].concat()
    }
}
