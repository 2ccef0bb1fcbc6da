//! Build info: a block of 32 bytes in the data of an executable, and the two texts that it has or points to.
//!
//! | Offset | Bytes | What |
//! |---|---|---|
//! | 0 | 14 | [`MAGIC`] |
//! | 14 | 1 | size of a pointer, before Go 1.18 |
//! | 15 | 1 | flags: bit 0 is set where pointers are big-endian, bit 1 where the texts follow, since Go 1.18 |
//! | 16 | 16 | before Go 1.18: addresses of two strings of Go, each an address and a length |
//! | 32 | | since Go 1.18: two texts, each behind its length as a varint |
//!
//! The first text is Go's version, the second the list of modules between marks of 16 bytes.

use limpid_executable::Executable;
use limpid_plugin_sdk::Error;
use memchr::memmem;

/// How the block begins.
pub const MAGIC: &[u8] = b"\xff Go buildinf:";

/// The longest version of Go that is read, in bytes.
const MAX_VERSION: u64 = 4096;

/// The longest list of modules that is read, in bytes: a hundred thousand of them.
pub const MAX_MODULES: u64 = 8 << 20;

/// The block lies at a multiple of so many bytes.
const ALIGNMENT: u64 = 16;

/// The size of the block.
const HEADER: u32 = 32;

/// How much is looked through at once, in bytes; a multiple of [`ALIGNMENT`].
const PIECE: u32 = 1 << 20;

/// How much of the data is looked through, in bytes. Where no section is made for the block, it is the first of the data.
const MAX_DATA: u64 = 64 << 20;

/// Of how many bytes the marks around the list of modules are.
const MARK: usize = 16;

/// What build info states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// Go's version, as it calls itself: `go1.21.5`.
    pub go: String,
    /// The lines about modules; empty where it was built without any.
    pub modules: String,
}

/// Reads the build info of an executable; none where it is not of Go.
///
/// # Errors
/// [`Error::Malformed`] where it has build info that cannot be read.
pub fn read(executable: &Executable<'_>) -> Result<Option<BuildInfo>, Error> {
    let Some((start, size)) = place(executable) else { return Ok(None) };
    let Some(address) = find(executable, start, size) else { return Ok(None) };
    let malformed = |why: &str| Error::malformed(format_args!("the build info of Go {why}"));
    let header = executable.at(address, HEADER);
    let (Some(&pointer), Some(&flags)) = (header.get(14), header.get(15)) else {
        return Err(malformed("ends early"));
    };
    let (go, modules) = if flags & 2 == 0 {
        let pointers = Pointers { size: pointer.into(), is_big_endian: flags & 1 != 0 };
        let at = |place: usize| pointers.read(header.get(16..)?, place);
        let (Some(go), Some(modules)) = (at(0), at(1)) else {
            return Err(malformed("has pointers of an unknown size"));
        };
        let go = string_at(executable, &pointers, go, MAX_VERSION)
            .ok_or_else(|| malformed("points to no version: it is filled in when the program starts"))?;
        // Without modules, the address is that of nothing.
        (go, string_at(executable, &pointers, modules, MAX_MODULES).unwrap_or_default())
    } else {
        let after = address.saturating_add(HEADER.into());
        let (go, after) =
            text_at(executable, after, MAX_VERSION).ok_or_else(|| malformed("has no version"))?;
        let (modules, _) = text_at(executable, after, MAX_MODULES).ok_or_else(|| {
            malformed(&format!("ends in its modules, or has more than {MAX_MODULES} bytes"))
        })?;
        (go, modules)
    };
    if go.is_empty() {
        return Err(malformed("has no version"));
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Some(BuildInfo { go: text(go), modules: text(unframed(modules)) }))
}

/// Where the block is looked for: address and size of the section that is made for it, or else of the data.
fn place(executable: &Executable<'_>) -> Option<(u64, u64)> {
    let section = executable.section(".go.buildinfo").or_else(|| executable.section("__go_buildinfo"));
    let place = match section {
        Some(section) => (section.address, section.size),
        None => executable.data().map(|data| (data.address, data.memory_size))?,
    };
    (place.1 > 0).then_some(place)
}

/// The address of the first block.
fn find(executable: &Executable<'_>, start: u64, size: u64) -> Option<u64> {
    let end = start.checked_add(size.min(MAX_DATA))?;
    let mut at = start.checked_next_multiple_of(ALIGNMENT)?;
    while at < end {
        let len = u32::try_from(end - at).unwrap_or(PIECE).min(PIECE);
        let piece = executable.at(at, len);
        let found = memmem::find_iter(&piece, MAGIC).find(|found| (*found as u64).is_multiple_of(ALIGNMENT));
        if let Some(found) = found {
            return at.checked_add(found as u64);
        }
        if piece.len() < len as usize {
            return None;
        }
        at = at.checked_add(len.into())?;
    }
    None
}

/// A text behind its length, and where it ends.
fn text_at(executable: &Executable<'_>, address: u64, limit: u64) -> Option<(Vec<u8>, u64)> {
    let (len, size) = varint(&executable.at(address, 10))?;
    let start = address.checked_add(size)?;
    let text = exactly(executable, start, len, limit)?;
    Some((text, start.checked_add(len)?))
}

/// The string of Go that an address leads to: address and length of its bytes.
fn string_at(executable: &Executable<'_>, pointers: &Pointers, address: u64, limit: u64) -> Option<Vec<u8>> {
    let string = executable.at(address, 2 * pointers.size as u32);
    exactly(executable, pointers.read(&string, 0)?, pointers.read(&string, 1)?, limit)
}

/// So many bytes, if they are all there.
fn exactly(executable: &Executable<'_>, address: u64, len: u64, limit: u64) -> Option<Vec<u8>> {
    let len = u32::try_from(len).ok().filter(|&len| u64::from(len) <= limit)?;
    let bytes = executable.at(address, len);
    (bytes.len() == len as usize).then_some(bytes)
}

/// How pointers are written.
struct Pointers {
    size: usize,
    is_big_endian: bool,
}

impl Pointers {
    fn read(&self, bytes: &[u8], place: usize) -> Option<u64> {
        let bytes = bytes.get(place * self.size..)?.get(..self.size)?;
        Some(match (self.size, self.is_big_endian) {
            (4, true) => u32::from_be_bytes(bytes.try_into().ok()?).into(),
            (4, false) => u32::from_le_bytes(bytes.try_into().ok()?).into(),
            (8, true) => u64::from_be_bytes(bytes.try_into().ok()?),
            (8, false) => u64::from_le_bytes(bytes.try_into().ok()?),
            _ => return None,
        })
    }
}

/// A number in groups of seven bits, the least first, and of how many bytes it is.
fn varint(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut number = 0_u64;
    for (place, &byte) in bytes.iter().take(9).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some((number, place as u64 + 1));
        }
    }
    None
}

/// What lies between the marks; nothing where there are none.
fn unframed(text: Vec<u8>) -> Vec<u8> {
    let end = text.len().saturating_sub(MARK);
    match text.get(MARK..end) {
        Some(inside) if inside.last() == Some(&b'\n') => inside.to_vec(),
        _ => Vec::new(),
    }
}
