//! Eggs that are zips: a package with its metadata in one file, from which Python imports it.

use std::io::BufRead as _;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use limpid_zip::{Budget, Limits, Zip};

use crate::metadata::{MAX_HEADERS, Metadata, Stated};

/// How many members of a zip are looked at.
pub const MAX_MEMBERS: usize = 100_000;

/// Members that hold metadata, the best first.
const METADATA: [&str; 2] = ["EGG-INFO/METADATA", "EGG-INFO/PKG-INFO"];

/// Of a member of any size only the headers are read.
const LIMITS: Limits =
    Limits { members: MAX_MEMBERS, member_bytes: u64::MAX, content_bytes: MAX_HEADERS, held_bytes: 0 };

/// The metadata in an egg, and which member holds it; none where the file is no zip, or holds none.
pub(crate) fn read(file: &File, stated: &Stated<'_>) -> Result<Option<(String, Metadata)>, Error> {
    let budget = Budget::new(LIMITS);
    let zip = match Zip::open(file, &budget, |entry| METADATA.contains(&entry.name())) {
        Ok(zip) => zip,
        // The first eggs begin as scripts, and some files that are called so are no zips at all.
        Err(_) if !file.reader().fill_buf()?.starts_with(b"PK") => return Ok(None),
        Err(error) => return Err(error),
    };
    let best = METADATA.iter().find_map(|name| zip.members().iter().find(|member| member.name() == *name));
    let Some(member) = best else { return Ok(None) };
    let metadata = Metadata::read(zip.content(member, &budget)?, stated)?;
    Ok(Some((member.name().to_owned(), metadata)))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;
    use rawzip::CompressionMethod;

    use super::*;

    fn zip(members: &[(&str, &str)], method: CompressionMethod) -> Vec<u8> {
        let mut output = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut output);
        for (name, content) in members {
            let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
            let descriptor = if method == CompressionMethod::DEFLATE {
                let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
                let mut writer = config.wrap(encoder);
                writer.write_all(content.as_bytes()).unwrap();
                let (encoder, descriptor) = writer.finish().unwrap();
                encoder.finish().unwrap();
                descriptor
            } else {
                let mut writer = config.wrap(&mut entry);
                writer.write_all(content.as_bytes()).unwrap();
                writer.finish().unwrap().1
            };
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        output
    }

    fn read_bytes(bytes: Vec<u8>) -> Result<Option<(String, String)>, String> {
        let file = File::in_memory("lib/a-1.0-py3.8.egg", bytes);
        read(&file, &Stated::default())
            .map(|found| {
                found.map(|(member, metadata)| (member, format!("{} {}", metadata.name, metadata.version)))
            })
            .map_err(|error| error.to_string())
    }

    const A: &str = "Metadata-Version: 1.0\nName: a\nVersion: 1.0\n";

    #[test]
    fn the_metadata_of_an_egg_is_read_whatever_it_is_compressed_by() {
        for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
            let bytes = zip(&[("a/__init__.py", "x"), ("EGG-INFO/PKG-INFO", A)], method);
            let expected = Some(("EGG-INFO/PKG-INFO".to_owned(), "a 1.0".to_owned()));
            assert_eq!(read_bytes(bytes.clone()), Ok(expected.clone()));
            let script = [b"#!/bin/sh\nexec python\n", bytes.as_slice()].concat();
            assert_eq!(read_bytes(script), Ok(expected));
        }
    }

    #[test]
    fn metadata_counts_before_pkg_info_in_whatever_order_they_are() {
        let b = A.replace("Name: a", "Name: b");
        let mut members = [("EGG-INFO/PKG-INFO", A), ("EGG-INFO/METADATA", b.as_str())];
        for _ in 0..2 {
            let read = read_bytes(zip(&members, CompressionMethod::DEFLATE)).unwrap().unwrap();
            assert_eq!(read, ("EGG-INFO/METADATA".to_owned(), "b 1.0".to_owned()));
            members.reverse();
        }
    }

    #[test]
    fn what_is_no_egg_states_nothing_and_what_is_damaged_is_stated() {
        assert_eq!(read_bytes(b"an egg of another kind".to_vec()), Ok(None));
        assert_eq!(read_bytes(Vec::new()), Ok(None));
        assert_eq!(read_bytes(zip(&[("a.txt", "x")], CompressionMethod::STORE)), Ok(None));
        let mut bytes = zip(&[("EGG-INFO/PKG-INFO", A)], CompressionMethod::STORE);
        let at = bytes.windows(A.len()).position(|window| window == A.as_bytes()).unwrap();
        bytes[at + A.len() - 2] = b'9';
        assert!(read_bytes(bytes).unwrap_err().starts_with("malformed: "));
        let cut = zip(&[("EGG-INFO/PKG-INFO", A)], CompressionMethod::STORE);
        assert!(
            read_bytes(cut[..cut.len() / 2].to_vec())
                .unwrap_err()
                .starts_with("malformed: the file is no zip")
        );
    }

    #[test]
    fn no_more_of_a_member_is_read_than_of_a_file() {
        let bomb = format!("{A}Description: {}\n", "x".repeat(64 << 20));
        let read =
            read_bytes(zip(&[("EGG-INFO/PKG-INFO", &bomb)], CompressionMethod::DEFLATE)).unwrap().unwrap();
        assert_eq!(read.1, "a 1.0");
    }

    proptest! {
        #[test]
        fn no_damage_is_too_odd_to_be_read(at in 0_usize..400, byte: u8, cut in 0_usize..400) {
            let mut bytes = zip(&[("EGG-INFO/PKG-INFO", A), ("b", "c")], CompressionMethod::DEFLATE);
            if let Some(changed) = bytes.get_mut(at) {
                *changed = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut % 50));
            let _outcome = read_bytes(bytes);
        }
    }
}
