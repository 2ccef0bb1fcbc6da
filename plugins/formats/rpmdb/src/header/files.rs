use std::fmt;

use super::{
    BASE_NAMES, DIR_INDEXES, DIR_NAMES, FILE_FLAGS, FILE_MODES, FILE_STATES, Header, Kind, OLD_FILE_NAMES,
};

/// A file that the package does not put there, and only owns where something else does.
const GHOST: u32 = 1 << 6;

/// No layer holds a longer path, in bytes.
const MAX_PATH: usize = 4096;

/// How many directories of a package are looked at; a file in a further one breaks the list.
const MAX_DIRECTORIES: usize = 1 << 20;

const FORMAT_OF_FILE: u16 = 0o170_000;
const DIRECTORY: u16 = 0o040_000;

/// The files that a package put there, by their paths without a leading slash: no directories, no ghosts, and none
/// that rpm left out or that another package replaced.
pub struct Files<'a> {
    /// What is left of the names, each with its end.
    names: &'a [u8],
    count: usize,
    index: usize,
    /// Where the names stand without their directories.
    directories: Option<Directories<'a>>,
    states: &'a [u8],
    modes: &'a [u8],
    flags: &'a [u8],
    is_broken: bool,
}

struct Directories<'a> {
    names: Vec<&'a [u8]>,
    /// Of each file, as a number of four bytes.
    of_files: &'a [u8],
}

impl<'a> Files<'a> {
    pub(super) fn of(header: &Header<'a>) -> Self {
        let array = |tag, kinds: &[Kind], width| header.array(tag, kinds, width).unwrap_or_default();
        let base = header.texts(BASE_NAMES);
        let directories = base.is_some().then(|| Directories {
            names: header.texts(DIR_NAMES).map(|(count, texts)| split(count, texts)).unwrap_or_default(),
            of_files: array(DIR_INDEXES, &[Kind::Int32], 4),
        });
        let (count, names) = base.or_else(|| header.texts(OLD_FILE_NAMES)).unwrap_or_default();
        Self {
            names,
            count,
            index: 0,
            directories,
            states: array(FILE_STATES, &[Kind::Char, Kind::Int8], 1),
            modes: array(FILE_MODES, &[Kind::Int16], 2),
            flags: array(FILE_FLAGS, &[Kind::Int32], 4),
            is_broken: false,
        }
    }

    /// Whether something is wrong with the list, so that files may be missing: to be asked behind the last.
    pub const fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether the file at this place was put there.
    fn is_there(&self, index: usize) -> bool {
        let state = self.states.get(index).copied().unwrap_or(0);
        let mode = self
            .modes
            .get(2 * index..)
            .and_then(<[u8]>::first_chunk)
            .map_or(0, |mode| u16::from_be_bytes(*mode));
        let flags = super::be32(self.flags, 4 * index).unwrap_or(0);
        state == 0 && mode & FORMAT_OF_FILE != DIRECTORY && flags & GHOST == 0
    }
}

impl Iterator for Files<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        while self.index < self.count {
            let index = self.index;
            self.index += 1;
            let Some(end) = memchr::memchr(0, self.names) else {
                self.is_broken = true;
                self.index = self.count;
                break;
            };
            let (name, rest) = self.names.split_at_checked(end).unwrap_or_default();
            self.names = rest.get(1..).unwrap_or_default();
            if !self.is_there(index) {
                continue;
            }
            let directory = match &self.directories {
                None => &[][..],
                Some(directories) => {
                    let place = super::be32(directories.of_files, 4 * index);
                    match place.and_then(|place| directories.names.get(place as usize)) {
                        Some(directory) => directory,
                        None => {
                            self.is_broken = true;
                            continue;
                        }
                    }
                }
            };
            if directory.len() + name.len() > MAX_PATH {
                continue;
            }
            let mut path = Vec::with_capacity(directory.len() + name.len());
            path.extend_from_slice(without_root(directory));
            path.extend_from_slice(if path.is_empty() { without_root(name) } else { name });
            let path = String::from_utf8(path)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
            if !path.is_empty() {
                return Some(path);
            }
        }
        None
    }
}

impl fmt::Debug for Files<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("count", &self.count)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// A path without the slashes that it begins with.
fn without_root(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|&byte| byte != b'/').unwrap_or(path.len());
    path.get(start..).unwrap_or_default()
}

/// At most `count` texts of those that follow each other, each with its end.
fn split(count: usize, mut texts: &[u8]) -> Vec<&[u8]> {
    let count = count.min(texts.len()).min(MAX_DIRECTORIES);
    let mut split = Vec::with_capacity(count);
    while split.len() < count
        && let Some(end) = memchr::memchr(0, texts)
    {
        let (text, rest) = texts.split_at_checked(end).unwrap_or_default();
        split.push(text);
        texts = rest.get(1..).unwrap_or_default();
    }
    split
}
