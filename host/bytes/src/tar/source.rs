use std::io::{self, Read};

use crate::{Error, Part};

/// Where a walker gets its bytes from.
pub trait Source {
    /// The next bytes, at most `max`; none at the end.
    ///
    /// # Errors
    /// They cannot be read.
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error>;

    /// Passes over `count` bytes, or as many as there are; returns how many.
    ///
    /// # Errors
    /// They cannot be read.
    fn skip(&mut self, count: u64) -> Result<u64, Error>;

    /// How many bytes were read and passed over.
    fn position(&self) -> u64;
}

/// Fills a buffer; returns how much of it, which is less only at the end.
pub(super) fn fill(source: &mut dyn Source, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let chunk = source.chunk(rest.len())?;
        if chunk.is_empty() {
            break;
        }
        for (to, from) in rest.iter_mut().zip(chunk) {
            *to = *from;
        }
        filled += chunk.len();
    }
    Ok(filled)
}

/// A tar that can be read at any position, of which mostly headers are wanted.
pub struct PartSource<'a> {
    part: &'a Part,
    what: &'a str,
    at: u64,
    buffer: Vec<u8>,
}

impl<'a> PartSource<'a> {
    /// Reads from the beginning of a part; `what` is for errors.
    pub fn new(part: &'a Part, what: &'a str) -> Self {
        Self { part, what, at: 0, buffer: Vec::new() }
    }
}

impl Source for PartSource<'_> {
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error> {
        self.buffer.resize(max.min(64 << 10), 0);
        let read = self
            .part
            .read_at(&mut self.buffer, self.at)
            .map_err(Error::io(format_args!("reading {}", self.what)))?;
        self.at += read as u64;
        Ok(self.buffer.get(..read).unwrap_or_default())
    }

    fn skip(&mut self, count: u64) -> Result<u64, Error> {
        let skipped = count.min(self.part.len().saturating_sub(self.at));
        self.at += skipped;
        Ok(skipped)
    }

    fn position(&self) -> u64 {
        self.at
    }
}

/// A tar that streams by.
pub struct ReadSource<R> {
    bytes: R,
    what: String,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    position: u64,
}

impl<R: Read> ReadSource<R> {
    /// Reads what comes; `what` is for errors.
    pub fn new(bytes: R, what: &str) -> Self {
        let buffer = vec![0; 64 << 10].into_boxed_slice();
        Self { bytes, what: what.to_owned(), buffer, start: 0, end: 0, position: 0 }
    }

    /// How many bytes there are in the buffer; reads more where there are none.
    fn buffered(&mut self) -> Result<usize, Error> {
        while self.start == self.end {
            match self.bytes.read(&mut self.buffer) {
                Ok(0) => return Ok(0),
                Ok(read) => (self.start, self.end) = (0, read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(format_args!("reading {}", self.what))(error)),
            }
        }
        Ok(self.end - self.start)
    }

    fn pass(&mut self, count: usize) {
        self.start += count;
        self.position += count as u64;
    }
}

impl<R: Read> Source for ReadSource<R> {
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error> {
        let count = self.buffered()?.min(max);
        let start = self.start;
        self.pass(count);
        Ok(self.buffer.get(start..start + count).unwrap_or_default())
    }

    fn skip(&mut self, count: u64) -> Result<u64, Error> {
        let mut left = count;
        while left > 0 {
            let step = self.buffered()?.min(usize::try_from(left).unwrap_or(usize::MAX));
            if step == 0 {
                break;
            }
            self.pass(step);
            left -= step as u64;
        }
        Ok(count - left)
    }

    fn position(&self) -> u64 {
        self.position
    }
}

#[cfg(test)]
impl Source for &[u8] {
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error> {
        let (chunk, rest) = self.split_at(max.min(self.len()));
        *self = rest;
        Ok(chunk)
    }

    fn skip(&mut self, count: u64) -> Result<u64, Error> {
        let skipped = usize::try_from(count).unwrap_or(usize::MAX).min(self.len());
        *self = &self[skipped..];
        Ok(skipped as u64)
    }

    fn position(&self) -> u64 {
        0
    }
}
