//! Reads where an executable has its sections and segments: ELF, PE and Mach-O.
//!
//! | Begins with | Form | What is read |
//! |---|---|---|
//! | `7f 45 4c 46` | [ELF](https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html), 32 and 64 bits, either byte order | program headers, section headers, names of sections |
//! | `MZ` | [PE](https://learn.microsoft.com/windows/win32/debug/pe-format), PE32 and PE32+ | section headers, where exports are |
//! | `feedface`, `feedfacf`, either byte order | [Mach-O](https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h) | load commands, where symbols are |
//! | `cafebabe`, `cafebabf` | fat Mach-O: several of these in one file | of each the same |
//!
//! Headers are read where they are, never the file: an executable of 100 MB costs some kilobytes. Offsets and sizes
//! are the file's own words: whatever lies outside of the file is not there, and one read takes at most
//! [`MAX_READ`] bytes. [`Executable::section`] and [`Executable::at`] give what is in the file and nothing else. What an
//! executable exports is read where it is asked for ([`Executable::exported`]).
//!
//! The headers are told by crate [`object`], whose reading functions take bytes from wherever they are.
//!
//! ```
//! use limpid_executable::executables;
//! use limpid_plugin_sdk::detector::File;
//!
//! let file = File::in_memory("usr/bin/text", "#!/bin/sh\n");
//! assert!(executables(&file).is_err());
//! ```

mod elf;
mod macho;
mod pe;
mod source;
mod symbols;
pub mod testing;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;

use source::{Source, Window};
use symbols::Exports;

/// How much is read at once of headers and names, in bytes. 65,535 section headers of ELF have 4 MiB.
pub const MAX_READ: u64 = 8 << 20;

/// How much is read of all headers of a file, in bytes.
pub const MAX_HEADERS: u64 = 32 << 20;

/// How many sections or segments of one executable are read. Large programs have some dozens; objects that are not
/// linked yet have one for each function.
pub const MAX_PARTS: usize = 4096;

/// How many executables of a fat file are read. Those of the system have five at most.
pub const MAX_IMAGES: usize = 16;

/// The longest name of a section, in bytes; one with a longer name has none.
const MAX_NAME: usize = 64;

/// The form of an executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Of Linux and most other systems.
    Elf,
    /// Of Windows.
    Pe,
    /// Of macOS.
    MachO,
}

/// One executable: the whole file, or one of several in a fat file.
#[derive(Clone, Debug)]
pub struct Executable<'a> {
    /// Its form.
    pub format: Format,
    /// Its sections, in the order of their headers.
    pub sections: Vec<Section>,
    /// What of the file is loaded, in the order of the headers. In PE these are the sections.
    pub segments: Vec<Segment>,
    file: &'a File,
    exports: Exports,
}

/// A section: what a linker calls by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name; empty where that is too long or no UTF-8.
    pub name: String,
    /// Where it is loaded; 0 where it is not.
    pub address: u64,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// How much of it is in the file, as its header states, in bytes.
    pub size: u64,
}

/// A part of the file that is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it is loaded.
    pub address: u64,
    /// How much memory it takes, in bytes.
    pub memory_size: u64,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// How much of it is in the file, as its header states, in bytes.
    pub size: u64,
    /// Whether it holds data that the program may change, and no code.
    pub is_data: bool,
}

/// The executables of a file: one, or those of a fat file. One that cannot be read costs none of the others.
///
/// # Errors
/// [`Error::Malformed`] where it is none, or the header of a fat file is damaged; [`Error::Unsupported`] where that has
/// more than [`MAX_IMAGES`].
pub fn executables(file: &File) -> Result<Vec<Result<Executable<'_>, Error>>, Error> {
    let source = Source::new(file);
    let whole = Window::whole(&source);
    let start = file.read_at(0, 4);
    Ok(match start.as_slice() {
        [0x7f, b'E', b'L', b'F'] => vec![elf::read(file, whole)],
        [b'M', b'Z', ..] => vec![pe::read(file, whole)],
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] | [0xce | 0xcf, 0xfa, 0xed, 0xfe] => vec![macho::read(file, whole)],
        [0xca, 0xfe, 0xba, 0xbe | 0xbf] => {
            macho::images(whole)?.into_iter().map(|image| macho::read(file, image?)).collect()
        }
        _ => return Err(Error::malformed("the file is no executable of ELF, PE or Mach-O")),
    })
}

impl Executable<'_> {
    /// The first section of this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// At most `len` bytes of a section from its beginning; fewer where it or the file ends.
    pub fn content(&self, section: &Section, len: u32) -> Vec<u8> {
        self.file.read_at(section.offset, clamp(section.size).min(len))
    }

    /// At most `len` bytes of what is loaded at an address; fewer where what is loaded there, or the file, ends.
    pub fn at(&self, address: u64, len: u32) -> Vec<u8> {
        let holds = |segment: &&Segment| {
            address.checked_sub(segment.address).is_some_and(|distance| distance < segment.size)
        };
        let Some(segment) = self.segments.iter().find(holds) else { return Vec::new() };
        let distance = address.saturating_sub(segment.address);
        let left = clamp(segment.size.saturating_sub(distance));
        segment.offset.checked_add(distance).map_or_else(Vec::new, |at| self.file.read_at(at, left.min(len)))
    }

    /// The first segment that holds data which the program may change, and of which something is in the file.
    pub fn data(&self) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.is_data)
    }
}

fn clamp(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// What `object` says of damage, in the words of an error.
fn damaged(error: object::read::Error) -> Error {
    Error::malformed(format_args!("the headers of the executable are damaged: {error}"))
}

/// A name that has a fitting length.
fn name(bytes: &[u8]) -> String {
    let text = str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_NAME);
    text.unwrap_or_default().to_owned()
}

/// Whether there are no more of these than are read.
fn bounded(count: usize, what: &str) -> Result<(), Error> {
    if count > MAX_PARTS {
        return Err(Error::unsupported(format_args!(
            "the executable has {count} {what}, over this plugin's limit of {MAX_PARTS}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
