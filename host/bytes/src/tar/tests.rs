use std::io::Read as _;

use limpid_test_archives::Tar;
use proptest::prelude::*;
use tar::EntryType;

use super::*;

type Found = (String, Kind, Vec<u8>);

fn limits() -> Limits {
    Limits {
        members: Limit::of("members", 1_000_000),
        path_length: 4096,
        extension: Limit::of("extension", 1 << 20),
        sparse_extents: Limit::of("sparse_extents", 64 << 10),
    }
}

fn walk_within(tar: &[u8], limits: Limits) -> Result<Vec<Found>, Error> {
    let streamed = walk_from(ReadSource::new(tar, "the tar"), limits);
    let found = walk_from(tar, limits);
    // A stream gives the same, and its errors name the place.
    match (&found, &streamed) {
        (Ok(found), Ok(streamed)) => assert!(found == streamed),
        (Err(_), Err(_)) => return streamed,
        _ => panic!("{found:?} and {streamed:?}"),
    }
    found
}

fn walk_from(source: impl Source, limits: Limits) -> Result<Vec<Found>, Error> {
    let mut walker = Walker::new(source, "the tar", limits);
    let mut found = Vec::new();
    while let Some(member) = walker.next()? {
        let mut content = Vec::new();
        loop {
            let chunk = walker.content(1000)?;
            if chunk.is_empty() {
                break;
            }
            content.extend_from_slice(chunk);
        }
        assert_eq!(content.len() as u64, member.size);
        found.push((crate::escape(&member.name), member.kind, content));
    }
    Ok(found)
}

fn walk(tar: &[u8]) -> Result<Vec<Found>, Error> {
    walk_within(tar, limits())
}

fn found(path: &str, kind: Kind, content: &[u8]) -> Found {
    (path.into(), kind, content.to_vec())
}

#[track_caller]
fn check_error(tar: &[u8], expected: &str) {
    let error = walk(tar).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

fn header(kind: EntryType, path: &str, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header
}

#[test]
fn every_kind_of_entry_is_told() {
    let tar = Tar::default()
        .directory("d/")
        .file("d/f", b"content")
        .symlink("d/s", "f")
        .hard_link("d/h", "d/f")
        .entry(EntryType::Fifo, "d/p", "", b"")
        .entry(EntryType::Char, "d/c", "", b"")
        .entry(EntryType::new(b'V'), "label", "", b"")
        .end();
    let kinds: Vec<_> = walk(&tar).unwrap().into_iter().map(|(_, kind, _)| kind).collect();
    let expected = [
        Kind::Directory,
        Kind::File,
        Kind::Symlink,
        Kind::HardLink,
        Kind::Special,
        Kind::Special,
        Kind::Note,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn links_and_directories_have_no_content_whatever_size_they_state() {
    let mut tar = Tar::default();
    for kind in [EntryType::Link, EntryType::Symlink, EntryType::Directory, EntryType::Fifo] {
        tar = tar.header(header(kind, "x", 5000), b"");
    }
    let all = walk(&tar.file("f", b"1").end()).unwrap();
    assert_eq!(all.last(), Some(&found("f", Kind::File, b"1")));
}

#[test]
fn v7_tars_name_directories_by_a_slash() {
    let mut old = Header::new_old();
    old.set_path("dir/").unwrap();
    old.set_size(0);
    let mut blank = Header::new_old();
    blank.set_path("empty").unwrap();
    blank.as_old_mut().size = [b' '; 12];
    let tar = Tar::default().header(old, b"").header(blank, b"").end();
    assert_eq!(walk(&tar).unwrap(), [found("dir/", Kind::Directory, b""), found("empty", Kind::File, b"")]);
}

#[test]
fn gnu_long_names_and_pax_paths_replace_the_header_s() {
    let long = "d/".repeat(200) + "f";
    let name = [long.as_bytes(), b"\0"].concat();
    let gnu =
        Tar::default().entry(EntryType::GNULongName, "././@LongLink", "", &name).file("cut", b"1").end();
    let pax = Tar::default()
        // A value of an attribute may hold line feeds; this one would make a record of its own.
        .pax(&[("SCHILY.xattr.security.capability", b"\n11 path=zz\n"), ("path", long.as_bytes())])
        .file("cut", b"1")
        .end();
    for tar in [gnu, pax] {
        assert_eq!(walk(&tar).unwrap(), [found(&long, Kind::File, b"1")]);
    }
}

#[test]
fn pax_sizes_replace_the_header_s() {
    let tar = Tar::default().pax(&[("size", b"3")]).header(header(EntryType::Regular, "f", 0), b"abc").end();
    assert_eq!(walk(&tar).unwrap(), [found("f", Kind::File, b"abc")]);
}

#[test]
fn a_global_header_holds_until_a_record_replaces_it() {
    let global = |records: &[u8], tar: Tar| tar.entry(EntryType::XGlobalHeader, "g", "", records);
    let tar = global(b"11 path=gg\n", Tar::default()).file("a", b"").pax(&[("path", b"own")]).file("b", b"");
    let tar = global(b"8 path=\n", tar).file("c", b"").end();
    let names: Vec<_> = walk(&tar).unwrap().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["gg", "own", "c"]);
}

#[test]
fn long_names_are_not_ingested_beyond_the_limit() {
    let limits = Limits { path_length: 10, extension: Limit::of("extension", 100), ..limits() };
    let tar = Tar::default().entry(EntryType::GNULongName, "x", "", &[b'a'; 5000]).file("f", b"1").end();
    let mut walker = Walker::new(tar.as_slice(), "the tar", limits);
    let member = walker.next().unwrap().unwrap();
    assert_eq!((member.name.len(), member.name_is_cut), (10, true));
    assert!(walker.next().unwrap().is_none());

    let tar = Tar::default().pax(&[("comment", &[b'a'; 5000])]).file("f", b"1").end();
    let error = walk_within(&tar, limits).unwrap_err().to_string();
    assert!(error.contains("`extension` of 100"), "{error}");
}

#[test]
fn more_entries_than_the_limit_are_an_error() {
    let limits = Limits { members: Limit::of("members", 1), ..limits() };
    let tar = Tar::default().file("a", b"").file("b", b"").end();
    let error = walk_within(&tar, limits).unwrap_err().to_string();
    assert_eq!(error, "the number of entries of the tar is over the limit `members` of 1: 2 found");
}

#[test]
fn extended_headers_without_end_are_an_error() {
    let mut tar = Tar::default();
    for _ in 0..20 {
        tar = tar.pax(&[("comment", b"x")]);
    }
    check_error(&tar.file("f", b"").end(), "more than 8 extended headers");
}

#[test]
fn gnu_sparse_files_are_expanded() {
    let mut sparse = header(EntryType::GNUSparse, "s", 6);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.set_real_size(5000);
    gnu.sparse[0].set_offset(1000);
    gnu.sparse[0].set_length(3);
    gnu.set_is_extended(true);
    let mut more = tar::GnuExtSparseHeader::new();
    more.sparse_mut()[0].set_offset(4000);
    more.sparse_mut()[0].set_length(3);
    sparse.set_cksum();
    let mut tar = Tar(sparse.as_bytes().to_vec());
    tar.0.extend_from_slice(more.as_bytes());
    tar.0.extend_from_slice(b"abcdef");
    tar.0.resize(tar.0.len().next_multiple_of(512), 0);
    check_sparse(&tar.file("next", b"1").end(), "s");
}

#[test]
fn pax_sparse_files_of_all_forms_are_expanded() {
    let form_00 = Tar::default().pax(&[
        ("GNU.sparse.size", b"5000"),
        ("GNU.sparse.offset", b"1000"),
        ("GNU.sparse.numbytes", b"3"),
        ("GNU.sparse.offset", b"4000"),
        ("GNU.sparse.numbytes", b"3"),
    ]);
    check_sparse(&form_00.file("s", b"abcdef").file("next", b"1").end(), "s");
    let form_01 = Tar::default().pax(&[
        ("GNU.sparse.name", b"real"),
        ("GNU.sparse.size", b"5000"),
        ("GNU.sparse.map", b"1000,3,4000,3"),
    ]);
    check_sparse(&form_01.file("s", b"abcdef").file("next", b"1").end(), "real");
    let form_10 = Tar::default().pax(&[
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"real"),
        ("GNU.sparse.realsize", b"5000"),
    ]);
    let mut content = b"2\n1000\n3\n4000\n3\n".to_vec();
    content.resize(512, 0);
    content.extend_from_slice(b"abcdef");
    check_sparse(&form_10.file("GNUSparseFile.0/s", &content).file("next", b"1").end(), "real");
}

#[track_caller]
fn check_sparse(tar: &[u8], name: &str) {
    let mut content = vec![0; 5000];
    content[1000..1003].copy_from_slice(b"abc");
    content[4000..4003].copy_from_slice(b"def");
    let expected = [found(name, Kind::File, &content), found("next", Kind::File, b"1")];
    assert!(walk(tar).unwrap() == expected);
}

#[test]
fn sparse_maps_that_contradict_the_file_are_errors() {
    let check = |map: &[u8], expected: &str| {
        let records: [(&str, &[u8]); 2] = [("GNU.sparse.size", b"100"), ("GNU.sparse.map", map)];
        check_error(&Tar::default().pax(&records).file("s", b"abc").end(), expected);
    };
    check(b"0,4", "4 bytes, of which 3 are stored");
    check(b"99,2", "piece of 2 bytes at 99");
    check(b"10,1,5,1", "piece of 1 bytes at 5");
    check(b"9223372036854775807,9223372036854775807", "piece of");
    check(b"1", "GNU.sparse.map");
}

#[test]
fn damage_is_told_with_its_place() {
    let good = Tar::default().file("a", b"content").end();
    check_error(&good[..100], "within a header");
    check_error(&good[..515], "the tar ends within an entry of which 4 bytes are left");
    let mut checksum = good.clone();
    checksum[0] = b'b';
    check_error(&checksum, "the checksum is wrong");
    let mut size = header(EntryType::Regular, "f", 0);
    size.as_old_mut().size = *b"not a number";
    check_error(&Tar::default().header(size, b"").end(), "not a number");
    let mut huge = header(EntryType::Regular, "f", 0);
    huge.as_old_mut().size = [0xff; 12];
    check_error(&Tar::default().header(huge, b"").end(), "an entry of 18446744073709551615 bytes");
    check_error(&Tar::default().entry(EntryType::XHeader, "x", "", b"99 path=a\n").end(), "PAX record");
}

#[test]
fn a_single_block_of_zeros_is_passed_over_and_two_end_the_tar() {
    let part = |name: &str| Tar::default().file(name, b"x").0;
    let names = |tar: &[u8]| {
        let members = walk(tar).unwrap();
        members.into_iter().map(|(name, ..)| name).collect::<Vec<_>>()
    };
    let zeros = vec![0; 512];
    let lone =
        [part("a"), zeros.clone(), part("b"), zeros.clone(), Tar::default().file("c", b"").end()].concat();
    assert_eq!(names(&lone), ["a", "b", "c"]);
    assert_eq!(names(&[zeros.clone(), part("a")].concat()), ["a"]);
    assert_eq!(names(&[part("a"), zeros.clone()].concat()), ["a"]);
    assert_eq!(names(&[part("a"), zeros.clone(), zeros, part("b")].concat()), ["a"]);
}

#[test]
fn a_tar_may_end_without_blocks_of_zeros_and_padding() {
    let tar = Tar::default().file("a", b"content").0;
    for end in [519, 600, 1024] {
        assert_eq!(walk(&tar[..end]).unwrap(), [found("a", Kind::File, b"content")]);
    }
}

#[test]
fn how_a_tar_ends_is_told() {
    let end = |tar: &[u8]| {
        let mut walker = Walker::new(tar, "the tar", limits());
        let before = walker.end();
        while walker.next().unwrap().is_some() {}
        (before, walker.end())
    };
    let tar = Tar::default().file("a", b"content");
    assert_eq!(end(&tar.0), (End::NotYet, End::Unmarked));
    assert_eq!(end(&tar.end()), (End::NotYet, End::Marked));
    assert_eq!(end(b""), (End::NotYet, End::Unmarked));
}

#[test]
fn empty_tars_have_no_entries() {
    assert_eq!(walk(b"").unwrap(), []);
    assert_eq!(walk(&[0; 512]).unwrap(), []);
    assert_eq!(walk(&[0; 10240]).unwrap(), []);
}

fn files() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = prop::collection::vec("[a-z.]{1,40}[a-z]", 1..8).prop_map(|parts| parts.join("/"));
    prop::collection::vec((name, prop::collection::vec(any::<u8>(), 0..2000)), 0..8)
}

proptest! {
    #[test]
    fn what_the_tar_crate_writes_is_read(files in files()) {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in &files {
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, content.as_slice()).unwrap();
        }
        let expected: Vec<_> = files.iter().map(|(name, content)| found(name, Kind::File, content)).collect();
        prop_assert_eq!(walk(&builder.into_inner().unwrap()).unwrap(), expected);
    }

    #[test]
    fn what_both_read_is_read_as_the_tar_crate_reads_it(mut tar in prop::collection::vec(any::<u8>(), 1..64), at in 0usize..2048) {
        // Changes the bytes of a good tar somewhere.
        let mut bytes = Tar::default().pax(&[("path", b"long")]).file("a", b"content").directory("b").end();
        let end = (at + tar.len()).min(bytes.len());
        tar.truncate(end - at);
        bytes[at..end].copy_from_slice(&tar);
        let Ok(ours) = walk(&bytes) else { return Ok(()) };
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut theirs = Vec::new();
        for entry in archive.entries().unwrap() {
            let Ok(mut entry) = entry else { return Ok(()) };
            let mut content = Vec::new();
            if entry.read_to_end(&mut content).is_err() { return Ok(()) }
            theirs.push((crate::escape(&entry.path_bytes()), content));
        }
        prop_assert_eq!(ours.len(), theirs.len());
    }

    #[test]
    fn no_bytes_make_the_walker_panic_or_hang(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        let _ = walk(&bytes);
    }

    #[test]
    fn no_change_of_a_tar_makes_the_walker_panic_or_hang(at in 0usize..4096, value in any::<u8>(), kind in any::<u8>()) {
        let sparse = Tar::default().pax(&[("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"600")]);
        let mut content = b"1\n0\n3\n".to_vec();
        content.resize(512, 0);
        content.extend_from_slice(b"abc");
        let mut bytes = sparse.file("s", &content).entry(EntryType::new(kind), "a", "b", b"abc").end();
        let at = at % bytes.len();
        bytes[at] = value;
        // A checksum that holds lets the changed header through.
        for block in bytes.chunks_exact_mut(512) {
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(block);
            if header.cksum().is_ok_and(|sum| sum != 0) {
                header.set_cksum();
                block.copy_from_slice(header.as_bytes());
            }
        }
        let _ = walk(&bytes);
    }
}
