use std::io::{self, Read};

use limpid_model::{Digest, Hasher};

use crate::{Error, Part};

/// Reads a part from its start to its end through one buffer, for a decoder.
pub(crate) struct Stored {
    part: Part,
    what: String,
    /// Hashes what is read, where somebody wants to know the digest.
    hasher: Option<Hasher>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    next: u64,
}

/// Read at a time, in bytes.
const BUFFER: u64 = 256 << 10;

/// Length of the shortest buffer in bytes: more than anybody asks [`Stored::fill`] for.
const SHORTEST: u64 = 64;

impl Stored {
    pub(crate) fn new(part: &Part, what: &str) -> Self {
        // An archive may hold millions of small members.
        let length = usize::try_from(part.len().clamp(SHORTEST, BUFFER)).unwrap_or_default();
        let buffer = vec![0; length].into_boxed_slice();
        Self { part: part.clone(), what: what.to_owned(), hasher: None, buffer, start: 0, end: 0, next: 0 }
    }

    pub(crate) fn hashed(part: &Part, what: &str) -> Self {
        Self { hasher: Some(Hasher::default()), ..Self::new(part, what) }
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
            let end_of_file = read < free.len() && self.next + (read as u64) < self.part.len();
            if let Some(hasher) = &mut self.hasher {
                hasher.update(free.get(..read).unwrap_or_default());
            }
            self.next += read as u64;
            self.end += read;
            if end_of_file {
                let why = format!("ends before its {} bytes", self.part.len());
                return Err(Error::damaged(&self.what, self.next, why));
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
                return Ok(self.hasher.unwrap_or_default().finish());
            }
        }
    }
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = self.fill(1)?;
        let read = filled.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
