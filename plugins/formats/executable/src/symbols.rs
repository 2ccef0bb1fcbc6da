//! What an executable exports by a name: symbols of ELF and Mach-O, the directory of exports of PE.

use std::cmp::Ordering;

use crate::{Executable, Format};

/// Symbols and their names in ELF: those that are exported, and all, where the program was not stripped. One that is
/// linked statically exports none.
const TABLES: [(&str, &str); 2] = [(".dynsym", ".dynstr"), (".symtab", ".strtab")];

/// A symbol of ELF of 64 bits, in bytes.
const ELF_SYMBOL: usize = 24;

/// A symbol of Mach-O of 64 bits, in bytes.
pub(crate) const MACHO_SYMBOL: usize = 16;

/// A directory of exports, in bytes.
const DIRECTORY: u32 = 40;

/// Steps of a search among names, of which there are 2³² at most.
const STEPS: usize = 33;

/// Where names of what is exported are, other than in sections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Exports {
    /// Nowhere, or in sections.
    #[default]
    None,
    /// Symbols of Mach-O of 64 bits with the least byte first, and their names: where in the file, and bytes.
    Symbols { table: (u64, u64), names: (u64, u64) },
    /// The directory of PE32+: where it is loaded, and from where on its addresses count.
    Directory { base: u64, at: u64 },
}

impl Executable<'_> {
    /// The addresses of what it exports by these names, as its source calls them; none where one of them is missing, or
    /// where it is none of 64 bits with the least byte first. Of each table that is searched, `limit` bytes at most are
    /// read.
    pub fn exported<const N: usize>(&self, names: [&[u8]; N], limit: u32) -> Option<[u64; N]> {
        match (self.format, self.exports) {
            (Format::Elf, _) => self.of_elf(names, limit),
            (_, Exports::Symbols { table, names: texts }) => {
                let read = |(at, size): (u64, u64)| self.file.read_at(at, crate::clamp(size).min(limit));
                let (table, texts) = (read(table), read(texts));
                all(names, |name| of_macho(&table, &texts, name))
            }
            (_, Exports::Directory { base, at }) => {
                let directory = Directory::read(self, base, at)?;
                all(names, |name| directory.find(name))
            }
            (_, Exports::None) => None,
        }
    }

    fn of_elf<const N: usize>(&self, names: [&[u8]; N], limit: u32) -> Option<[u64; N]> {
        // 64 bits, and the least byte first.
        if self.file.read_at(4, 2) != [2, 1] {
            return None;
        }
        TABLES.iter().find_map(|(symbols, texts)| {
            let content = |name| Some(self.content(self.section(name)?, limit));
            let (symbols, texts) = (content(symbols)?, content(texts)?);
            all(names, |name| of_elf(&symbols, &texts, name))
        })
    }
}

fn all<const N: usize>(names: [&[u8]; N], find: impl Fn(&[u8]) -> Option<u64>) -> Option<[u64; N]> {
    let found: Vec<u64> = names.into_iter().map_while(|name| find(name).filter(|&at| at > 0)).collect();
    found.try_into().ok()
}

/// By the [symbol table](https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html) of ELF.
fn of_elf(symbols: &[u8], texts: &[u8], name: &[u8]) -> Option<u64> {
    let symbol = symbols.chunks_exact(ELF_SYMBOL).find(|symbol| is_named(symbol, texts, name))?;
    // Behind the name, what kind of symbol it is, and its section.
    symbol.get(8..16)?.try_into().ok().map(u64::from_le_bytes)
}

/// By [`nlist_64`](https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/nlist.h) of Mach-O, where
/// names of C begin with a line.
fn of_macho(symbols: &[u8], texts: &[u8], name: &[u8]) -> Option<u64> {
    let name = [b"_", name].concat();
    // It is of a section, and not for debuggers.
    let is_of_section = |symbol: &[u8]| symbol.get(4).is_some_and(|kind| kind & 0xee == 0x0e);
    let is_it = |symbol: &&[u8]| is_of_section(symbol) && is_named(symbol, texts, &name);
    let symbol = symbols.chunks_exact(MACHO_SYMBOL).find(is_it)?;
    symbol.get(8..16)?.try_into().ok().map(u64::from_le_bytes)
}

/// Whether the symbol has this name, which ends with a zero. Where it stands is what a symbol begins with.
fn is_named(symbol: &[u8], texts: &[u8], name: &[u8]) -> bool {
    let at = symbol.first_chunk().map(|at| u32::from_le_bytes(*at) as usize);
    let rest = at.and_then(|at| texts.get(at..)?.strip_prefix(name));
    rest.is_some_and(|rest| rest.first() == Some(&0))
}

/// A [directory of exports](https://learn.microsoft.com/windows/win32/debug/pe-format#export-directory-table).
struct Directory<'e> {
    executable: &'e Executable<'e>,
    base: u64,
    count: u32,
    functions: u32,
    names: u32,
    ordinals: u32,
}

impl<'e> Directory<'e> {
    fn read(executable: &'e Executable<'_>, base: u64, at: u64) -> Option<Self> {
        let bytes = executable.at(at, DIRECTORY);
        let field = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        Some(Self {
            executable,
            base,
            count: field(24)?,
            functions: field(28)?,
            names: field(32)?,
            ordinals: field(36)?,
        })
    }

    /// Names are in order, and each has a number beside it, which is the place of its address.
    fn find(&self, name: &[u8]) -> Option<u64> {
        let (mut low, mut high) = (0, self.count);
        for _ in 0..STEPS {
            if low >= high {
                break;
            }
            let middle = low + (high - low) / 2;
            let text = self.element(self.names, middle, 4)?;
            let length = u32::try_from(name.len()).ok()?.checked_add(1)?;
            let bytes = self.executable.at(self.base.checked_add(text.into())?, length);
            let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
            match text.cmp(name) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => {
                    let place = self.element(self.ordinals, middle, 2)?;
                    let address = self.element(self.functions, place, 4)?;
                    return self.base.checked_add(address.into());
                }
            }
        }
        None
    }

    /// The number at this place of an array of numbers of `size` bytes.
    fn element(&self, array: u32, place: u32, size: u32) -> Option<u32> {
        let distance = u64::from(array).checked_add(u64::from(place) * u64::from(size))?;
        let bytes = self.executable.at(self.base.checked_add(distance)?, size);
        let mut number = [0; 4];
        let is_whole = u32::try_from(bytes.len()) == Ok(size);
        number.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        is_whole.then(|| u32::from_le_bytes(number))
    }
}
