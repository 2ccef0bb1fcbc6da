use std::io::{self, Read};

use flate2::Crc;

use super::directory::Entry;
use crate::Error;

/// Holds the content of a member against the size and checksum that the directory states.
pub(super) struct Checked<R> {
    bytes: R,
    name: String,
    what: String,
    size: u64,
    checksum: u32,
    read: u64,
    found: Crc,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(bytes: R, entry: &Entry, what: &str) -> Self {
        let (name, size, checksum) = (entry.name.clone(), entry.size, entry.checksum);
        let what = what.to_owned();
        Self { bytes, name, what, size, checksum, read: 0, found: Crc::new() }
    }
}

impl<R> Checked<R> {
    fn damaged(&self, why: &str) -> io::Error {
        let why = format!("member `{}` of the zip {why}", self.name);
        Error::damaged(&self.what, self.read, why).into()
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.read += read as u64;
        self.found.update(buffer.get(..read).unwrap_or_default());
        let over = self.read > self.size;
        let ended = read == 0 && !buffer.is_empty();
        if over || (ended && self.read < self.size) {
            return Err(self.damaged(&format!("is not {} bytes long", self.size)));
        }
        if ended && self.found.sum() != self.checksum {
            return Err(self.damaged("has another checksum"));
        }
        Ok(read)
    }
}
