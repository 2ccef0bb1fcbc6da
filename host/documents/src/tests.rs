use std::io::{self, Read};

use proptest::prelude::*;

use limpid_test_archives::{Form, bzip2, file, gzip, tar, xz, zip, zstd};

use crate::{Documents, Error, Limits, Part};

/// Documents of a file: their names and bytes.
fn read(bytes: &[u8], limits: &Limits) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut documents = Documents::open("file", Part::whole(file(bytes)).unwrap(), limits)?;
    let mut all = Vec::new();
    while let Some(mut document) = documents.next()? {
        let mut content = Vec::new();
        document.read_to_end(&mut content)?;
        all.push((document.name().to_owned(), content));
    }
    Ok(all)
}

fn members(texts: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    texts.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

/// The same members in every form of archive.
fn archives(members: &[(String, Vec<u8>)]) -> Vec<Vec<u8>> {
    let plain = tar(members);
    let mut archives = vec![gzip(&plain), bzip2(&plain), xz(&plain), zstd(&plain), plain];
    archives.extend([Form::Stored, Form::Deflated, Form::Wide].map(|form| zip(members, form)));
    archives
}

#[track_caller]
fn refused(bytes: &[u8], limits: &Limits, expected: &str) {
    let error = read(bytes, limits).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    assert!(error.get_ref().is_some_and(|inner| inner.is::<Error>()), "{error:?}");
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn the_first_bytes_tell_what_a_file_is() {
    let text = b"advisories";
    for stored in [text.to_vec(), gzip(text), bzip2(text), xz(text), zstd(text)] {
        let found = read(&stored, &Limits::default()).unwrap();
        assert_eq!(found, [("file".to_owned(), text.to_vec())]);
    }
    assert_eq!(read(b"", &Limits::default()).unwrap(), members(&[("file", "")]));
    assert_eq!(
        read(b"BZh is no bzip2", &Limits::default()).unwrap(),
        members(&[("file", "BZh is no bzip2")])
    );
}

#[test]
fn compressed_streams_may_follow_each_other() {
    for compress in [gzip, bzip2, xz, zstd] {
        let found = read(&[compress(b"advi"), compress(b"sories")].concat(), &Limits::default()).unwrap();
        assert_eq!(found, members(&[("file", "advisories")]));
    }
}

#[test]
fn members_of_an_archive_come_one_after_the_other() {
    let long = format!("{}/b.json", "a".repeat(300));
    let all = members(&[("a.json", "{}"), ("empty", ""), (&long, "[1]")]);
    for archive in archives(&all) {
        assert_eq!(read(&archive, &Limits::default()).unwrap(), all);
    }
    // A name leads nowhere.
    let upwards = members(&[("../up", "x"), ("/etc/passwd", "y")]);
    assert_eq!(read(&zip(&upwards, Form::Stored), &Limits::default()).unwrap(), upwards);
}

#[test]
fn what_is_not_read_of_a_member_is_passed_by() {
    for archive in archives(&members(&[("a", &"x".repeat(3_000)), ("b", "y")])) {
        let mut documents =
            Documents::open("file", Part::whole(file(&archive)).unwrap(), &Limits::default()).unwrap();
        let mut first = documents.next().unwrap().unwrap();
        first.read_exact(&mut [0; 100]).unwrap();
        let mut text = String::new();
        documents.next().unwrap().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "y");
        assert!(documents.next().unwrap().is_none());
    }
}

#[test]
fn folders_and_links_are_no_documents() {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (kind, name) in [
        (::tar::EntryType::Directory, "folder/"),
        (::tar::EntryType::Symlink, "link"),
        (::tar::EntryType::Fifo, "pipe"),
        (::tar::EntryType::Regular, "file"),
    ] {
        let mut header = ::tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_link_name("/etc/passwd").unwrap();
        builder.append_data(&mut header, name, io::empty()).unwrap();
    }
    assert_eq!(read(&builder.into_inner().unwrap(), &Limits::default()).unwrap(), members(&[("file", "")]));
    let archive = zip(&members(&[("folder/", ""), ("folder/file", "x")]), Form::Stored);
    assert_eq!(read(&archive, &Limits::default()).unwrap(), members(&[("folder/file", "x")]));
}

#[test]
fn an_archive_in_an_archive_is_a_document_like_any_other() {
    let inner = zip(&members(&[("a", "x")]), Form::Stored);
    let outer = zip(&[("inner.zip".to_owned(), inner.clone())], Form::Deflated);
    assert_eq!(read(&outer, &Limits::default()).unwrap(), [("inner.zip".to_owned(), inner.clone())]);
    refused(&gzip(&inner), &Limits::default(), "compressed once more");
}

#[test]
fn what_ends_early_is_damaged() {
    let text = "advisories ".repeat(10_000);
    for compress in [gzip, bzip2, xz, zstd] {
        let stored = compress(text.as_bytes());
        refused(&stored[..stored.len() - 3], &Limits::default(), "");
        refused(&stored[..stored.len() / 2], &Limits::default(), "");
    }
    for archive in archives(&members(&[("a", &text), ("b", "x")])) {
        refused(&archive[..archive.len() / 2], &Limits::default(), "");
    }
    let plain = tar(&members(&[("a", "x")]));
    refused(&plain[..1024], &Limits::default(), "without its end mark");
    let archive = zip(&members(&[("a", "x")]), Form::Stored);
    refused(&archive[..archive.len() - 1], &Limits::default(), "without its directory");
}

#[test]
fn a_member_with_another_checksum_or_length_is_damaged() {
    let archive = zip(&members(&[("a", "xyz")]), Form::Stored);
    let at = archive.windows(3).position(|bytes| bytes == b"xyz").unwrap();
    let mut other = archive.clone();
    other[at] = b'w';
    refused(&other, &Limits::default(), "another checksum");
    let directory = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    for (size, expected) in [(2, "is not 2 bytes long"), (4, "is not 4 bytes long")] {
        let mut other = archive.clone();
        other[directory + 24] = size;
        refused(&other, &Limits::default(), expected);
    }
    let mut other = archive.clone();
    other[directory + 42] = 1;
    refused(&other, &Limits::default(), "not where its directory says");
    other[directory + 44] = 1;
    refused(&other, &Limits::default(), "outside of the file");
    let mut other = archive.clone();
    other[directory + 8] = 1;
    refused(&other, &Limits::default(), "is encrypted");
    let mut other = archive;
    other[directory + 10] = 99;
    refused(&other, &Limits::default(), "method 99");
}

#[test]
fn every_limit_is_told_by_its_name() {
    let text = "x".repeat(1_000);
    let two = members(&[("a", &text), ("b", &text)]);
    let check = |limits: Limits, setting: &str| {
        for archive in archives(&two) {
            refused(&archive, &limits, &format!("limit of setting `documents.{setting}`"));
        }
    };
    check(Limits { members: 1, ..Limits::default() }, "members");
    check(Limits { member_bytes: 999, ..Limits::default() }, "member_bytes");
    check(Limits { inflated_bytes: 1_999, ..Limits::default() }, "inflated_bytes");
    let zeros = zstd(&vec![0; 1 << 20]);
    refused(&zeros, &Limits { ratio_from: 1_000, ..Limits::default() }, "limit of setting `documents.ratio`");
    refused(&zeros, &Limits { inflated_bytes: 1_000, ..Limits::default() }, "`documents.inflated_bytes`");
}

#[test]
fn a_decoder_that_wants_too_much_memory_is_refused_by_the_setting() {
    let limits = Limits { window_bytes: 64 << 10, ..Limits::default() };
    let text = vec![7; 3 << 20];
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(22).unwrap();
    io::Write::write_all(&mut encoder, &text).unwrap();
    refused(&encoder.finish().unwrap(), &limits, "`documents.window_bytes`");
    refused(&xz(&text), &limits, "`documents.window_bytes`");
}

proptest! {
    #[test]
    fn what_was_packed_comes_out(
        files in prop::collection::vec(("[a-z]{1,12}", prop::collection::vec(any::<u8>(), 0..2_000)), 0..6)
    ) {
        for archive in archives(&files) {
            // An empty tar has no member that could show what it is.
            if !files.is_empty() {
                prop_assert_eq!(&read(&archive, &Limits::default()).unwrap(), &files);
            }
        }
    }

    #[test]
    fn a_file_that_is_changed_anywhere_is_read_or_refused_but_never_trusted(
        place in 0..10_000_usize, value in any::<u8>(), cut in 0..10_000_usize
    ) {
        let limits = Limits { members: 100, inflated_bytes: 1 << 20, ..Limits::default() };
        for mut archive in archives(&members(&[("a", "some text"), ("b", &"more".repeat(100))])) {
            let length = archive.len();
            archive[place % length] = value;
            archive.truncate(length - cut % length);
            if let Err(error) = read(&archive, &limits) {
                prop_assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            }
        }
    }
}
