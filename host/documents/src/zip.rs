//! Members of a zip, found by its central directory
//! ([APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections in brackets).
//!
//! Read here rather than by a crate, because those that there are read the directory whole into
//! memory, before anybody can say how large it may be.

mod checked;
mod directory;

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use crate::Part;
use crate::budget::{Budget, Metered};
use crate::compression::Compression;
use crate::documents::Member;
use crate::error::{damaged, unsupported};
use checked::Checked;
use directory::{Directory, Entry};

/// Read from a member at a time, in bytes.
const BUFFER: usize = 64 << 10;

/// [4.3.7], [4.3.16]: a member, or the end of an archive without any
pub(crate) fn is_meant_by(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Gives the members one after the other. They are independent of each other.
pub(crate) struct Members {
    file: Part,
    directory: Directory,
    budget: Arc<Budget>,
}

impl Members {
    pub(crate) fn open(file: &Part, budget: &Arc<Budget>) -> io::Result<Self> {
        let directory = Directory::find(file, budget.limits.members)?;
        Ok(Self { file: file.clone(), directory, budget: Arc::clone(budget) })
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Member>> {
        loop {
            let Some(entry) = self.directory.next()? else { return Ok(None) };
            // [4.3.8]: a folder has no content
            if !entry.name.ends_with('/') {
                let bytes = self.content(&entry)?;
                return Ok(Some(Member { name: entry.name, bytes }));
            }
        }
    }

    fn content(&self, entry: &Entry) -> io::Result<Box<dyn Read + Send>> {
        let name = &entry.name;
        // [4.4.4]: bit 0, encrypted; bit 13, the directory is
        if entry.flags & 0x2001 != 0 {
            return Err(unsupported(format!("member `{name}` of the zip is encrypted")));
        }
        let outside = || damaged(format!("member `{name}` of the zip is outside of the file"));
        // [4.3.7]: a header of 30 bytes, then name and extra field, which need not be those of the
        // directory
        let header: [u8; 30] = self.file.bytes(entry.offset)?.ok_or_else(outside)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(damaged(format!("member `{name}` of the zip is not where its directory says")));
        }
        let [.., n0, n1, x0, x1] = header;
        let lengths = u64::from(u16::from_le_bytes([n0, n1])) + u64::from(u16::from_le_bytes([x0, x1]));
        let from = entry.offset.checked_add(30 + lengths).ok_or_else(outside)?;
        let stored = self.file.section(from, entry.stored_size).ok_or_else(outside)?;
        let stored = BufReader::with_capacity(BUFFER, stored.reader());
        // [4.4.5]
        let bytes: Box<dyn Read + Send> = match entry.method {
            0 => Box::new(stored),
            8 => Box::new(flate2::bufread::DeflateDecoder::new(stored)),
            12 => Compression::Bzip2.inflate(stored, &self.budget.limits)?,
            93 => Compression::Zstd.inflate(stored, &self.budget.limits)?,
            95 => Compression::Xz.inflate(stored, &self.budget.limits)?,
            other => {
                let why =
                    format!("member `{name}` of the zip is compressed by method {other}, which is not read");
                return Err(unsupported(why));
            }
        };
        Ok(Box::new(Checked::new(Metered::new(bytes, &self.budget), entry)))
    }
}
