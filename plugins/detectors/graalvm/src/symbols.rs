//! Where a program has its bill of materials
//! ([symbol table](https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html)).

use limpid_executable::{Executable, Format};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;

use crate::{MAX_BILL, MAX_SYMBOLS};

/// The symbol whose value is where the bill of materials begins.
pub(crate) const BILL: &[u8] = b"sbom";

/// The symbol whose value is where its length stands.
pub(crate) const LENGTH: &[u8] = b"sbom_length";

/// Symbols and their names: those that are exported, and all, where the program was not stripped. One that is linked
/// statically exports none.
const TABLES: [(&str, &str); 2] = [(".dynsym", ".dynstr"), (".symtab", ".strtab")];

/// A symbol, in bytes, where addresses have 64 bits.
const SYMBOL: usize = 24;

/// Both addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bill: u64,
    pub(crate) length: u64,
}

/// Where a program has its bill of materials; none where it has none.
pub(crate) fn find(file: &File, executable: &Executable<'_>) -> Option<Place> {
    // 64 bits, and the least byte first.
    if executable.format != Format::Elf || file.read_at(4, 2) != [2, 1] {
        return None;
    }
    TABLES.iter().find_map(|(symbols, names)| {
        let content = |name| Some(executable.content(executable.section(name)?, MAX_SYMBOLS));
        let (symbols, names) = (content(symbols)?, content(names)?);
        let address = |name| address(&symbols, &names, name);
        Some(Place { bill: address(BILL)?, length: address(LENGTH)? })
    })
}

fn address(symbols: &[u8], names: &[u8], name: &[u8]) -> Option<u64> {
    let is_named = |symbol: &&[u8]| {
        let at = symbol.first_chunk().map(|at| u32::from_le_bytes(*at) as usize);
        let rest = at.and_then(|at| names.get(at..)?.strip_prefix(name));
        rest.is_some_and(|rest| rest.first() == Some(&0))
    };
    let symbol = symbols.chunks_exact(SYMBOL).find(is_named)?;
    // Behind the name, what kind of symbol it is, and its section.
    let value: [u8; 8] = symbol.get(8..16)?.try_into().ok()?;
    Some(u64::from_le_bytes(value)).filter(|&address| address > 0)
}

impl Place {
    /// The compressed bill of materials.
    pub(crate) fn content(&self, executable: &Executable<'_>) -> Result<Vec<u8>, Error> {
        let length: [u8; 8] = executable
            .at(self.length, 8)
            .try_into()
            .map_err(|_| Error::malformed("symbol `sbom_length` is outside of what is loaded"))?;
        let length = u64::from_le_bytes(length);
        let length = u32::try_from(length).ok().filter(|&length| length <= MAX_BILL).ok_or_else(|| {
            Error::unsupported(format_args!(
                "the bill of materials has {length} bytes, over this plugin's limit of {MAX_BILL}"
            ))
        })?;
        let content = executable.at(self.bill, length);
        match content.len() as u64 == u64::from(length) {
            true => Ok(content),
            false => Err(Error::malformed("symbol `sbom` is outside of what is loaded")),
        }
    }
}
