//! Members of a zip, found by its central directory
//! ([APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections in brackets).
//!
//! Read here rather than by a crate, because those that there are read the directory whole into
//! memory, before anybody can say how large it may be.

mod checked;
mod directory;

use std::io::Read;

use crate::{Compression, Decoding, Error, Inflater, Limit, Part};
use checked::Checked;
use directory::Directory;
pub use directory::Entry;

/// [4.3.7], [4.3.16]: a member, or the end of an archive without any
pub fn is_meant_by(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Finds the members one after the other, and holds none of them.
#[derive(Debug)]
pub struct Members {
    file: Part,
    what: String,
    directory: Directory,
}

impl Members {
    /// Finds the directory of a zip, from its end on; `what` is for errors.
    ///
    /// # Errors
    /// There is none, it is damaged, or it has more members than `most`.
    pub fn open(file: &Part, what: &str, most: Limit) -> Result<Self, Error> {
        let directory = Directory::find(file, what, most)?;
        Ok(Self { file: file.clone(), what: what.to_owned(), directory })
    }

    /// The next member, folders included; none after the last.
    ///
    /// # Errors
    /// The directory is damaged, or cannot be read.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> Result<Option<Entry>, Error> {
        self.directory.next()
    }

    /// The content of a member, compared with the size and the checksum that the directory states. It
    /// may be read beside that of others.
    ///
    /// # Errors
    /// It is of a kind that is not read, or not where the directory says. Errors of reading hold an
    /// [`Error`] where it is not the machine that fails.
    pub fn content(&self, entry: &Entry, decoding: &Decoding) -> Result<impl Read + Send + 'static, Error> {
        let (name, what) = (&entry.name, &self.what);
        let unsupported = |why: String| Err(Error::unsupported(what, why));
        let damaged =
            |why: &str| Error::damaged(what, entry.offset, format!("member `{name}` of the zip is {why}"));
        // [4.4.4]: bit 0, encrypted; bit 13, the directory is
        if entry.flags & 0x2001 != 0 {
            return unsupported(format!("member `{name}` of the zip is encrypted"));
        }
        let outside = || damaged("outside of the file");
        // [4.3.7]: a header of 30 bytes, then name and extra field, which need not be those of the
        // directory
        let reading = Error::io(format!("reading {what}"));
        let header: [u8; 30] = self.file.bytes(entry.offset).map_err(reading)?.ok_or_else(outside)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(damaged("not where its directory says"));
        }
        let [.., n0, n1, x0, x1] = header;
        let lengths = u64::from(u16::from_le_bytes([n0, n1])) + u64::from(u16::from_le_bytes([x0, x1]));
        let from = entry.offset.checked_add(30 + lengths).ok_or_else(outside)?;
        let stored = self.file.section(from, entry.stored_size).ok_or_else(outside)?;
        let member = format!("member `{name}` of {what}");
        // [4.4.5]
        let compression = match entry.method {
            8 => return Ok(Checked::new(Inflater::deflate(&stored, &member), entry, what)),
            0 => Compression::None,
            12 => Compression::Bzip2,
            93 => Compression::Zstd,
            95 => Compression::Xz,
            other => {
                return unsupported(format!(
                    "member `{name}` of the zip is compressed by method {other}, which is not read"
                ));
            }
        };
        Ok(Checked::new(Inflater::new(&stored, &member, compression, decoding)?, entry, what))
    }
}
