use std::fs::File;
use std::io::Write;

use flate2::{Compression, Crc};

/// A file without a name that holds these bytes.
pub fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Compressed as one member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compressed as one stream.
pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compressed as one stream.
pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compressed as one frame.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A tar of files, by name and content.
pub fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// How the parts of a zip are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Stored,
    /// Deflated.
    Deflated,
    /// Deflated, with all sizes and places in zip64 fields.
    Wide,
}

/// A zip as [APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) describes it.
pub fn zip(members: &[(String, Vec<u8>)], form: Form) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let stored = if form == Form::Stored { bytes.clone() } else { deflate(bytes) };
        let method = if form == Form::Stored { 0_u16 } else { 8 };
        let mut checksum = Crc::new();
        checksum.update(bytes);
        let (offset, is_wide) = (out.len() as u64, form == Form::Wide);
        let numbers = [bytes.len() as u64, stored.len() as u64, offset];
        let narrow = numbers.map(|number| if is_wide { u32::MAX } else { u32::try_from(number).unwrap() });
        let mut extra = Vec::new();
        if is_wide {
            // Another field stands before it.
            extra.extend([0x55, 0x54, 1, 0, 0, 1, 0, 24, 0]);
            numbers.iter().for_each(|number| extra.extend(number.to_le_bytes()));
        }
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let extra_length = u16::try_from(extra.len()).unwrap().to_le_bytes();
        let common = [
            &[20, 0, 0, 0][..],
            &method.to_le_bytes(),
            &[0; 4],
            &checksum.sum().to_le_bytes(),
            &narrow[1].to_le_bytes(),
            &narrow[0].to_le_bytes(),
            &name_length,
        ]
        .concat();
        out.extend([b"PK\x03\x04", common.as_slice(), &[0, 0], name.as_bytes(), &stored].concat());
        let place = narrow[2].to_le_bytes();
        let entry = [
            b"PK\x01\x02\x14\0",
            common.as_slice(),
            &extra_length,
            &[0; 10],
            &place,
            name.as_bytes(),
            &extra,
        ];
        directory.extend(entry.concat());
    }
    end(&mut out, &directory, members.len(), form);
    out
}

fn end(out: &mut Vec<u8>, directory: &[u8], entries: usize, form: Form) {
    let (offset, size, entries) = (out.len() as u64, directory.len() as u64, entries as u64);
    out.extend(directory);
    if form == Form::Wide {
        let at = out.len() as u64;
        out.extend([b"PK\x06\x06", &44_u64.to_le_bytes()[..], &[0; 12]].concat());
        [entries, entries, size, offset].iter().for_each(|number| out.extend(number.to_le_bytes()));
        out.extend([b"PK\x06\x07", &[0; 4][..], &at.to_le_bytes(), &[1, 0, 0, 0]].concat());
        out.extend([b"PK\x05\x06", &[0; 4][..], &[0xff; 12], &[0, 0]].concat());
        return;
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries).unwrap().to_le_bytes();
    out.extend([count, count].concat());
    out.extend(u32::try_from(size).unwrap().to_le_bytes());
    out.extend(u32::try_from(offset).unwrap().to_le_bytes());
    // With a comment that looks like the end of a zip.
    out.extend([4, 0, b'P', b'K', 5, 6]);
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
