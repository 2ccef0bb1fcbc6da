//! Walks a tar, block by block, in every form that tools write: v7, ustar, PAX and GNU
//! ([POSIX pax](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html),
//! [GNU tar internals](https://www.gnu.org/software/tar/manual/html_node/Tar-Internals.html)).
//!
//! The `tar` crate decodes the header fields. Its iterator is not used, because it takes in long
//! names and extended headers of any length, tells PAX records apart by line feeds although their
//! values may hold some, and reads only sparse files of the old form. Where forms leave a choice,
//! this walker chooses as Go's `archive/tar` does, with which container runtimes unpack layers:
//! what a report says of a layer should be what a container sees of it.

mod content;
mod extended;
mod source;
mod sparse;

use tar::{EntryType, Header};

use self::content::Content;
use self::extended::Extended;
pub use self::source::{PartSource, ReadSource, Source};
use crate::{Error, Limit, escape};

const BLOCK: u64 = 512;

/// How many extended headers may stand before one entry: GNU's and PAX's name and link name.
const EXTENDED_PER_ENTRY: usize = 8;

/// What a member of a tar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, or what is not known and to be taken for one.
    File,
    /// Another name of an entry before it.
    HardLink,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device or fifo.
    Special,
    /// A volume label or the like: no entry of the file system.
    Note,
}

/// A member of a tar, as it is named there.
#[derive(Debug)]
pub struct Member {
    /// Its number in the tar, from 0.
    pub ordinal: u64,
    /// As its header has it.
    pub name: Vec<u8>,
    /// The name is longer than the limit and was cut.
    pub name_is_cut: bool,
    /// What a link leads to.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Of the content in bytes, holes of a sparse file included.
    pub size: u64,
    /// Whether it is a file that anybody may execute.
    pub executable: bool,
    /// Where the content starts, when it lies there in one piece.
    pub offset: Option<u64>,
    /// Why whoever made the tar could not read the content of a file or directory (PAX record [`UNREAD`]).
    /// Only where none is there, so that nothing can be hidden by it.
    pub unread: Option<String>,
}

/// A PAX record by which a tar of a root file system says that a file or directory was not read, and why: its
/// entry without content would be taken for an empty one.
pub const UNREAD: &str = "LIMPID.unread";

/// What bounds a walk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Members of the tar.
    pub members: Limit,
    /// Length of a name in bytes, to which longer ones are cut.
    pub path_length: u64,
    /// Size of one extended header in bytes.
    pub extension: Limit,
    /// Pieces of one sparse file.
    pub sparse_extents: Limit,
}

/// How a tar ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its end was not reached.
    NotYet,
    /// By the blocks of zeros that mark it.
    Marked,
    /// By having no more bytes.
    Unmarked,
}

/// Walks the members of a tar in order.
///
/// Holds one header and one sparse map at a time, both bounded; reads nothing twice.
pub struct Walker<'a, S> {
    source: S,
    what: &'a str,
    limits: Limits,
    end: End,
    count: u64,
    global: Extended,
    content: Content,
}

impl<'a, S: Source> Walker<'a, S> {
    /// `what` is for errors.
    pub fn new(source: S, what: &'a str, limits: Limits) -> Self {
        let (global, content) = (Extended::default(), Content::default());
        Self { source, what, limits, end: End::NotYet, count: 0, global, content }
    }

    /// The next member; what was not read of the content of the one before is passed over.
    ///
    /// # Errors
    /// The tar is damaged, over a limit, or cannot be read.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> Result<Option<Member>, Error> {
        self.content.finish(&mut self.source, self.what)?;
        let mut extended = Extended::default();
        for _ in 0..=EXTENDED_PER_ENTRY {
            let Some(header) = self.header()? else {
                return if extended.is_empty() {
                    Ok(None)
                } else {
                    Err(self.damaged("the tar ends after an extended header"))
                };
            };
            match header.entry_type() {
                EntryType::GNULongName => extended.long_name = Some(self.long_name(&header)?),
                EntryType::GNULongLink => extended.long_link = Some(self.long_name(&header)?),
                EntryType::XHeader => {
                    let records = self.extended_header(&header)?;
                    extended.read(&records).map_err(|why| self.damaged(why))?;
                }
                EntryType::XGlobalHeader => {
                    let records = self.extended_header(&header)?;
                    let mut global = std::mem::take(&mut self.global);
                    global.read(&records).map_err(|why| self.damaged(why))?;
                    self.global = global;
                }
                _ => return self.member(&header, extended.over(&self.global)).map(Some),
            }
        }
        Err(self.damaged(format!("more than {EXTENDED_PER_ENTRY} extended headers for one entry")))
    }

    /// The next bytes of the member's content, at most `max`; none at its end.
    ///
    /// # Errors
    /// The tar ends within it, or cannot be read.
    pub fn content(&mut self, max: usize) -> Result<&[u8], Error> {
        self.content.next(&mut self.source, self.what, max)
    }

    /// Passes over what is left of a hole of a sparse file but for its last `keep` bytes, which are zeros;
    /// returns how many bytes that is, and 0 elsewhere. A hole may be longer than anybody can read.
    pub fn pass_hole(&mut self, keep: u64) -> u64 {
        self.content.pass_hole(keep)
    }

    /// How the tar ends, once there are no more members: tools differ, and who has no digest of it may
    /// want a mark.
    pub fn end(&self) -> End {
        self.end
    }

    /// What it reads from, to go on after the last member.
    pub fn source(&mut self) -> &mut S {
        &mut self.source
    }

    /// The same, for who needs the walker no more.
    pub fn into_source(self) -> S {
        self.source
    }

    fn damaged(&self, why: impl Into<String>) -> Error {
        Error::damaged(self.what, self.source.position(), why)
    }

    /// The next header; none at the end, which is two blocks of zeros, or just no more bytes. A single
    /// block of zeros is passed over, as GNU tar does; Go's `archive/tar` refuses it.
    fn header(&mut self) -> Result<Option<Header>, Error> {
        let mut header = Header::new_old();
        if !self.block(header.as_mut_bytes())? {
            self.end = End::Unmarked;
            return Ok(None);
        }
        let is_zeros = |header: &Header| header.as_bytes().iter().all(|&byte| byte == 0);
        if is_zeros(&header) && (!self.block(header.as_mut_bytes())? || is_zeros(&header)) {
            self.end = End::Marked;
            return Ok(None);
        }
        if !has_valid_checksum(&header) {
            return Err(self.damaged("not a tar header: the checksum is wrong"));
        }
        Ok(Some(header))
    }

    /// Reads one block; `false` at the end.
    fn block(&mut self, block: &mut [u8; BLOCK as usize]) -> Result<bool, Error> {
        let filled = source::fill(&mut self.source, block)?;
        if filled != 0 && filled != block.len() {
            return Err(self.damaged("the tar ends within a header"));
        }
        Ok(filled != 0)
    }

    /// A GNU long name or link name, cut where it is over the limit.
    fn long_name(&mut self, header: &Header) -> Result<Vec<u8>, Error> {
        let size = self.size_of(header)?;
        // One more than the limit, so that the name is seen to be over it.
        let kept = size.min(self.limits.path_length + 1);
        let mut name = self.bytes(size, kept)?;
        name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
        Ok(name)
    }

    fn extended_header(&mut self, header: &Header) -> Result<Vec<u8>, Error> {
        let size = self.size_of(header)?;
        let subject = format_args!("an extended header in {}", self.what);
        self.limits.extension.check(subject, size)?;
        self.bytes(size, size)
    }

    /// The first `kept` of `size` bytes of a header's content, which is passed over.
    fn bytes(&mut self, size: u64, kept: u64) -> Result<Vec<u8>, Error> {
        self.content = Content::whole(size, size);
        let mut bytes = Vec::new();
        let mut left = usize::try_from(kept).unwrap_or(usize::MAX);
        while left > 0 {
            let chunk = self.content(left)?;
            if chunk.is_empty() {
                break;
            }
            bytes.extend_from_slice(chunk);
            left -= chunk.len();
        }
        self.content.finish(&mut self.source, self.what)?;
        Ok(bytes)
    }

    /// The size that a header states; blank is 0, as Go's reader has it.
    fn size_of(&self, header: &Header) -> Result<u64, Error> {
        if header.as_old().size.iter().all(|byte| matches!(byte, 0 | b' ')) {
            return Ok(0);
        }
        match header.entry_size() {
            Ok(size) if size <= i64::MAX as u64 => Ok(size),
            Ok(size) => Err(self.damaged(format!("an entry of {size} bytes"))),
            Err(_) => Err(self.damaged("an entry whose size is not a number")),
        }
    }

    fn member(&mut self, header: &Header, mut extended: Extended) -> Result<Member, Error> {
        let ordinal = self.count;
        self.count += 1;
        self.limits.members.check(format_args!("the number of entries of {}", self.what), self.count)?;
        let stated = match extended.size {
            Some(size) => size,
            None => self.size_of(header)?,
        };
        let mut name = extended.name().unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = kind_of(header.entry_type(), &name);
        let stored = if has_content(header.entry_type()) { stated } else { 0 };
        self.content = match sparse::map_of(header, &mut extended, stored) {
            Some(form) => {
                sparse::read(form, stored, &mut self.source, self.what, self.limits.sparse_extents)?
            }
            None => Content::whole(stored, stored),
        };
        let mut link =
            extended.link().unwrap_or_else(|| header.link_name_bytes().unwrap_or_default().into_owned());
        let longest = usize::try_from(self.limits.path_length).unwrap_or(usize::MAX);
        let name_is_cut = name.len() > longest;
        name.truncate(longest);
        // Only a hostile link is longer than any name; cut, it leads nowhere or astray in its own layer.
        link.truncate(longest);
        Ok(Member {
            ordinal,
            name,
            name_is_cut,
            link,
            kind,
            size: self.content.size(),
            executable: kind == Kind::File && header.mode().is_ok_and(|mode| mode & 0o111 != 0),
            offset: self.content.is_whole().then(|| self.source.position()),
            unread: extended.unread.filter(|_| stored == 0).map(|why| escape(&why)),
        })
    }
}

/// Old tars name a directory by a trailing slash alone.
fn kind_of(entry: EntryType, name: &[u8]) -> Kind {
    match entry {
        EntryType::Link => Kind::HardLink,
        EntryType::Symlink => Kind::Symlink,
        EntryType::Char | EntryType::Block | EntryType::Fifo => Kind::Special,
        EntryType::Directory => Kind::Directory,
        _ => match entry.as_byte() {
            // GNU: an incremental backup's directory; volume label, part of a volume, old long names.
            b'D' => Kind::Directory,
            b'V' | b'M' | b'N' => Kind::Note,
            _ if name.ends_with(b"/") => Kind::Directory,
            // POSIX: what is not known is to be taken for a regular file.
            _ => Kind::File,
        },
    }
}

/// The others may state a size, but no content follows them.
fn has_content(entry: EntryType) -> bool {
    !matches!(
        entry,
        EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo
            | EntryType::Directory
    )
}

/// Whether something begins as a tar does (`ustar`, of POSIX and GNU).
pub fn is_meant_by(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// The sum of all bytes, those of the checksum taken for spaces. Some old tars summed signed bytes.
fn has_valid_checksum(header: &Header) -> bool {
    let Ok(stated) = header.cksum() else { return false };
    let bytes = header.as_bytes();
    let field = bytes.get(148..156).unwrap_or_default();
    // It counts as spaces itself. What is summed up plainly is summed up many bytes at a time.
    let spaces = field.len() as u32 * u32::from(b' ');
    let unsigned = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    unsigned(bytes) - unsigned(field) + spaces == stated || {
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| i32::from(*byte as i8)).sum::<i32>();
        u32::try_from(signed(bytes) - signed(field) + spaces as i32) == Ok(stated)
    }
}

#[cfg(test)]
mod tests;
