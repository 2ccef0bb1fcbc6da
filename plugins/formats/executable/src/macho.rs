//! Executables of Mach-O, and fat files of several.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use object::macho::{
    FAT_MAGIC, FAT_MAGIC_64, FatArch32, FatArch64, FatHeader, MachHeader32, MachHeader64, S_GB_ZEROFILL,
    S_THREAD_LOCAL_ZEROFILL, S_ZEROFILL, VM_PROT_READ, VM_PROT_WRITE,
};
use object::read::ReadRef as _;
use object::read::macho::{FatArch, MachHeader, Section as _, Segment as _};
use object::{BigEndian, Endianness};

use crate::source::Window;
use crate::symbols::{Exports, MACHO_SYMBOL};
use crate::{Executable, Format, MAX_IMAGES, Section, Segment, bounded, damaged, name};

/// The executables of a fat file.
pub(crate) fn images<'s, 'a>(window: Window<'s, 'a>) -> Result<Vec<Result<Window<'s, 'a>, Error>>, Error> {
    let header: &FatHeader = window.read_at(0).map_err(|()| Error::malformed("the fat file ends early"))?;
    let count = header.nfat_arch.get(BigEndian) as usize;
    if count > MAX_IMAGES {
        return Err(Error::unsupported(format_args!(
            "the fat file has {count} executables, over this plugin's limit of {MAX_IMAGES}"
        )));
    }
    match header.magic.get(BigEndian) {
        FAT_MAGIC => images_as::<FatArch32>(window, count),
        FAT_MAGIC_64 => images_as::<FatArch64>(window, count),
        _ => Err(Error::malformed("the file is no fat file")),
    }
}

fn images_as<'s, 'a, Arch: FatArch>(
    window: Window<'s, 'a>,
    count: usize,
) -> Result<Vec<Result<Window<'s, 'a>, Error>>, Error> {
    let table: &[Arch] = window
        .read_slice_at(size_of::<FatHeader>() as u64, count)
        .map_err(|()| Error::malformed("the fat file ends inside of its header"))?;
    let outside = || Error::malformed("an executable of the fat file lies outside of it");
    let part = |arch: &Arch| window.part(arch.offset().into(), arch.size().into()).ok_or_else(outside);
    Ok(table.iter().map(part).collect())
}

pub(crate) fn read<'a>(file: &'a File, window: Window<'_, 'a>) -> Result<Executable<'a>, Error> {
    match window.read_bytes_at(0, 4) {
        Ok([0xfe, 0xed, 0xfa, 0xce] | [0xce, 0xfa, 0xed, 0xfe]) => {
            read_as::<MachHeader32<Endianness>>(file, window)
        }
        Ok([0xfe, 0xed, 0xfa, 0xcf] | [0xcf, 0xfa, 0xed, 0xfe]) => {
            read_as::<MachHeader64<Endianness>>(file, window)
        }
        _ => Err(Error::malformed("the executable is none of Mach-O")),
    }
}

fn read_as<'a, Header: MachHeader<Endian = Endianness>>(
    file: &'a File,
    window: Window<'_, 'a>,
) -> Result<Executable<'a>, Error> {
    let header = Header::parse(window, 0).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let mut commands = header.load_commands(endian, window, 0).map_err(damaged)?;
    let (mut sections, mut segments, mut exports) = (Vec::new(), Vec::new(), Exports::None);
    let is_usual = header.is_type_64() && header.is_little_endian();
    while let Some(command) = commands.next().map_err(damaged)? {
        if is_usual && let Some(symbols) = command.symtab().map_err(damaged)? {
            let place = |at: u32, size: u64| (window.offset.saturating_add(at.into()), size);
            let count: u64 = symbols.nsyms.get(endian).into();
            exports = Exports::Symbols {
                table: place(symbols.symoff.get(endian), count.saturating_mul(MACHO_SYMBOL as u64)),
                names: place(symbols.stroff.get(endian), symbols.strsize.get(endian).into()),
            };
        }
        let Some((segment, rest)) = Header::Segment::from_command(command).map_err(damaged)? else {
            continue;
        };
        let size: u64 = segment.filesize(endian).into();
        let is_data = |access: u32| access == VM_PROT_READ | VM_PROT_WRITE;
        segments.push(Segment {
            address: segment.vmaddr(endian).into(),
            memory_size: segment.vmsize(endian).into(),
            offset: window.offset.saturating_add(segment.fileoff(endian).into()),
            size,
            is_data: is_data(segment.initprot(endian)) && is_data(segment.maxprot(endian)) && size > 0,
        });
        for section in segment.sections(endian, rest).map_err(damaged)? {
            let is_zero =
                [S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL].contains(&section.section_type(endian));
            sections.push(Section {
                name: name(section.name()),
                address: section.addr(endian).into(),
                offset: window.offset.saturating_add(section.offset(endian).into()),
                size: if is_zero { 0 } else { section.size(endian).into() },
            });
        }
        bounded(segments.len(), "segments")?;
        bounded(sections.len(), "sections")?;
    }
    Ok(Executable { format: Format::MachO, sections, segments, file, exports })
}
