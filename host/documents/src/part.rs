use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A part of a file, to be read from several places at once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Part {
    file: Arc<File>,
    from: u64,
    len: u64,
}

impl Part {
    /// All of a file, as long as it is now.
    ///
    /// # Errors
    /// Where the system does not tell its length.
    pub fn whole(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), from: 0, len })
    }

    /// `len` bytes of a file from `from`, as long as they are there.
    pub const fn of(file: Arc<File>, from: u64, len: u64) -> Self {
        Self { file, from, len }
    }

    /// `len` bytes from `from`; none where there are not as many.
    pub fn section(&self, from: u64, len: u64) -> Option<Self> {
        let end = from.checked_add(len)?;
        (end <= self.len).then(|| Self { file: Arc::clone(&self.file), from: self.from + from, len })
    }

    /// Its length in bytes.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads it from its beginning. Any number of readers do not get in each other's way.
    pub fn reader(&self) -> PartReader {
        PartReader { part: self.clone(), at: 0 }
    }

    /// Exactly so many bytes at a place; none where there are not as many.
    pub(crate) fn bytes<const N: usize>(&self, at: u64) -> io::Result<Option<[u8; N]>> {
        let Some(section) = self.section(at, N as u64) else { return Ok(None) };
        let mut bytes = [0; N];
        section.reader().read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Reads a [`Part`].
#[derive(Debug)]
pub struct PartReader {
    part: Part,
    at: u64,
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.part.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let read = self.part.file.read_at(buffer, self.part.from + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for PartReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.part.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
