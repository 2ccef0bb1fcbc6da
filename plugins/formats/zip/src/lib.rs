//! Reads members of zips, and of zips inside of zips, within bounds.
//!
//! The directory at the end of a zip is read once ([`Zip::open`]), entry by entry, and those that the caller wants are
//! kept; then the content of each can be read ([`Zip::content`]), or be a zip itself ([`Zip::hold`]). Stored and
//! deflated members are read, zip64 and bytes before the zip included; the bytes are compared with the size and the
//! checksum that the directory states.
//!
//! This crate owns the bounds, all of which are the caller's ([`Limits`]): how many members a zip may have, how large
//! one may be, how much may be inflated in all and how much of that is in memory. Members that overlap, as those of zips do
//! that inflate to far more than they hold, are refused. How deep zips lie in each other is for the caller to count.
//!
//! Directories are parsed by `rawzip`, which holds one entry at a time, and members are inflated by `flate2` with
//! its backend in Rust. The crate `zip` is not used, because it reads a directory whole before anybody can say how large it
//! may be.
//!
//! ```
//! use limpid_plugin_sdk::Error;
//! use limpid_plugin_sdk::detector::File;
//! use limpid_zip::{Budget, Limits, Zip};
//!
//! let limits = Limits { members: 1000, member_bytes: 1 << 20, content_bytes: 8 << 20, held_bytes: 4 << 20 };
//! let file = File::in_memory("a.jar", "PK, and no more");
//! let budget = Budget::new(limits);
//! let why = Zip::open(&file, &budget, |entry| entry.name().ends_with(".properties")).unwrap_err();
//! assert!(matches!(why, Error::Malformed(_)), "{why}");
//! ```

mod budget;
mod content;
mod held;
mod source;

use limpid_plugin_sdk::Error;
use rawzip::{
    CompressionMethod, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord, ZipLocator,
};

pub use budget::{Budget, Limits};
pub use content::Content;
pub use held::Held;
pub use source::ReadAt;

use source::Source;

/// How far before the end of a file its zip may end, in bytes: some are signed, or have something appended.
const MAX_TRAILER: u64 = 1 << 20;

/// The longest name of a member that is kept, in bytes.
pub const MAX_NAME: usize = 4096;

/// How long all names that are kept of a zip may be, in bytes.
const MAX_NAMES: usize = 16 << 20;

/// A zip of which the directory was read.
#[derive(Debug)]
pub struct Zip<'a> {
    archive: ZipArchive<Source<'a>>,
    members: Vec<Member>,
    /// Where each member of the zip begins, whether or not it is kept, in ascending order.
    offsets: Vec<u64>,
}

/// An entry of the directory, while that is read.
#[derive(Debug)]
pub struct Entry<'a> {
    name: &'a str,
    size: u64,
}

impl Entry<'_> {
    /// The path in the zip, with a slash at its end where it is a folder; what is not UTF-8 in it is replaced.
    pub const fn name(&self) -> &str {
        self.name
    }

    /// The size of its content in bytes, as the directory states it.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// A member that was kept.
#[derive(Clone, Debug)]
pub struct Member {
    name: String,
    size: u64,
    stored_size: u64,
    method: CompressionMethod,
    encrypted: bool,
    offset: u64,
    wayfinder: ZipArchiveEntryWayfinder,
}

impl Member {
    /// The path in the zip; what is not UTF-8 in it is replaced.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size of its content in bytes, as the directory states it.
    pub const fn size(&self) -> u64 {
        self.size
    }

    fn malformed(&self, why: &str) -> Error {
        Error::malformed(format_args!("member `{:.200}` of the zip {why}", self.name))
    }

    fn unsupported(&self, why: &str) -> Error {
        Error::unsupported(format_args!("member `{:.200}` of the zip {why}", self.name))
    }
}

impl<'a> Zip<'a> {
    /// Reads the directory of a zip and keeps the members that are `wanted`, which is asked of each once, in the order of the
    /// directory. Members of a name of more than [`MAX_NAME`] bytes are not asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where there is no zip, or the directory is damaged; [`Error::Unsupported`] where it has more
    /// members than the limit.
    pub fn open(
        source: &'a dyn ReadAt,
        budget: &Budget,
        mut wanted: impl FnMut(&Entry<'_>) -> bool,
    ) -> Result<Self, Error> {
        let size = source.size();
        // A record of the directory may have as much, and no smaller file needs it.
        let most = MAX_CENTRAL_DIRECTORY_RECORD_SIZE;
        let mut buffer = vec![0; usize::try_from(size).unwrap_or(most).clamp(LEAST_BUFFER, most)];
        let locator = ZipLocator::new().max_search_space(MAX_TRAILER);
        let archive = locator
            .locate_in_reader(Source(source), &mut buffer, size)
            .map_err(|(_, error)| malformed(&error))?;
        let (mut members, mut offsets, mut names) = (Vec::new(), Vec::new(), 0);
        let most = budget.limits().members;
        let mut entries = archive.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(|error| malformed(&error))? {
            if offsets.len() >= most {
                let why = format_args!("the zip has more members than this plugin's limit of {most}");
                return Err(Error::unsupported(why));
            }
            offsets.push(entry.local_header_offset());
            let path = entry.file_path();
            let path = path.as_bytes();
            if path.len() > MAX_NAME {
                continue;
            }
            let name = String::from_utf8_lossy(path);
            if wanted(&Entry { name: &name, size: entry.uncompressed_size_hint() }) {
                names += name.len();
                if names > MAX_NAMES {
                    let why = format_args!("names of members take more than the limit of {MAX_NAMES} bytes");
                    return Err(Error::unsupported(why));
                }
                members.push(Member::of(&entry, name.into_owned()));
            }
        }
        offsets.sort_unstable();
        Ok(Self { archive, members, offsets })
    }

    /// Those members that were wanted, in the order of the directory. Names may come more than once.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// How many members the zip has, wanted or not.
    pub const fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether the zip has no members.
    pub const fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Where the content of a member lies in the source.
    fn place(&self, member: &Member) -> Result<(u64, u64), Error> {
        let entry = self.archive.get_entry(member.wayfinder).map_err(|error| member.damaged(&error))?;
        let (start, end) = entry.compressed_data_range();
        let first = self.offsets.partition_point(|&offset| offset < member.offset);
        let after = self.offsets.partition_point(|&offset| offset <= member.offset);
        let next = self.offsets.get(after).copied().unwrap_or(u64::MAX).min(self.archive.directory_offset());
        if after - first > 1 || end > next {
            return Err(member.malformed("overlaps what follows it"));
        }
        Ok((start, end))
    }
}

impl Member {
    fn of(entry: &ZipFileHeaderRecord<'_>, name: String) -> Self {
        Self {
            name,
            size: entry.uncompressed_size_hint(),
            stored_size: entry.compressed_size_hint(),
            method: entry.compression_method(),
            encrypted: entry.flags().is_encrypted(),
            offset: entry.local_header_offset(),
            wayfinder: entry.wayfinder(),
        }
    }

    fn damaged(&self, error: &rawzip::Error) -> Error {
        self.malformed(&format!("is damaged: {error}"))
    }
}

/// As much as the fixed parts of all records, the end of the directory included, take.
const LEAST_BUFFER: usize = 512;

fn malformed(error: &rawzip::Error) -> Error {
    Error::malformed(format_args!("the file is no zip that can be read: {error}"))
}

#[cfg(test)]
mod tests;
