//! Programs with everything in one file
//! ([design](https://github.com/dotnet/designs/blob/main/accepted/2020/single-file/design.md)): a host program, the
//! files, and a header that lists them, whose place is written into the host before a signature.
//!
//! | Version | Of | Where its list of dependencies is |
//! |---|---|---|
//! | 1 | .NET Core 3 | in one of its files |
//! | 2, 6 | .NET 5, and .NET 6 and later | in the header |

use std::io::{BufRead as _, Read as _, Seek as _, SeekFrom};

use limpid_lockfile::MAX_FILE;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, FileReader};

/// What stands behind the place of the header: the SHA-256 of `.net core bundle` and the end of a line.
pub const SIGNATURE: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13,
    0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];

/// What the list is called where a program is an archive.
pub const MEMBER: &str = "deps.json";

/// How much of a program is looked at for the signature, in bytes. A host that has the runtime in it has 70 MB.
const MAX_HOST: u64 = 128 * 1024 * 1024;

/// How many files of a bundle of version 1 are looked at.
const MAX_FILES: i32 = 100_000;

/// The longest name in a header, in bytes.
const MAX_NAME: u64 = 4096;

/// The kind of file that is a list of dependencies.
const DEPS: u8 = 3;

/// The list of dependencies that is bundled in a program; none where it is a host without a bundle, or a bundle without
/// one.
///
/// # Errors
///
/// [`Error::Malformed`] where the header is not in the file or says what cannot be, [`Error::Unsupported`] where the
/// header is of a version that is not known, or the list has more than [`MAX_FILE`] bytes.
pub fn list(file: &File) -> Result<Option<Vec<u8>>, Error> {
    let Some(place) = header(file)? else { return Ok(None) };
    let mut reader = file.reader();
    reader.seek(SeekFrom::Start(place))?;
    let (major, _minor, files) =
        (u32::from_le_bytes(bytes(&mut reader)?), bytes::<4>(&mut reader)?, bytes(&mut reader)?);
    skip_name(&mut reader)?;
    let (offset, size) = match major {
        1 => match in_files(&mut reader, i32::from_le_bytes(files))? {
            Some(found) => found,
            None => return Ok(None),
        },
        2 | 6 => (number(&mut reader)?, number(&mut reader)?),
        _ => return Err(Error::unsupported(format_args!("a bundle of version {major}"))),
    };
    if size == 0 {
        return Ok(None);
    }
    if size > MAX_FILE {
        let why =
            format_args!("its list of dependencies has {size} bytes, over this plugin's limit of {MAX_FILE}");
        return Err(Error::unsupported(why));
    }
    reader.seek(SeekFrom::Start(offset))?;
    let mut list = Vec::new();
    reader.take(size).read_to_end(&mut list)?;
    if list.len() as u64 == size { Ok(Some(list)) } else { Err(Error::malformed("the bundle is cut off")) }
}

/// Where the header is: the number before the signature, which is zero in a host without a bundle.
fn header(file: &File) -> Result<Option<u64>, Error> {
    const KEPT: usize = SIGNATURE.len() + 8 - 1;
    let finder = memchr::memmem::Finder::new(&SIGNATURE);
    let mut reader = file.reader().take(MAX_HOST);
    // What may be the beginning of number and signature is kept for the next piece.
    let mut window: Vec<u8> = Vec::new();
    loop {
        let piece = reader.fill_buf()?;
        let length = piece.len();
        if length == 0 {
            return Ok(None);
        }
        window.extend_from_slice(piece);
        reader.consume(length);
        for at in finder.find_iter(&window) {
            let number = at.checked_sub(8).and_then(|start| window.get(start..at)?.try_into().ok());
            match number.map(u64::from_le_bytes) {
                Some(0) | None => {}
                Some(place) => return Ok(Some(place)),
            }
        }
        window.drain(..window.len().saturating_sub(KEPT));
    }
}

/// Offset and size of the list among the files that follow the header.
fn in_files(reader: &mut FileReader<'_>, files: i32) -> Result<Option<(u64, u64)>, Error> {
    if files > MAX_FILES {
        let why = format_args!("a bundle of {files} files, over this plugin's limit of {MAX_FILES}");
        return Err(Error::unsupported(why));
    }
    for _ in 0..files {
        let (offset, size, [kind]) = (number(reader)?, number(reader)?, bytes(reader)?);
        if kind == DEPS {
            return Ok(Some((offset, size)));
        }
        skip_name(reader)?;
    }
    Ok(None)
}

fn bytes<const N: usize>(reader: &mut FileReader<'_>) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(|_| Error::malformed("the bundle is cut off"))?;
    Ok(bytes)
}

fn number(reader: &mut FileReader<'_>) -> Result<u64, Error> {
    let number = i64::from_le_bytes(bytes(reader)?);
    u64::try_from(number).map_err(|_| Error::malformed(format_args!("the bundle has a place of {number}")))
}

/// A name has its length before it, seven bits to a byte, the lowest first.
fn skip_name(reader: &mut FileReader<'_>) -> Result<(), Error> {
    let mut length = 0_u64;
    for shift in [0, 7, 14] {
        let [byte] = bytes(reader)?;
        length |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    if length > MAX_NAME {
        return Err(Error::malformed(format_args!("the bundle has a name of {length} bytes")));
    }
    reader.seek(SeekFrom::Current(length.cast_signed()))?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A host, and a bundle of this version with a list of dependencies between two other files.
    pub(crate) fn bundled(major: u32, list: &[u8]) -> Vec<u8> {
        let mut program = b"\x7fELF".to_vec();
        program.resize(300, 0x90);
        let marker = program.len();
        program.extend([0; 8]);
        program.extend(SIGNATURE);
        program.resize(70_000, 0x90);
        let offset = program.len() as i64;
        program.extend(list);
        program.extend(b"assembly");
        let place = program.len() as u64;
        program[marker..marker + 8].copy_from_slice(&place.to_le_bytes());
        program.extend(major.to_le_bytes());
        program.extend([0; 4]);
        program.extend(3_i32.to_le_bytes());
        program.extend([0x85, 0x01]);
        program.extend([b'i'; 133]);
        if major >= 2 {
            for number in [offset, list.len() as i64, 0, 0, 0] {
                program.extend(number.to_le_bytes());
            }
        }
        for (kind, offset, size) in
            [(1, offset + list.len() as i64, 8), (DEPS, offset, list.len() as i64), (4, 0, 0)]
        {
            program.extend(offset.to_le_bytes());
            program.extend(size.to_le_bytes());
            if major >= 6 {
                program.extend([0; 8]);
            }
            program.push(kind);
            program.extend(b"\x05a.dll");
        }
        program
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::bundled;
    use super::*;

    fn read(program: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        list(&File::in_memory("app", program))
    }

    #[test]
    fn the_list_is_found_in_each_version() {
        for major in [1, 2, 6] {
            assert_eq!(read(bundled(major, b"{}")), Ok(Some(b"{}".to_vec())), "{major}");
            assert_eq!(read(bundled(major, b"")), Ok(None), "{major}");
        }
        assert_eq!(read(bundled(7, b"{}")), Err(Error::unsupported("a bundle of version 7")));
    }

    #[test]
    fn a_host_without_a_bundle_has_no_list() {
        let mut host = bundled(6, b"{}");
        host[300..308].fill(0);
        assert_eq!(read(host), Ok(None));
        assert_eq!(read(SIGNATURE.to_vec()), Ok(None));
        assert_eq!(read(b"\x7fELF".to_vec()), Ok(None));
    }

    #[test]
    fn the_signature_is_found_wherever_pieces_of_the_file_end() {
        let program = bundled(6, b"{}");
        let marker = 300 + 8;
        for at in [60_000, 65_500, 65_520, 65_535, 65_536, 65_560] {
            let mut moved = program.clone();
            moved[marker..marker + 32].fill(0);
            moved[at + 8..at + 40].copy_from_slice(&SIGNATURE);
            let place: [u8; 8] = program[300..308].try_into().unwrap();
            moved[at..at + 8].copy_from_slice(&place);
            assert_eq!(read(moved), Ok(Some(b"{}".to_vec())), "{at}");
        }
    }

    #[test]
    fn what_cannot_be_is_malformed() {
        let check = |change: &dyn Fn(&mut Vec<u8>, usize), major: u32, expected: &str| {
            let mut program = bundled(major, b"{}");
            let place = u64::from_le_bytes(program[300..308].try_into().unwrap()) as usize;
            change(&mut program, place);
            assert_eq!(read(program).unwrap_err().to_string(), expected);
        };
        check(&|program, place| program.truncate(place + 3), 6, "malformed: the bundle is cut off");
        check(&|program, place| program.truncate(place + 160), 6, "malformed: the bundle is cut off");
        let number = |at: usize, number: i64| {
            move |program: &mut Vec<u8>, place: usize| {
                program[place + at..place + at + 8].copy_from_slice(&number.to_le_bytes());
            }
        };
        check(&number(147, -1), 6, "malformed: the bundle has a place of -1");
        check(&number(147, i64::MAX), 6, "malformed: the bundle is cut off");
        check(
            &number(155, i64::MAX),
            6,
            "unsupported: its list of dependencies has 9223372036854775807 bytes, over this plugin's limit of 16777216",
        );
        check(
            &|program, place| program[place + 8..place + 12].copy_from_slice(&i32::MAX.to_le_bytes()),
            1,
            "unsupported: a bundle of 2147483647 files, over this plugin's limit of 100000",
        );
        check(
            &|program, place| program[place + 12..place + 15].fill(0xff),
            6,
            "malformed: the bundle has a name of 2097151 bytes",
        );
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..80), major in 0_u8..8) {
            let mut program = 40_u64.to_le_bytes().to_vec();
            program.extend(SIGNATURE);
            program.extend([major, 0, 0, 0]);
            program.extend(bytes);
            let _outcome = read(program);
        }
    }
}
