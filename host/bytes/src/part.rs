use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use limpid_model::Digest;

use crate::spool::Written;
use crate::stored::Stored;
use crate::{Error, Limit};

/// A part of a file, read by position: any number of readers do not get in each other's way. Cheap
/// to clone.
#[derive(Clone, Debug)]
pub struct Part {
    file: Arc<File>,
    from: u64,
    len: u64,
    /// Of a file that is being written.
    written: Option<Arc<Written>>,
}

impl Part {
    /// All of a file, as long as it is now.
    ///
    /// # Errors
    /// The system does not tell its length.
    pub fn whole(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), from: 0, len, written: None })
    }

    /// `len` bytes of a file from `from`, as long as they are there.
    pub const fn of(file: Arc<File>, from: u64, len: u64) -> Self {
        Self { file, from, len, written: None }
    }

    /// A file of `len` bytes that is being written.
    pub(crate) const fn growing(file: Arc<File>, len: u64, written: Arc<Written>) -> Self {
        Self { file, from: 0, len, written: Some(written) }
    }

    /// Tells a [`Spool`](crate::Spool) that nobody wants what it has not written yet.
    pub fn abandon(&self) {
        if let Some(written) = &self.written {
            written.unwanted();
        }
    }

    /// `len` bytes from `from`; none where there are not as many.
    pub fn section(&self, from: u64, len: u64) -> Option<Self> {
        let end = from.checked_add(len)?;
        (end <= self.len).then(|| Self { from: self.from + from, len, ..self.clone() })
    }

    /// Its length in bytes.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Fills as much of `buffer` as there is from position `at` on; returns how much that is, which
    /// is less than the buffer's length only at the end.
    ///
    /// # Errors
    /// Those of the system.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        if let Some(written) = &self.written {
            written.wait(self.from + at + wanted as u64)?;
        }
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..wanted).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, self.from + at + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Waits until all of it is written.
    ///
    /// # Errors
    /// It never will be.
    pub fn wait(&self) -> io::Result<()> {
        self.written.as_ref().map_or(Ok(()), |written| written.wait(self.from.saturating_add(self.len)))
    }

    /// Reads it from its beginning.
    pub fn reader(&self) -> PartReader {
        PartReader { part: self.clone(), at: 0 }
    }

    /// All of it, for what is small; `what` is for errors.
    ///
    /// # Errors
    /// It is over the limit, or the file has become shorter.
    pub fn read_all(&self, what: &str, limit: Limit) -> Result<Vec<u8>, Error> {
        limit.check(what, self.len)?;
        let mut bytes = vec![0; usize::try_from(self.len).unwrap_or(usize::MAX)];
        let read = self.read_at(&mut bytes, 0).map_err(Error::io(format_args!("reading {what}")))?;
        if read < bytes.len() {
            return Err(Error::damaged(what, read as u64, format!("ends before its {} bytes", self.len)));
        }
        Ok(bytes)
    }

    /// Its first bytes, those of a tar's header, fewer where it is shorter.
    ///
    /// # Errors
    /// Those of the system.
    pub fn head(&self, what: &str) -> Result<Vec<u8>, Error> {
        let mut head = vec![0; 512];
        let read = self.read_at(&mut head, 0).map_err(Error::io(format_args!("reading {what}")))?;
        head.truncate(read);
        Ok(head)
    }

    /// The digest of all of it; `what` is for errors.
    ///
    /// # Errors
    /// It cannot be read, or the file has become shorter.
    pub fn digest(&self, what: &str) -> Result<Digest, Error> {
        Stored::hashed(self, what).finish()
    }

    /// Exactly so many bytes at a place; none where there are not as many.
    pub(crate) fn bytes<const N: usize>(&self, at: u64) -> io::Result<Option<[u8; N]>> {
        let Some(section) = self.section(at, N as u64) else { return Ok(None) };
        let mut bytes = [0; N];
        section.reader().read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// A temporary file without a name: nothing foreign is ever found under a name that it chose, and
/// all is gone with the last who reads it, however the process ends.
///
/// # Errors
/// The directory takes no file.
pub fn unnamed(scratch: &Path) -> Result<File, Error> {
    let doing = format_args!("making a temporary file in `{}`", scratch.display());
    tempfile::tempfile_in(scratch).map_err(Error::io(doing))
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
        let read = self.part.read_at(buffer, self.at)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_have_no_name() {
        let scratch = tempfile::tempdir().unwrap();
        let file = unnamed(scratch.path()).unwrap();
        file.write_all_at(b"x", 0).unwrap();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_part_ends_where_it_says_whatever_the_file_goes_on_with() {
        let scratch = tempfile::tempdir().unwrap();
        let file = unnamed(scratch.path()).unwrap();
        file.write_all_at(b"0123456789", 0).unwrap();
        let whole = Part::whole(file).unwrap();
        let part = whole.section(2, 5).unwrap();
        assert_eq!(part.read_all("x", Limit::fixed(5)).unwrap(), b"23456");
        assert_eq!(part.section(3, 2).unwrap().read_all("x", Limit::fixed(5)).unwrap(), b"56");
        assert_eq!(part.digest("x").unwrap(), Digest::of(b"23456"));
        let mut text = String::new();
        part.reader().read_to_string(&mut text).unwrap();
        assert_eq!(text, "23456");
        assert!(part.section(3, 3).is_none() && part.section(u64::MAX, 2).is_none());
        let error = part.read_all("x", Limit::of("small", 4)).unwrap_err().to_string();
        assert_eq!(error, "x is over the limit `small` of 4: 5 found");
    }

    #[test]
    fn a_file_that_has_become_shorter_is_damaged() {
        let file = unnamed(&std::env::temp_dir()).unwrap();
        file.write_all_at(b"0123456789", 0).unwrap();
        let part = Part::whole(file.try_clone().unwrap()).unwrap();
        file.set_len(4).unwrap();
        for error in [part.read_all("x", Limit::fixed(10)).unwrap_err(), part.digest("x").unwrap_err()] {
            assert_eq!(error.to_string(), "x is damaged at byte 4: ends before its 10 bytes");
        }
    }
}
