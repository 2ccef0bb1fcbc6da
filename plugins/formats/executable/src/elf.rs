//! Executables of ELF.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use object::Endianness;
use object::elf::{FileHeader32, FileHeader64, PF_W, PF_X, PT_LOAD, SHT_NOBITS};
use object::read::ReadRef as _;
use object::read::elf::{FileHeader, ProgramHeader as _, SectionHeader as _};

use crate::source::Window;
use crate::symbols::Exports;
use crate::{Executable, Format, MAX_NAME, Section, Segment, bounded, damaged, name};

/// Where the header says how wide addresses are.
const CLASS: u64 = 4;

pub(crate) fn read<'a>(file: &'a File, window: Window<'_, 'a>) -> Result<Executable<'a>, Error> {
    match window.read_bytes_at(CLASS, 1) {
        Ok([1]) => read_as::<FileHeader32<Endianness>>(file, window),
        Ok([2]) => read_as::<FileHeader64<Endianness>>(file, window),
        _ => Err(Error::malformed("the executable of ELF has neither 32 nor 64 bits")),
    }
}

fn read_as<'a, Header: FileHeader<Endian = Endianness>>(
    file: &'a File,
    window: Window<'_, 'a>,
) -> Result<Executable<'a>, Error> {
    let header = Header::parse(window).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let loaded = header.program_headers(endian, window).map_err(damaged)?;
    bounded(loaded.len(), "program headers")?;
    let segments = loaded.iter().filter(|header| header.p_type(endian) == PT_LOAD).map(|header| Segment {
        address: header.p_vaddr(endian).into(),
        memory_size: header.p_memsz(endian).into(),
        offset: header.p_offset(endian).into(),
        size: header.p_filesz(endian).into(),
        is_data: header.p_flags(endian) & (PF_X | PF_W) == PF_W,
    });
    let segments = segments.collect();
    Ok(Executable {
        format: Format::Elf,
        sections: sections(header, endian, window)?,
        segments,
        file,
        exports: Exports::None,
    })
}

/// The sections. Programs run without their headers, which `sstrip` and packers remove or leave in pieces: then there
/// are none.
fn sections<Header: FileHeader<Endian = Endianness>>(
    header: &Header,
    endian: Endianness,
    window: Window<'_, '_>,
) -> Result<Vec<Section>, Error> {
    let Ok(headers) = header.section_headers(endian, window) else { return Ok(Vec::new()) };
    bounded(headers.len(), "section headers")?;
    let names = header.section_strings_index(endian, window).ok().and_then(|index| headers.get(index.0));
    let names = names.and_then(|names| names.data(endian, window).ok()).unwrap_or_default();
    let sections = headers.iter().map(|header| Section {
        name: name_at(names, header.sh_name(endian)),
        address: header.sh_addr(endian).into(),
        offset: header.sh_offset(endian).into(),
        size: if header.sh_type(endian) == SHT_NOBITS { 0 } else { header.sh_size(endian).into() },
    });
    Ok(sections.collect())
}

/// The name that begins so far behind the first one. It is looked for no further than a name may go: headers by the
/// thousands may all name one place.
fn name_at(names: &[u8], offset: u32) -> String {
    let rest = names.get(offset as usize..).unwrap_or_default();
    let rest = rest.get(..=MAX_NAME).unwrap_or(rest);
    rest.split(|&byte| byte == 0).next().map(name).unwrap_or_default()
}
