//! NDB, the form of `Packages.db`: rpm's own, in little-endian numbers.
//!
//! A file begins with pages of slots, 16 bytes each, of which the first two are the header. A slot names a package
//! and where its blob is, in blocks of 16 bytes: head, header of the package, and at the end of its last block a tail
//! with a checksum ([rpmpkg.c](https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c)).

use std::collections::BTreeSet;

use crate::error::{malformed, unsupported};
use crate::source::Cached;
use crate::{Error, Header, MAX_HEADER, Visitor};

/// What the file begins with.
pub(crate) const MAGIC: &[u8] = b"RpmP";

const PAGE: u64 = 4096;
const BLOCK: u64 = 16;
/// The header takes the place of so many slots.
const FIRST_SLOT: u64 = 2;
const HEAD: u64 = 16;
const TAIL: u64 = 12;

/// A package, as its slot names it.
struct Slot {
    package: u32,
    /// In blocks.
    start: u32,
    blocks: u32,
}

pub(crate) fn read(mut file: Cached<'_>, visit: &mut Visitor<'_>) -> Result<(), Error> {
    let Some(header) = file.array::<32>(0) else {
        return Err(malformed!("the file ends inside its header"));
    };
    let version = number(&header, 4);
    if version != 0 {
        return Err(unsupported!("the database is of version {version} of NDB"));
    }
    let pages = u64::from(number(&header, 12));
    if pages == 0 {
        return Err(malformed!("the database has no page of slots"));
    }
    let size = file.size();
    if pages * PAGE > size {
        visit(Err(malformed!("the file ends inside its {pages} pages of slots, at {size}")));
    }
    let end = pages.saturating_mul(PAGE).min(size);
    let mut packages = BTreeSet::new();
    // Blobs do not overlap, so that all of them are no more than the file.
    let mut budget = size;
    let mut blob = Vec::new();
    let mut at = FIRST_SLOT * BLOCK;
    while let Some(slot) = file.array::<16>(at).filter(|_| at + BLOCK <= end) {
        at += BLOCK;
        if slot.get(..4) != Some(b"Slot") {
            visit(Err(malformed!("the slot at {} does not begin as one", at - BLOCK)));
            continue;
        }
        let slot = Slot { package: number(&slot, 4), start: number(&slot, 8), blocks: number(&slot, 12) };
        if slot.start == 0 {
            continue;
        }
        let place = format!("package {}", slot.package);
        let bytes = u64::from(slot.blocks) * BLOCK;
        if !packages.insert(slot.package) {
            visit(Err(malformed!("{place}: a second slot names it")));
        } else if u64::from(slot.start) * BLOCK < end || bytes > budget {
            visit(Err(malformed!("{place}: its blob lies upon others")));
        } else {
            budget -= bytes;
            match read_blob(&mut file, &slot, &mut blob) {
                Ok(checked) => {
                    if let Err(why) = checked {
                        visit(Err(why.at(&place)));
                    }
                    let header = blob.get(HEAD as usize..).unwrap_or_default();
                    visit(Header::parse(header).map_err(|why| why.at(&place)));
                }
                Err(why) => visit(Err(why.at(&place))),
            }
        }
    }
    Ok(())
}

/// Reads head and header of a package; the inner result says whether the checksum is that of what was read.
fn read_blob(file: &mut Cached<'_>, slot: &Slot, blob: &mut Vec<u8>) -> Result<Result<(), Error>, Error> {
    let bytes = u64::from(slot.blocks) * BLOCK;
    if bytes > MAX_HEADER {
        return Err(unsupported!("its header has {bytes} bytes, over the limit of {MAX_HEADER}"));
    }
    blob.clear();
    blob.reserve(bytes as usize);
    let is_whole = file.read(u64::from(slot.start) * BLOCK, bytes, blob);
    if blob.get(..4) != Some(b"BlbS") || number(blob, 4) != slot.package {
        return Err(malformed!("there is no blob of it at {}", u64::from(slot.start) * BLOCK));
    }
    let length = u64::from(number(blob, 12));
    if (HEAD + length + TAIL).div_ceil(BLOCK) != u64::from(slot.blocks) {
        return Err(malformed!("its blob of {length} bytes has {} blocks", slot.blocks));
    }
    let checked = if is_whole {
        let tail = blob.len() - TAIL as usize;
        let (content, tail) = blob.split_at_checked(tail).unwrap_or_default();
        match tail.get(8..) == Some(b"BlbE") && number(tail, 0) == adler2::adler32_slice(content) {
            true => Ok(()),
            false => Err(malformed!("its blob has another checksum")),
        }
    } else {
        Err(malformed!("the file ends inside its blob"))
    };
    blob.truncate((HEAD + length) as usize);
    Ok(checked)
}

/// A little-endian number; 0 where there is none.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
