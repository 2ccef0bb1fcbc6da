use std::io::Write as _;

use proptest::prelude::*;
use rawzip::ZipArchiveWriter;

use super::*;

const LIMITS: Limits =
    Limits { members: 100, member_bytes: 1 << 20, content_bytes: 4 << 20, held_bytes: 1 << 20 };

fn zip(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut output = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut output);
    for (name, content) in members {
        let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
        let descriptor = if method == CompressionMethod::DEFLATE {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    output
}

/// Names and contents of all members, or the first reason why not.
fn read_all(bytes: &[u8], budget: &Budget) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let zip = Zip::open(&bytes, budget, |_| true)?;
    let read = |member: &Member| {
        Ok((member.name().to_owned(), zip.read_to_vec(member, LIMITS.member_bytes, budget)?))
    };
    zip.members().iter().map(read).collect()
}

fn why(bytes: &[u8], limits: Limits) -> String {
    read_all(bytes, &Budget::new(limits)).unwrap_err().to_string()
}

fn find(bytes: &[u8], signature: &[u8]) -> usize {
    bytes.windows(signature.len()).rposition(|window| window == signature).unwrap()
}

#[test]
fn members_are_read_whatever_they_are_compressed_by_and_whatever_is_before_and_behind_the_zip() {
    let members: [(&str, &[u8]); 3] = [("a", b"one"), ("b", b""), ("b/c", &[7; 5000])];
    for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
        let bytes = zip(&members, method);
        let script = [b"#!/bin/sh\nexec java -jar $0\n", bytes.as_slice()].concat();
        let signed = [bytes.as_slice(), b"a signature"].concat();
        for bytes in [bytes, script, signed] {
            let read = read_all(&bytes, &Budget::new(LIMITS)).unwrap();
            let read: Vec<_> =
                read.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
            assert_eq!(read, members);
        }
    }
}

#[test]
fn only_what_is_wanted_is_kept_and_the_rest_is_counted() {
    let bytes = zip(&[("a", b"1"), ("b", b"22"), ("c", b"3")], CompressionMethod::STORE);
    let budget = Budget::new(LIMITS);
    let zip = Zip::open(&bytes.as_slice(), &budget, |entry| entry.size() == 2).map(|zip| {
        assert_eq!((zip.len(), zip.is_empty()), (3, false));
        zip.members().iter().map(|member| (member.name().to_owned(), member.size())).collect::<Vec<_>>()
    });
    assert_eq!(zip, Ok(vec![("b".to_owned(), 2)]));
}

#[test]
fn a_zip_inside_of_a_zip_is_read_where_it_lies_or_out_of_memory_which_is_given_back() {
    let inner = zip(&[("x", &[1; 200_000]), ("y", b"2")], CompressionMethod::STORE);
    for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
        let bytes = zip(&[("a", b"1"), ("inner.jar", &inner)], method);
        let budget = Budget::new(Limits { held_bytes: 256 << 10, ..LIMITS });
        let bytes = bytes.as_slice();
        let outer = Zip::open(&bytes, &budget, |entry| entry.name() == "inner.jar").unwrap();
        // Each takes all that may be held.
        for _ in 0..3 {
            let held = outer.hold(&outer.members()[0], &budget).unwrap();
            assert_eq!(held.size(), inner.len() as u64);
            let nested = Zip::open(&held, &budget, |_| true).unwrap();
            let read = |at: usize| nested.read_to_vec(&nested.members()[at], 1 << 20, &budget).unwrap();
            assert_eq!((read(0), read(1)), (vec![1; 200_000], b"2".to_vec()));
            if method == CompressionMethod::DEFLATE {
                let why = outer.hold(&outer.members()[0], &budget).unwrap_err().to_string();
                assert_eq!(
                    why,
                    "unsupported: zips inside of each other take more bytes than this plugin's limit of 262144"
                );
            }
        }
    }
}

#[test]
fn no_more_is_read_than_the_limits_allow() {
    let zeros = vec![0; 900_000];
    let bomb = zip(&[("a", &zeros), ("b", &zeros), ("c", &zeros)], CompressionMethod::DEFLATE);
    assert!(bomb.len() < 10_000);
    let check = |limits: Limits, expected: &str| assert_eq!(why(&bomb, limits), expected);
    check(
        Limits { member_bytes: 10_000, ..LIMITS },
        "unsupported: member `a` of the zip has 900000 bytes, over this plugin's limit of 10000",
    );
    check(
        Limits { content_bytes: 2_000_000, ..LIMITS },
        "unsupported: contents of members take more bytes than this plugin's limit of 2000000",
    );
    check(
        Limits { members: 2, ..LIMITS },
        "unsupported: the zip has more members than this plugin's limit of 2",
    );
    assert!(read_all(&bomb, &Budget::new(LIMITS)).is_ok());
}

#[test]
fn a_member_that_is_longer_or_shorter_than_stated_is_malformed() {
    for size in [10_u32, 999] {
        let mut bytes = zip(&[("a", &[0; 500])], CompressionMethod::DEFLATE);
        let at = find(&bytes, b"PK\x01\x02") + 24;
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        let expected =
            format!("malformed: member `a` of the zip is damaged: Invalid size: expected {size}, ");
        assert!(why(&bytes, LIMITS).starts_with(&expected), "{}", why(&bytes, LIMITS));
    }
}

#[test]
fn a_zip_of_more_than_65535_members_is_read_where_the_limit_allows_it() {
    // Their number does not fit into the record at the end, so that zip64 states it.
    let mut output = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut output);
    for number in 0..65_536 {
        archive.new_dir(format!("{number}/").as_str()).create().unwrap();
    }
    archive.finish().unwrap();
    let open = |members| {
        let budget = Budget::new(Limits { members, ..LIMITS });
        Zip::open(&output.as_slice(), &budget, |entry| entry.name() == "65535/")
            .map(|zip| (zip.len(), zip.members().len()))
    };
    assert_eq!(open(65_536), Ok((65_536, 1)));
    let why = "the zip has more members than this plugin's limit of 65535";
    assert_eq!(open(65_535), Err(Error::unsupported(why)));
}

#[test]
fn members_that_overlap_are_refused_and_others_are_read() {
    // Two entries of the directory for one member: what makes a bomb of any size.
    let mut bytes = zip(&[("a", b"1"), ("b", b"1"), ("c", b"3")], CompressionMethod::STORE);
    let entry = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let second = entry + 46 + 1 + 42;
    let second = second - 46 + bytes[second - 46..].windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    let budget = Budget::new(LIMITS);
    let bytes = bytes.as_slice();
    let zip = Zip::open(&bytes, &budget, |_| true).unwrap();
    let read: Vec<_> = zip
        .members()
        .iter()
        .map(|member| zip.read_to_vec(member, 10, &budget).map_err(|why| why.to_string()))
        .collect();
    let overlap = |name: &str| Err(format!("malformed: member `{name}` of the zip overlaps what follows it"));
    assert_eq!(read, [overlap("a"), overlap("b"), Ok(b"3".to_vec())]);
}

#[test]
fn what_is_not_read_says_why() {
    let whole = zip(&[("a", b"1")], CompressionMethod::STORE);
    let entry = find(&whole, b"PK\x01\x02");
    let mut method = whole.clone();
    method[entry + 10] = 14;
    let why_of = |bytes: &[u8]| why(bytes, LIMITS);
    assert_eq!(
        why_of(&method),
        "unsupported: member `a` of the zip is compressed by method 14, which is not read"
    );
    let mut encrypted = whole.clone();
    encrypted[entry + 8] |= 1;
    assert_eq!(why_of(&encrypted), "unsupported: member `a` of the zip is encrypted");
    for bytes in [&b""[..], b"PK", b"no zip at all", &whole[..whole.len() - 30]] {
        assert!(why_of(bytes).starts_with("malformed: the file is no zip that can be read: "));
    }
    let mut moved = whole.clone();
    moved[entry + 42] = 9;
    assert!(
        why_of(&moved).starts_with("malformed: member `a` of the zip is damaged: "),
        "{}",
        why_of(&moved)
    );
    let mut changed = whole;
    let at = changed.iter().position(|&byte| byte == b'1').unwrap();
    changed[at] = b'2';
    assert!(why_of(&changed).starts_with("malformed: member `a` of the zip is damaged: "));
}

#[test]
fn names_that_are_too_long_are_passed_by() {
    let long = "x".repeat(MAX_NAME + 1);
    let bytes = zip(&[(&long, b"1"), ("b", b"2")], CompressionMethod::STORE);
    let read = read_all(&bytes, &Budget::new(LIMITS)).unwrap();
    assert_eq!(read, [("b".to_owned(), b"2".to_vec())]);
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        members in prop::collection::vec(("[a-z]{1,8}", prop::collection::vec(any::<u8>(), 0..300)), 1..8),
        deflated: bool,
        before in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let method = if deflated { CompressionMethod::DEFLATE } else { CompressionMethod::STORE };
        let named: Vec<_> = members.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let bytes = [before, zip(&named, method)].concat();
        prop_assert_eq!(read_all(&bytes, &Budget::new(LIMITS)), Ok(members));
    }

    #[test]
    fn no_damage_is_too_odd_to_be_read(
        changes in prop::collection::vec((0_usize..600, any::<u8>()), 0..4),
        cut in 0_usize..50,
    ) {
        let inner = zip(&[("x", b"1")], CompressionMethod::DEFLATE);
        let mut bytes = zip(&[("a", &[1; 50]), ("b.jar", &inner)], CompressionMethod::DEFLATE);
        for (at, byte) in changes {
            if let Some(changed) = bytes.get_mut(at) {
                *changed = byte;
            }
        }
        bytes.truncate(bytes.len() - cut);
        let _outcome = read_all(&bytes, &Budget::new(LIMITS));
    }
}
