//! Executables of PE.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_EXPORT, IMAGE_NT_OPTIONAL_HDR32_MAGIC, IMAGE_NT_OPTIONAL_HDR64_MAGIC,
    IMAGE_SCN_ALIGN_32BYTES, IMAGE_SCN_CNT_INITIALIZED_DATA, IMAGE_SCN_MEM_READ, IMAGE_SCN_MEM_WRITE,
    ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64, ImageSectionHeader,
};
use object::read::ReadRef as _;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, optional_header_magic};

use crate::source::Window;
use crate::symbols::Exports;
use crate::{Executable, Format, Section, Segment, bounded, damaged, name};

/// What a section of variables is, and nothing else.
const DATA: u32 = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE;

pub(crate) fn read<'a>(file: &'a File, window: Window<'_, 'a>) -> Result<Executable<'a>, Error> {
    match optional_header_magic(window).map_err(damaged)? {
        IMAGE_NT_OPTIONAL_HDR32_MAGIC => read_as::<ImageNtHeaders32>(file, window),
        IMAGE_NT_OPTIONAL_HDR64_MAGIC => read_as::<ImageNtHeaders64>(file, window),
        other => Err(Error::malformed(format_args!("the executable of PE has the unknown kind {other:#x}"))),
    }
}

fn read_as<'a, Headers: ImageNtHeaders>(
    file: &'a File,
    window: Window<'_, 'a>,
) -> Result<Executable<'a>, Error> {
    let mut offset = ImageDosHeader::parse(window).map_err(damaged)?.nt_headers_offset().into();
    let (headers, directories) = Headers::parse(window, &mut offset).map_err(damaged)?;
    let base = headers.optional_header().image_base();
    let directory = directories.get(IMAGE_DIRECTORY_ENTRY_EXPORT).filter(|_| headers.is_type_64());
    let exports = match directory.map(|directory| directory.virtual_address.get(LE)) {
        Some(at) if at > 0 => Exports::Directory { base, at: base.wrapping_add(at.into()) },
        _ => Exports::None,
    };
    let count = usize::from(headers.file_header().number_of_sections.get(LE));
    bounded(count, "sections")?;
    let table: &[ImageSectionHeader] = window
        .read_slice_at(offset, count)
        .map_err(|()| Error::malformed("the headers of the executable are damaged: sections end early"))?;
    let sections = table.iter().map(|header| Section {
        name: section_name(header),
        address: base.wrapping_add(header.virtual_address.get(LE).into()),
        offset: header.pointer_to_raw_data.get(LE).into(),
        size: in_file(header),
    });
    let segments = table.iter().map(|header| Segment {
        address: base.wrapping_add(header.virtual_address.get(LE).into()),
        memory_size: header.virtual_size.get(LE).into(),
        offset: header.pointer_to_raw_data.get(LE).into(),
        size: header.size_of_raw_data.get(LE).into(),
        is_data: header.characteristics.get(LE) & !IMAGE_SCN_ALIGN_32BYTES == DATA
            && header.virtual_address.get(LE) != 0
            && header.size_of_raw_data.get(LE) != 0,
    });
    Ok(Executable {
        format: Format::Pe,
        sections: sections.collect(),
        segments: segments.collect(),
        file,
        exports,
    })
}

/// How much of a section is its own: what is in the file is rounded up.
fn in_file(header: &ImageSectionHeader) -> u64 {
    let (size, rounded) = (header.virtual_size.get(LE), header.size_of_raw_data.get(LE));
    if size == 0 { rounded.into() } else { size.min(rounded).into() }
}

/// The name, if it stands in the header. Longer ones lie behind the symbols; nothing that is loaded is called so.
fn section_name(header: &ImageSectionHeader) -> String {
    match header.name_offset() {
        Ok(None) => name(header.raw_name()),
        _ => String::new(),
    }
}
