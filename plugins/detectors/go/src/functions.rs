//! The names of the functions in an executable, which the runtime needs for stack traces: stripped executables have them
//! as well. They are those of what is linked in, and of what was inlined into it.
//!
//! Since Go 1.16 all names stand one behind the other in the
//! [table of lines](https://pkg.go.dev/debug/gosym#LineTable). Its header, in the byte order of the machine:
//!
//! | Offset | Bytes | What |
//! |---|---|---|
//! | 0 | 4 | a magic number, which tells the version |
//! | 4 | 2 | zeros |
//! | 6 | 1 | the least size of an instruction: 1, 2 or 4 |
//! | 7 | 1 | the size of a pointer: 4 or 8 |
//! | 8 | | pointers: the count of functions and of files, since 1.18 one more, then where names begin, and where they end |

use limpid_executable::Executable;
use memchr::memmem;

/// The sections that hold the table: in ELF, in ELF that is loaded anywhere, in Mach-O.
const SECTIONS: [&str; 3] = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];

/// The magic numbers since Go 1.16, and how many pointers are before that of the names.
const VERSIONS: [(u32, usize); 3] = [(0xffff_fffa, 2), (0xffff_fff0, 3), (0xffff_fff1, 3)];

/// The largest header, in bytes.
const HEADER: u32 = 8 + 5 * 8;

/// The longest list of names that is read, in bytes. Kubernetes' `kubelet` has 9 MB.
const MAX_NAMES: u64 = 32 << 20;

/// How much is looked through where no section has the table, in bytes.
const MAX_SEARCHED: u64 = 64 << 20;

/// How much is looked through at once, in bytes.
const PIECE: u32 = 1 << 20;

/// The names of functions, as the linker writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Functions(Vec<u8>);

impl Functions {
    /// Reads them; none where the executable has no table of a version that is known, or one that cannot be read.
    pub fn read(executable: &Executable<'_>) -> Option<Self> {
        let address =
            SECTIONS.iter().find_map(|name| executable.section(name)).map(|section| section.address);
        let address = match address {
            Some(address) => address,
            None => search(executable)?,
        };
        Self::at(address, |address, len| executable.at(address, len))
    }

    /// Reads them of the table at an address, from memory of which at most so many bytes are at another.
    pub(crate) fn at(address: u64, memory: impl Fn(u64, u32) -> Vec<u8>) -> Option<Self> {
        let names = Names::parse(&memory(address, HEADER))?;
        let bytes = memory(address.checked_add(names.start)?, u32::try_from(names.size).ok()?);
        let functions = Self(bytes);
        // Every program has this one: where it is not called so, nothing is called as it was.
        (functions.0.len() as u64 == names.size && functions.iter().any(|name| name == "runtime.main"))
            .then_some(functions)
    }

    #[cfg(test)]
    pub(crate) fn of(names: &str) -> Self {
        Self(names.as_bytes().to_vec())
    }

    /// Each of them; those that are no UTF-8 are left out, since no source has them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0
            .split(|&byte| byte == 0)
            .filter_map(|name| str::from_utf8(name).ok())
            .filter(|name| !name.is_empty())
    }

    /// The system and the processor that the program was built for, as Go calls them (`linux`, `amd64`). Before
    /// Go 1.18 build info does not state them, but where the program starts is called by them.
    pub fn platform(&self) -> Option<(&str, &str)> {
        self.iter().find_map(|name| {
            let (processor, system) = name.strip_prefix("_rt0_")?.split_once('_')?;
            let system = system.strip_suffix("_lib").unwrap_or(system);
            let is_name =
                |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (is_name(processor) && is_name(system) && system != "lib").then_some((system, processor))
        })
    }
}

/// Where names are, behind the beginning of the table.
struct Names {
    start: u64,
    size: u64,
}

impl Names {
    fn parse(header: &[u8]) -> Option<Self> {
        let magic: [u8; 4] = header.get(..4)?.try_into().ok()?;
        let known = |magic: u32| VERSIONS.iter().find(|version| version.0 == magic).map(|version| version.1);
        let (before, is_big_endian) = match known(u32::from_le_bytes(magic)) {
            Some(before) => (before, false),
            None => (known(u32::from_be_bytes(magic))?, true),
        };
        let [0, 0, 1 | 2 | 4, size @ (4 | 8)] = *header.get(4..8)? else { return None };
        let pointer = |place: usize| {
            let start = 8 + place * usize::from(size);
            let bytes = header.get(start..)?.get(..usize::from(size))?;
            let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
            Some(if is_big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
        };
        let (start, end) = (pointer(before)?, pointer(before + 1)?);
        let size = end.checked_sub(start)?;
        (pointer(0)? > 0 && start >= 8 && size > 0 && size <= MAX_NAMES).then_some(Self { start, size })
    }
}

/// How a table begins, in either byte order.
pub(crate) fn starts() -> impl Iterator<Item = [u8; 6]> {
    let magics = VERSIONS.iter().flat_map(|version| [version.0.to_le_bytes(), version.0.to_be_bytes()]);
    magics.map(|[a, b, c, d]| [a, b, c, d, 0, 0])
}

/// The address of the table, where no section is called by it, as in PE: it begins like nothing else.
fn search(executable: &Executable<'_>) -> Option<u64> {
    let starts: Vec<_> = starts().collect();
    let finders: Vec<_> = starts.iter().map(memmem::Finder::new).collect();
    let mut left = MAX_SEARCHED;
    for segment in &executable.segments {
        let mut at = segment.address;
        loop {
            // A table that begins at the end of a piece is found in the next one.
            let piece = executable.at(at, PIECE + HEADER);
            left = left.checked_sub(piece.len() as u64)?;
            let found = finders
                .iter()
                .flat_map(|finder| finder.find_iter(&piece))
                .filter(|&place| piece.get(place..).and_then(Names::parse).is_some())
                .find_map(|place| at.checked_add(place as u64));
            if found.is_some() {
                return found;
            }
            if piece.len() <= PIECE as usize {
                break;
            }
            at = at.checked_add(PIECE.into())?;
        }
    }
    None
}
