//! Small executables, for tests of whoever reads them. They have what their form says must be there, and no code.

/// A form in which executables are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// ELF of 32 bits, little-endian.
    Elf32,
    /// ELF of 32 bits, big-endian.
    Elf32Big,
    /// ELF of 64 bits, little-endian.
    Elf64,
    /// ELF of 64 bits, big-endian.
    Elf64Big,
    /// PE32.
    Pe32,
    /// PE32+.
    Pe64,
    /// Mach-O of 32 bits, little-endian.
    MachO32,
    /// Mach-O of 32 bits, big-endian.
    MachO32Big,
    /// Mach-O of 64 bits, little-endian.
    MachO64,
    /// Mach-O of 64 bits, big-endian.
    MachO64Big,
}

/// A section of an executable that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Where it is loaded; in PE, above the base of the image.
    pub address: u64,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whether it is loaded, and the program may change it.
    pub access: Access,
}

/// Whether a section is loaded, and what the program may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is not loaded.
    None,
    /// It is read.
    Read,
    /// It is read and written.
    Write,
}

/// Where PE files are loaded that are made here.
pub const PE_BASE: u64 = 0x40_0000;

impl Part {
    /// A section that is loaded at an address.
    pub fn new(name: &str, address: u64, access: Access, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), address, bytes: bytes.into(), access }
    }
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Elf32,
        Self::Elf32Big,
        Self::Elf64,
        Self::Elf64Big,
        Self::Pe32,
        Self::Pe64,
        Self::MachO32,
        Self::MachO32Big,
        Self::MachO64,
        Self::MachO64Big,
    ];

    /// Whether its addresses have 64 bits.
    pub const fn is_64(self) -> bool {
        matches!(self, Self::Elf64 | Self::Elf64Big | Self::Pe64 | Self::MachO64 | Self::MachO64Big)
    }

    /// Whether its numbers begin with their greatest byte.
    pub const fn is_big_endian(self) -> bool {
        matches!(self, Self::Elf32Big | Self::Elf64Big | Self::MachO32Big | Self::MachO64Big)
    }

    /// An executable with these sections.
    pub fn executable(self, parts: &[Part]) -> Vec<u8> {
        let out = Writer { form: self, bytes: Vec::new() };
        match self {
            Self::Elf32 | Self::Elf32Big | Self::Elf64 | Self::Elf64Big => elf(out, parts),
            Self::Pe32 | Self::Pe64 => pe(out, parts, None),
            Self::MachO32 | Self::MachO32Big | Self::MachO64 | Self::MachO64Big => macho(out, parts, None),
        }
    }

    /// An executable of 64 bits with these sections that exports these addresses; in PE, above the base of the image.
    /// Names are in order. What is exported stands in a section of its own, at `at` and behind all others.
    pub fn exporting(self, parts: &[Part], at: u64, symbols: &[(&str, u64)]) -> Vec<u8> {
        let mut out = Writer { form: self, bytes: Vec::new() };
        match self {
            Self::Pe64 => out.directory(at as u32, symbols),
            Self::MachO64 => out.symbols(16, "_", symbols),
            _ => out.symbols(24, "", symbols),
        }
        let table = std::mem::take(&mut out.bytes);
        let count = symbols.len();
        let with = |name: &str, bytes: Vec<u8>| [parts, &[Part::new(name, at, Access::Read, bytes)]].concat();
        match self {
            Self::Pe64 => pe(out, &with(".edata", table), Some(at as u32)),
            Self::MachO64 => macho(out, &with("symbols", table), Some(count)),
            _ => {
                let (table, names) = table.split_at(24 * count);
                let names = Part::new(".dynstr", 0, Access::None, names);
                let table = Part::new(".dynsym", 0, Access::None, table);
                elf(out, &[parts, &[table, names]].concat())
            }
        }
    }
}

/// A fat file of executables of Mach-O.
pub fn fat(executables: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer { form: Form::MachO32Big, bytes: Vec::new() };
    out.u32(0xcafe_babe);
    out.u32(executables.len() as u32);
    let mut at = (8 + 20 * executables.len()).next_multiple_of(64);
    for executable in executables {
        [7, 3, at as u32, executable.len() as u32, 6].into_iter().for_each(|field| out.u32(field));
        at = (at + executable.len()).next_multiple_of(64);
    }
    for executable in executables {
        out.align(64);
        out.bytes.extend_from_slice(executable);
    }
    out.bytes
}

/// Writes numbers as a form has them.
struct Writer {
    form: Form,
    bytes: Vec<u8>,
}

impl Writer {
    fn u16(&mut self, number: u16) {
        let bytes = if self.form.is_big_endian() { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn u32(&mut self, number: u32) {
        let bytes = if self.form.is_big_endian() { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn u64(&mut self, number: u64) {
        let bytes = if self.form.is_big_endian() { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    /// A number as wide as addresses are.
    fn word(&mut self, number: u64) {
        if self.form.is_64() { self.u64(number) } else { self.u32(number as u32) }
    }

    /// Symbols of so many bytes each, and behind them their names.
    fn symbols(&mut self, size: usize, before: &str, symbols: &[(&str, u64)]) {
        let mut names = vec![0];
        for (name, address) in symbols {
            let start = self.bytes.len();
            self.u32(names.len() as u32);
            names.extend([before.as_bytes(), name.as_bytes(), b"\0"].concat());
            // A symbol of a section.
            self.bytes.extend([if size == 16 { 0x0f } else { 0x11 }, 1, 0, 0]);
            self.u64(*address);
            self.bytes.resize(start + size, 0);
        }
        self.bytes.extend(names);
    }

    /// A directory of exports that is loaded at an address.
    fn directory(&mut self, at: u32, symbols: &[(&str, u64)]) {
        let count = symbols.len() as u32;
        let (functions, names, ordinals) = (at + 40, at + 40 + 4 * count, at + 40 + 8 * count);
        [0, 0, 0, ordinals + 2 * count, 1, count, count].into_iter().for_each(|field| self.u32(field));
        [functions, names, ordinals].into_iter().for_each(|field| self.u32(field));
        // Addresses are in the opposite order of the names.
        symbols.iter().rev().for_each(|(_, address)| self.u32(*address as u32));
        let mut text = ordinals + 2 * count;
        for (name, _) in symbols {
            self.u32(text);
            text += name.len() as u32 + 1;
        }
        (0..count).rev().for_each(|place| self.u16(place as u16));
        symbols.iter().for_each(|(name, _)| self.bytes.extend([name.as_bytes(), b"\0"].concat()));
    }

    /// A name in so many bytes.
    fn name(&mut self, name: &str, size: usize) {
        let end = self.bytes.len() + size;
        self.bytes.extend(name.bytes().take(size));
        self.bytes.resize(end, 0);
    }

    fn align(&mut self, size: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(size), 0);
    }

    /// Appends what sections hold, from a place on that is aligned.
    fn contents(&mut self, parts: &[Part], alignment: usize) {
        for part in parts {
            self.align(alignment);
            self.bytes.extend_from_slice(&part.bytes);
        }
    }
}

/// Where what sections hold begins, if it follows after so many bytes, and where it ends.
fn places(after: usize, parts: &[Part], alignment: usize) -> (Vec<u64>, usize) {
    let mut at = after;
    let mut places = Vec::new();
    for part in parts {
        at = at.next_multiple_of(alignment);
        places.push(at as u64);
        at += part.bytes.len();
    }
    (places, at)
}

fn elf(mut out: Writer, parts: &[Part]) -> Vec<u8> {
    let wide = out.form.is_64();
    let (header, loaded_size, section_size) = if wide { (64, 56, 64) } else { (52, 32, 40) };
    let loaded: Vec<_> = parts.iter().filter(|part| part.access != Access::None).collect();
    let (places, end) = places(header + loaded_size * loaded.len(), parts, 16);
    let names: Vec<u8> = parts.iter().flat_map(|part| [part.name.as_bytes(), b"\0"].concat()).collect();
    let names = [b"\0", names.as_slice(), b".shstrtab\0"].concat();
    let sections = (end + names.len()).next_multiple_of(16);

    out.bytes.extend([0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }]);
    out.bytes.extend([if out.form.is_big_endian() { 2 } else { 1 }, 1]);
    out.align(16);
    out.u16(2);
    out.u16(62);
    out.u32(1);
    out.word(0);
    out.word(header as u64);
    out.word(sections as u64);
    out.u32(0);
    for field in [header, loaded_size, loaded.len(), section_size, parts.len() + 2, parts.len() + 1] {
        out.u16(field as u16);
    }
    for (part, &place) in parts.iter().zip(&places).filter(|(part, _)| part.access != Access::None) {
        let (flags, size) = (if part.access == Access::Write { 6 } else { 4 }, part.bytes.len() as u64);
        out.u32(1);
        if wide {
            out.u32(flags);
        }
        [place, part.address, part.address, size, size].into_iter().for_each(|field| out.word(field));
        if !wide {
            out.u32(flags);
        }
        out.word(16);
    }
    out.contents(parts, 16);
    out.bytes.extend_from_slice(&names);
    out.align(16);

    let mut section = |name: u32, kind: u32, address: u64, place: u64, size: u64| {
        out.u32(name);
        out.u32(kind);
        [0, address, place, size].into_iter().for_each(|field| out.word(field));
        out.u32(0);
        out.u32(0);
        out.word(0);
        out.word(0);
    };
    section(0, 0, 0, 0, 0);
    let mut name = 1;
    for (part, &place) in parts.iter().zip(&places) {
        section(name, 1, part.address, place, part.bytes.len() as u64);
        name += part.name.len() as u32 + 1;
    }
    section(name, 3, 0, end as u64, names.len() as u64);
    out.bytes
}

fn pe(mut out: Writer, parts: &[Part], exports: Option<u32>) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    let wide = out.form.is_64();
    let directories = usize::from(exports.is_some());
    let (dos, fields) = (64, if wide { 112 } else { 96 });
    let optional = fields + 8 * directories;
    let (places, _) = places(dos + 24 + optional + 40 * parts.len(), parts, ALIGNMENT);
    out.bytes.extend(b"MZ");
    out.name("", 58);
    out.u32(dos as u32);

    out.bytes.extend(b"PE\0\0");
    out.u16(if wide { 0x8664 } else { 0x14c });
    out.u16(parts.len() as u16);
    [0, 0, 0].into_iter().for_each(|field| out.u32(field));
    out.u16(optional as u16);
    out.u16(2);
    let start = out.bytes.len();
    out.u16(if wide { 0x20b } else { 0x10b });
    out.name("", if wide { 22 } else { 26 });
    out.word(PE_BASE);
    out.name("", fields - 4 - (out.bytes.len() - start));
    out.u32(directories as u32);
    if let Some(at) = exports {
        out.u32(at);
        out.u32(40);
    }

    for (part, &place) in parts.iter().zip(&places) {
        let size = part.bytes.len() as u32;
        out.name(&part.name, 8);
        out.u32(size);
        out.u32(part.address as u32);
        out.u32(size.next_multiple_of(ALIGNMENT as u32));
        out.u32(place as u32);
        [0, 0, 0].into_iter().for_each(|field| out.u32(field));
        out.u32(match part.access {
            Access::None => 0x4200_0040,
            Access::Read => 0x4000_0040,
            Access::Write => 0xc000_0040,
        });
    }
    out.contents(parts, ALIGNMENT);
    out.align(ALIGNMENT);
    out.bytes
}

/// The last part holds so many symbols, if there are any.
fn macho(mut out: Writer, parts: &[Part], symbols: Option<usize>) -> Vec<u8> {
    let wide = out.form.is_64();
    let (header, segment, section) = if wide { (32, 72, 80) } else { (28, 56, 68) };
    let command = segment + section;
    let tables = usize::from(symbols.is_some());
    let commands = command * parts.len() + 24 * tables;
    let (places, _) = places(header + commands, parts, 16);
    out.u32(if wide { 0xfeed_facf } else { 0xfeed_face });
    [7, 3, 2, (parts.len() + tables) as u32, commands as u32, 0].into_iter().for_each(|it| out.u32(it));
    if wide {
        out.u32(0);
    }
    for (part, &place) in parts.iter().zip(&places) {
        let (size, access) = (part.bytes.len() as u64, if part.access == Access::Write { 3 } else { 1 });
        out.u32(if wide { 0x19 } else { 1 });
        out.u32(command as u32);
        out.name("__DATA", 16);
        [part.address, size, place, size].into_iter().for_each(|field| out.word(field));
        [access, access, 1, 0].into_iter().for_each(|field| out.u32(field));
        out.name(&part.name, 16);
        out.name("__DATA", 16);
        out.word(part.address);
        out.word(size);
        out.u32(place as u32);
        let fields = if wide { 7 } else { 6 };
        (0..fields).for_each(|_| out.u32(0));
    }
    if let (Some(count), Some(part), Some(&place)) = (symbols, parts.last(), places.last()) {
        let (at, names) = (place as u32, 16 * count as u32);
        let fields = [2, 24, at, count as u32, at + names, part.bytes.len() as u32 - names];
        fields.into_iter().for_each(|field| out.u32(field));
    }
    out.contents(parts, 16);
    out.bytes
}
