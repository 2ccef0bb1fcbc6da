use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use limpid_model::{Digest, Hasher};

use crate::Error;

/// A stretch of a file: a member of an archive, or a file of a layout directory.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) file: Arc<File>,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Part {
    /// Fills as much of `buffer` as there is from position `at` on.
    pub(crate) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..wanted).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, self.offset + at + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// All of it, for documents; `what` is for the error.
    pub(crate) fn read_all(&self, what: &str, limit: u64) -> Result<Vec<u8>, Error> {
        Error::check(what, "json_document_bytes", limit, self.size)?;
        let mut bytes = vec![0; usize::try_from(self.size).unwrap_or(usize::MAX)];
        let read = self.read_at(&mut bytes, 0).map_err(Error::io(format_args!("reading {what}")))?;
        if read < bytes.len() {
            return Err(Error::damaged(what, read as u64, format!("ends before its {} bytes", self.size)));
        }
        Ok(bytes)
    }

    /// Its first bytes, those of a tar's header, fewer where it is shorter.
    pub(crate) fn head(&self, what: &str) -> Result<Vec<u8>, Error> {
        let mut head = vec![0; 512];
        let read = self.read_at(&mut head, 0).map_err(Error::io(format_args!("reading {what}")))?;
        head.truncate(read);
        Ok(head)
    }
}

/// Reads a part from its start to its end through one buffer and hashes what it reads.
pub(crate) struct PartReader<'a> {
    part: &'a Part,
    what: &'a str,
    hasher: Hasher,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    next: u64,
}

const BUFFER: usize = 256 << 10;

impl<'a> PartReader<'a> {
    pub(crate) fn new(part: &'a Part, what: &'a str) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { part, what, hasher: Hasher::default(), buffer, start: 0, end: 0, next: 0 }
    }

    /// How much was consumed.
    pub(crate) fn position(&self) -> u64 {
        self.next - (self.end - self.start) as u64
    }

    /// What is read and not consumed: at least `least` bytes (far fewer than the buffer has),
    /// except at the end, where it may be empty.
    pub(crate) fn fill(&mut self, least: usize) -> Result<&[u8], Error> {
        if self.end - self.start < least {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            let read = self
                .part
                .read_at(free, self.next)
                .map_err(Error::io(format_args!("reading {}", self.what)))?;
            let end_of_file = read < free.len() && self.next + (read as u64) < self.part.size;
            self.hasher.update(free.get(..read).unwrap_or_default());
            self.next += read as u64;
            self.end += read;
            if end_of_file {
                let why = format!("ends before its {} bytes", self.part.size);
                return Err(Error::damaged(self.what, self.next, why));
            }
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// The digest of the whole part; reads what was not asked for.
    pub(crate) fn finish(mut self) -> Result<Digest, Error> {
        loop {
            self.consume(usize::MAX / 2);
            if self.fill(1)?.is_empty() {
                return Ok(self.hasher.finish());
            }
        }
    }
}
