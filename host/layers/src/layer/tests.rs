use std::path::Path;

use limpid_model::{Claim, EntryKind, InputError, Leads, Unread};
use proptest::prelude::*;
use tar::EntryType;

use super::*;
use crate::test_support::{
    Recorder, Tar, gzip, magic, path, read, read_stored, stored, together, undigested, zstd,
};

fn read_all(layer: &[u8], claims: &[Claim]) -> (LayerContents, Recorder) {
    read(layer, claims, &Limits::default()).unwrap()
}

/// The error of a layer that is stored so.
fn error_of(bytes: &[u8], tar: &[u8], limits: &Limits) -> String {
    read_stored(&stored(bytes, tar), &[], limits).unwrap_err().to_string()
}

fn kinds(contents: &LayerContents) -> Vec<(&str, EntryKind)> {
    contents.entries.last.iter().map(|entry| (entry.path.as_str(), entry.kind)).collect()
}

/// Content that does not compress to almost nothing.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn entries_are_the_layer_s_final_word_by_path() {
    let tar = Tar::default()
        .file("./usr/bin/b", b"1")
        .directory("etc/")
        .symlink("bin", "usr/bin")
        .file("etc/.wh.gone", b"")
        .file("var/.wh..wh..opq", b"")
        .file(".wh..wh.plnk/1", b"")
        .hard_link("usr/bin/c", "usr/bin/b")
        .file("bin", b"now a file")
        .end();
    let (contents, _) = read_all(&tar, &[]);
    let expected = [
        ("bin", EntryKind::File),
        ("etc", EntryKind::Directory),
        ("etc/gone", EntryKind::Whiteout),
        ("usr/bin/b", EntryKind::File),
        ("usr/bin/c", EntryKind::File),
        ("var", EntryKind::Opaque),
    ];
    assert_eq!(kinds(&contents), expected);
    assert!(contents.entries.last.is_sorted());
}

#[test]
fn layers_are_the_same_however_they_are_stored() {
    let tar = Tar::default().file("a", &noise(3_000_000)).file("b", b"claimed").end();
    let (plain, _) = read_all(&tar, &[path("b")]);
    let several = [gzip(&tar[..1000]), gzip(&tar[1000..]), b"\0\0trailing".to_vec()].concat();
    let frames = [zstd(&tar[..1000]), b"\x50\x2a\x4d\x18\x02\0\0\0xx".to_vec(), zstd(&tar[1000..])].concat();
    for bytes in [gzip(&tar), several, zstd(&tar), frames] {
        let layer = stored(&bytes, &tar);
        let (contents, shown) = read_stored(&layer, &[path("b")], &Limits::default()).unwrap();
        assert_eq!(shown.files(), [("b", "claimed")]);
        assert_eq!(contents.digest, Some(Digest::of(&bytes)));
        assert_eq!((contents.size, contents.inflated_size), (bytes.len() as u64, tar.len() as u64));
        assert_eq!((&contents.entries, contents.diff_id), (&plain.entries, plain.diff_id));
    }
}

#[test]
fn layers_without_media_type_are_told_by_their_first_bytes() {
    let tar = Tar::default().file("a", b"1").end();
    for bytes in [tar.clone(), gzip(&tar), zstd(&tar)] {
        let layer = undigested(&bytes, &tar);
        let (_, shown) = read_stored(&layer, &[path("a")], &Limits::default()).unwrap();
        assert_eq!(shown.files(), [("a", "1")]);
    }
}

#[test]
fn a_layer_that_is_not_there_or_compressed_in_another_way_costs_only_itself() {
    let of = |bytes| StoredLayer { bytes, ..stored(b"", b"") };
    for (layer, expected) in [
        (of(Err("it is encrypted".to_owned())), "it is encrypted"),
        (stored(b"\xfd7zXZ\0\0\0", b""), "it is compressed by xz"),
        (stored(b"BZh91AY&SY", b""), "it is compressed by bzip2"),
        (stored(b"\x04\x22\x4d\x18", b""), "it is compressed by lz4"),
    ] {
        let error = read_stored(&layer, &[], &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::UnreadLayer(_)) && error.is_of_input(), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_digest_that_is_wrong_is_named_with_the_right_one() {
    let (tar, other) = (Tar::default().file("a", b"1").end(), Tar::default().file("a", b"2").end());
    let check = |error: String, expected: [Digest; 2]| {
        assert!(expected.iter().all(|digest| error.contains(&digest.to_string())), "{error}");
    };
    let digests = [Digest::of(&tar), Digest::of(&other)];
    check(error_of(&gzip(&other), &tar, &Limits::default()), digests);
    // The same with a tar that is damaged as well: the digest is the better explanation.
    let cut = &tar[..514];
    check(error_of(&gzip(cut), &tar, &Limits::default()), [Digest::of(&tar), Digest::of(cut)]);

    let good = gzip(&tar);
    let mut bad = good.clone();
    // The operating system in the header of gzip is of no consequence to what it holds.
    bad[9] ^= 1;
    let layer = StoredLayer { digest: Some(Digest::of(&good)), ..stored(&bad, &tar) };
    let error = read_stored(&layer, &[], &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::WrongDigest { .. }));
    check(error.to_string(), [Digest::of(&good), Digest::of(&bad)]);
}

#[test]
fn streams_that_end_early_are_told_with_the_place() {
    let tar = Tar::default().file("a", &noise(100_000)).end();
    let check = |bytes: &[u8], expected: &str| {
        let error = error_of(bytes, &tar, &Limits::default());
        assert!(error.contains(expected) && error.contains(&Digest::of(&tar).to_string()), "{error}");
    };
    let (gz, zst) = (gzip(&tar), zstd(&tar));
    let at = |bytes: &[u8]| format!("damaged at byte {}", bytes.len());
    for cut in [2, 5, 20, 50_000, gz.len() - 9, gz.len() - 1] {
        check(&gz[..cut], "the gzip stream ends early");
        check(&gz[..cut], &at(&gz[..cut]));
    }
    for cut in [4, 5, 20, 50_000, zst.len() - 1] {
        check(&zst[..cut], "the zstd stream ends early");
        check(&zst[..cut], &at(&zst[..cut]));
    }
    let mut changed = gz.clone();
    changed[gz.len() - 6] ^= 1;
    check(&changed, "gzip: ");
    check(&[zst.as_slice(), b"trailing"].concat(), "zstd: ");
}

#[test]
fn a_damaged_tar_is_an_error_that_names_the_layer() {
    let tar = Tar::default().file("a", b"content").end();
    let error = read(&tar[..515], &[], &Limits::default()).unwrap_err().to_string();
    let digest = Digest::of(&tar[..515]);
    let why = "is damaged at byte 515: the tar ends within an entry of which 4 bytes are left";
    assert_eq!(error, format!("layer `{digest}` {why}"));
}

#[test]
fn what_inflates_without_end_is_stopped() {
    let zeros = vec![0; 10_000_000];
    let small = Limits { layer_inflated_bytes: 1_000_000, ..Limits::default() };
    let ratio = Limits { inflation_ratio: 50, inflation_ratio_from: 1_000_000, ..Limits::default() };
    for bytes in [gzip(&zeros), zstd(&zeros)] {
        let error = error_of(&bytes, &zeros, &small);
        assert!(error.contains("`layer_inflated_bytes` of 1000000"), "{error}");
        let error = error_of(&bytes, &zeros, &ratio);
        assert!(error.contains("`inflation_ratio` of 50"), "{error}");
    }
}

#[test]
fn a_small_layer_of_zeros_is_read() {
    let file = Tar::default().file("zeros", &vec![0; 300 << 20]).file("etc/a", b"1").end();
    let layer = stored(&gzip(&file), &file);
    let (_, shown) = read_stored(&layer, &[path("etc/a")], &Limits::default()).unwrap();
    assert_eq!(shown.files(), [("etc/a", "1")]);
}

#[test]
fn only_a_layer_that_is_as_its_publisher_made_it_costs_only_itself() {
    let tar = Tar::default().file("a", &noise(100_000)).file("b", b"1").end();
    let (gz, defaults) = (gzip(&tar), Limits::default());
    let limits = [
        Limits { layer_inflated_bytes: 1_000, ..Limits::default() },
        Limits { layer_entries: 1, ..Limits::default() },
        Limits { layer_path_bytes: 1, ..Limits::default() },
        Limits { claimed_files: 0, ..Limits::default() },
    ];
    let broken_tar = Tar::default().file("a", b"content").end()[..515].to_vec();
    let broken = gz[..gz.len() - 9].to_vec();
    let cases = limits.into_iter().map(|limits| (gz.clone(), tar.clone(), limits)).chain([
        (broken.clone(), tar.clone(), defaults.clone()),
        (gzip(&broken_tar), broken_tar.clone(), defaults.clone()),
        (broken_tar.clone(), broken_tar.clone(), defaults.clone()),
    ]);
    for (bytes, tar, limits) in cases {
        let read = |layer: StoredLayer| read_stored(&layer, &[path("**")], &limits).map(|_| ()).unwrap_err();
        let error = read(stored(&bytes, &tar));
        assert!(matches!(error, Error::UnreadLayer(_)), "{error:?}");
        // Something happened to it on its way.
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        let error = read(StoredLayer { digest: Some(Digest::of(&bytes)), ..stored(&changed, &tar) });
        assert!(matches!(error, Error::WrongDigest { .. }), "{error:?}");
    }
    // What nobody has stated a digest of may be cut short on its way, and over a limit all the same.
    let of_docker = |bytes: &[u8], limits: &Limits| {
        read_stored(&undigested(bytes, &tar), &[], limits).map(|_| ()).unwrap_err()
    };
    assert!(matches!(of_docker(&broken, &defaults), Error::Damaged { .. }));
    let few = Limits { layer_entries: 1, ..Limits::default() };
    assert!(matches!(of_docker(&gz, &few), Error::UnreadLayer(_)));
    assert!(matches!(of_docker(b"no tar", &defaults), Error::WrongDigest { .. }));
}

#[test]
fn a_zstd_window_over_the_limit_is_not_supported() {
    let tar = Tar::default().file("a", &noise(3_000_000)).end();
    let limits = Limits { zstd_window_log: 10, ..Limits::default() };
    let error = error_of(&zstd(&tar), &tar, &limits);
    assert!(error.contains("`zstd_window_log` of 10"), "{error}");
}

#[test]
fn bytes_after_the_end_of_the_tar_are_hashed() {
    let mut tar = Tar::default().file("a", b"1").end();
    tar.extend_from_slice(&noise(1_000_000));
    assert_eq!(read_all(&tar, &[]).0.inflated_size, tar.len() as u64);
}

#[test]
fn files_are_claimed_by_path_and_first_bytes() {
    let tar = Tar::default()
        .file("bin/a", b"\x7fELF and more")
        .file("bin/b", b"\x7fEL")
        .file("etc/c", b"text")
        .symlink("etc/d", "c")
        .end();
    let (_, shown) = read_all(&tar, &[magic(b"\x7fELF"), path("etc/*")]);
    assert_eq!(shown.files(), [("bin/a", "\x7fELF and more"), ("etc/c", "text")]);
}

/// What a file of [`what_is_claimed_for_what_it_holds_is_shown`] holds.
fn content(kind: usize, length: usize) -> Vec<u8> {
    let mut content = vec![b'.'; length];
    let places = [None, Some(0), Some(length / 2), length.checked_sub(3)];
    if let Some(place) = places[kind].filter(|place| place + 3 <= length) {
        content[place..place + 3].copy_from_slice(b"ZIG");
    }
    content
}

proptest! {
    #[test]
    fn what_is_claimed_for_what_it_holds_is_shown(
        files in prop::collection::vec((0usize..4, 0usize..60, prop::option::of(0usize..6)), 1..8),
        alone_memory in 0u64..60,
        together_memory in 0u64..60,
        link_memory in 0u64..60,
    ) {
        let holding = |claim: Claim| Claim { contains: vec![b"zag".to_vec(), b"ZIG".to_vec()], ..claim };
        let head = |claim: Claim, bytes| Claim { head: Some(bytes), ..claim };
        let claims = [
            holding(path("*")),
            head(path("*"), 10),
            head(holding(magic(b".")), 20),
            together(holding(path("*"))),
            holding(path("5")),
        ];
        // A file of each name, or a hard link to an earlier one.
        let (mut tar, mut contents) = (Tar::default(), Vec::new());
        for (name, (kind, length, link)) in files.iter().enumerate() {
            let target = link.filter(|target| *target < name);
            let content = target.map_or_else(|| content(*kind, *length), |target: usize| {
                Vec::<u8>::clone(&contents[target])
            });
            tar = match target {
                Some(target) => tar.hard_link(&name.to_string(), &target.to_string()),
                None => tar.file(&name.to_string(), &content),
            };
            contents.push(content);
        }
        let limits = Limits { alone_memory, together_memory, link_memory, ..Limits::default() };
        let set = ClaimSet::new(claims.iter().map(std::slice::from_ref)).unwrap();
        let (mut shown, tar) = (Recorder::default(), tar.end());
        read_layer(&undigested(&tar, &tar), &set, Path::new("/tmp"), &limits, &mut shown).unwrap();
        let mut found: Vec<_> = shown.alone.into_iter().chain(shown.together).map(|shown| {
            (shown.claimant, shown.path, shown.content.into_bytes())
        }).collect();
        found.sort();
        let mut expected = Vec::new();
        for (name, content) in contents.iter().enumerate() {
            let has = |bytes: &[u8]| bytes.windows(3).any(|part| part == b"ZIG");
            let first = |count: usize| content[..count.min(content.len())].to_vec();
            let mut add = |claimant, is_wanted: bool, content: Vec<u8>| {
                expected.extend(is_wanted.then(|| (claimant, name.to_string(), content)));
            };
            add(0, has(content), content.clone());
            add(1, true, first(10));
            add(2, content.starts_with(b".") && has(&first(20)), first(20));
            add(3, has(content), content.clone());
            add(4, name == 5 && has(content), content.clone());
        }
        expected.sort();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_file_is_read_whole_only_where_it_holds_what_is_looked_for(kind in 0usize..4, length in 0usize..60) {
        let claim = Claim { contains: vec![b"ZIG".to_vec()], ..magic(b".") };
        let content = content(kind, length);
        let limits = Limits { claimed_file_bytes: 20, ..Limits::default() };
        let tar = Tar::default().file("a", &content).hard_link("b", "a").end();
        let (read, shown) = read(&tar, &[claim], &limits).unwrap();
        let is_wanted = content.starts_with(b".") && content.windows(3).any(|part| part == b"ZIG");
        let expected = match (is_wanted, length > 20) {
            (true, false) => (2, 0),
            (true, true) => (0, 2),
            (false, _) => (0, 0),
        };
        prop_assert_eq!((shown.alone.len(), read.unread.len()), expected);
    }
}

#[test]
fn files_that_belong_together_come_at_the_end_by_path() {
    let tar = Tar::default().file("db/b", b"2").file("db/a", b"old").file("db/a", b"1").end();
    let (contents, shown) = read_all(&tar, &[together(path("db/*"))]);
    let files: Vec<_> = shown.together.iter().map(|s| (s.path.as_str(), s.content.as_str())).collect();
    assert_eq!(files, [("db/a", "1"), ("db/b", "2")]);
    assert!(shown.alone.is_empty() && contents.superseded.is_empty());
}

#[test]
fn a_showing_that_a_later_entry_replaces_is_told() {
    let tar = Tar::default()
        .file("a", b"old")
        .file("d/b", b"gone")
        .file("a", b"new")
        .symlink("d", "elsewhere")
        .end();
    let (contents, shown) = read_all(&tar, &[path("**")]);
    assert_eq!(shown.files(), [("a", "old"), ("d/b", "gone"), ("a", "new")]);
    let superseded =
        |at: usize| Superseded { path: shown.alone[at].path.clone(), ordinal: shown.alone[at].ordinal };
    assert_eq!(contents.superseded, [superseded(0), superseded(1)]);
    assert!(shown.batches.iter().all(|batch| batch.iter().filter(|path| *path == "a").count() < 2));
}

#[test]
fn batches_are_bounded_by_count_and_size() {
    let tar = (0..10).fold(Tar::default(), |tar, n| tar.file(&format!("f{n}"), b"0123456789")).end();
    let sizes = |limits: &Limits| {
        let (_, shown) = read(&tar, &[path("*")], limits).unwrap();
        shown.batches.iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&Limits { alone_files: 4, ..Limits::default() }), [4, 4, 2]);
    assert_eq!(sizes(&Limits { alone_memory: 30, ..Limits::default() }), [3, 3, 3, 1]);
}

#[test]
fn large_files_are_the_same_from_temporary_files() {
    let content = "0123456789".repeat(100_000);
    let tar = Tar::default().file("a", content.as_bytes()).file("b", content.as_bytes()).end();
    let limits = Limits { alone_memory: 1000, together_memory: 1000, ..Limits::default() };
    let (_, shown) = read(&tar, &[path("*"), together(path("*"))], &limits).unwrap();
    assert!(shown.files() == [("a", content.as_str()), ("b", content.as_str())]);
    assert!(shown.together.len() == 2 && shown.together.iter().all(|s| s.content == content));
}

#[test]
fn claimed_files_over_a_limit_are_unread_and_stated_so() {
    let tar = Tar::default().file("a", &[b'x'; 100]).file("b", b"1").file("c", b"22").end();
    let check = |limits: Limits, expected: &[&str], why: &str| {
        let (contents, shown) = read(&tar, &[path("*"), together(path("*"))], &limits).unwrap();
        let unread: Vec<_> = contents.unread.iter().map(|(_, unread)| unread.path.as_str()).collect();
        assert_eq!(unread, expected);
        let text = contents.unread[0].1.error.to_string();
        assert!(text.contains(why), "{text}");
        assert_eq!(shown.alone.len() + unread.len(), 3);
    };
    let one = Limits { claimed_file_bytes: 99, ..Limits::default() };
    check(one, &["a"], "100 bytes are over the limit `claimed_file_bytes` of 99");
    let all = Limits { claimed_bytes: 101, ..Limits::default() };
    check(all, &["c"], "over the limit `claimed_bytes` of 101");

    let count = Limits { claimed_files: 2, ..Limits::default() };
    let error = read(&tar, &[path("*")], &count).unwrap_err().to_string();
    assert!(error.contains("`claimed_files` of 2: 3 found"), "{error}");
}

#[test]
fn what_a_later_entry_replaces_is_not_unread() {
    let tar = Tar::default().file("a", &[b'x'; 100]).file("a", b"1").end();
    let limits = Limits { claimed_file_bytes: 99, ..Limits::default() };
    let (contents, shown) = read(&tar, &[path("*")], &limits).unwrap();
    assert_eq!((contents.unread.len(), shown.files().len()), (0, 1));
}

#[test]
fn hard_links_are_shown_with_the_content_that_they_lead_to() {
    let tar = Tar::default()
        .file("bin/tool", b"MAGIC tool")
        .file("plain", b"nobody claims this")
        .hard_link("bin/same", "./bin/tool")
        .hard_link("bin/chain", "bin/same")
        .file("plain", b"replaced")
        .hard_link("etc/replaced", "/plain")
        .end();
    let expected = [
        ("bin/tool", "MAGIC tool"),
        ("bin/same", "MAGIC tool"),
        ("bin/chain", "MAGIC tool"),
        ("etc/replaced", "replaced"),
    ];
    // With memory for links, and without: then the layer is read twice.
    for link_memory in [1 << 20, 0] {
        let limits = Limits { link_memory, ..Limits::default() };
        let (contents, shown) = read(&tar, &[magic(b"MAGIC"), path("etc/*")], &limits).unwrap();
        let mut files = shown.files();
        files.sort_unstable();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(files, expected);
        assert!(contents.unread.is_empty());
    }
}

#[test]
fn links_to_what_was_claimed_together_come_together() {
    let tar = Tar::default().file("x", b"content").hard_link("db/a", "x").file("db/b", b"2").end();
    let (_, shown) = read_all(&tar, &[together(path("db/*"))]);
    let files: Vec<_> = shown.together.iter().map(|s| (s.path.as_str(), s.content.as_str())).collect();
    assert_eq!(files, [("db/a", "content"), ("db/b", "2")]);
}

#[test]
fn what_links_lead_to_is_noted() {
    let tar = Tar::default()
        .symlink("s", "../x")
        .file("f", b"1")
        .hard_link("etc/a", "absent")
        .hard_link("etc/b", "s")
        .hard_link("etc/c", "./f")
        .hard_link("etc/d", "etc/a")
        .end();
    let (contents, _) = read_all(&tar, &[path("etc/*")]);
    assert_eq!(contents.unread, []);
    let leads: Vec<_> =
        contents.entries.last.into_iter().map(|entry| (entry.path, entry.kind, entry.leads)).collect();
    let expected = [
        ("etc/a", EntryKind::File, Leads::Below("absent".into())),
        ("etc/b", EntryKind::Other, Leads::Symbolic("../x".into())),
        ("etc/c", EntryKind::File, Leads::Within("f".into(), 1)),
        ("etc/d", EntryKind::File, Leads::Below("etc/a".into())),
        ("f", EntryKind::File, Leads::Nowhere),
        ("s", EntryKind::Other, Leads::Symbolic("../x".into())),
    ];
    assert_eq!(leads, expected.map(|(path, kind, leads)| (path.to_owned(), kind, leads)));
}

#[test]
fn hard_links_out_of_the_image_are_unread() {
    let tar = Tar::default().hard_link("etc/a", "../../x").end();
    let (contents, _) = read_all(&tar, &[path("etc/*")]);
    let why = "a hard link to `../../x`, which is no path of the image".to_owned();
    let unread = Unread { path: "etc/a".into(), error: InputError::Unsupported(why) };
    assert_eq!(contents.unread, [(0, unread)]);
}

#[test]
fn entries_that_lead_out_of_the_layer_are_ignored_and_stated_so() {
    let tar = Tar::default()
        .file("../../etc/passwd", b"x")
        .pax(&[("path", b"a\0b")])
        .file("x", b"x")
        .entry(EntryType::GNULongName, "x", "", &[b'n'; 5000])
        .file("x", b"x")
        .file("/etc/shadow", b"inside")
        .end();
    let (contents, shown) = read_all(&tar, &[path("**")]);
    assert_eq!(shown.files(), [("etc/shadow", "inside")]);
    let ignored: Vec<_> = contents.ignored.iter().map(|ignored| ignored.why.as_str()).collect();
    let expected = [
        "its path leads out of the layer by `..`",
        "its path holds a NUL byte",
        "its path is over the limit `path_length` of 4096",
    ];
    assert_eq!(ignored, expected);
}

#[test]
fn paths_over_the_limit_of_a_layer_are_an_error() {
    let tar = Tar::default().file("aaaa", b"").file("bbbb", b"").end();
    let limits = Limits { layer_path_bytes: 7, ..Limits::default() };
    let error = read(&tar, &[], &limits).unwrap_err().to_string();
    assert!(error.contains("`layer_path_bytes` of 7: 8 found"), "{error}");
}

#[test]
fn an_empty_layer_has_no_entries() {
    for tar in [vec![], vec![0; 1024], vec![0; 10240]] {
        assert_eq!(read_all(&tar, &[path("**")]).0.entries.last, []);
    }
}

#[test]
fn a_scratch_directory_that_is_not_there_is_this_machine_s_fault() {
    let tar = Tar::default().file("a", b"0123456789").end();
    let layer = undigested(&tar, &tar);
    let claims = [path("a")];
    let claims = ClaimSet::new([claims.as_slice()].into_iter()).unwrap();
    let limits = Limits { alone_memory: 1, ..Limits::default() };
    let absent = Path::new("/absent/scratch");
    let result = read_layer(&layer, &claims, absent, &limits, &mut Recorder::default());
    assert!(matches!(result, Err(Error::Io { .. })), "{result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_layer_makes_reading_panic_or_hang(bytes in prop::collection::vec(any::<u8>(), 0..3000), head in 0usize..3) {
        let head: &[u8] = [b"".as_slice(), b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd"][head];
        let layer = [head, &bytes].concat();
        let _ = read(&layer, &[path("**"), magic(b"a")], &Limits::default());
    }

    #[test]
    fn the_last_content_of_a_path_is_what_holds(
        files in prop::collection::vec(("[ab](/[ab])?", "[xyz]{0,3}"), 0..12),
        alone_files in 1usize..5,
    ) {
        let tar = files.iter().fold(Tar::default(), |tar, (path, content)| tar.file(path, content.as_bytes()));
        let limits = Limits { alone_files, ..Limits::default() };
        let (contents, shown) = read(&tar.end(), &[path("**")], &limits).unwrap();
        let holds = |path: &str, ordinal| !contents.superseded.contains(&Superseded { path: path.into(), ordinal });
        let mut found: Vec<_> =
            shown.alone.iter().filter(|s| holds(&s.path, s.ordinal)).map(|s| (s.path.clone(), s.content.clone())).collect();
        found.sort();
        let mut expected = std::collections::BTreeMap::new();
        for (path, content) in files {
            expected.retain(|known: &String, _| !known.starts_with(&format!("{path}/")));
            expected.insert(path, content);
        }
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn what_the_maker_of_a_tar_could_not_read_is_unread_for_all_who_may_claim_it() {
    let why = |why: &'static str| [("LIMPID.unread", why.as_bytes())];
    let tar = Tar::default()
        .pax(&why("denied"))
        .file("etc/os-release", b"")
        .pax(&why("denied"))
        .file("other", b"")
        .pax(&why("closed"))
        .directory("var")
        .pax(&why("closed"))
        .directory("srv")
        .pax(&why("a lie: its content is here"))
        .file("full", b"MAGIC")
        .end();
    let unread = |claims: &[Claim]| {
        let (contents, shown) = read_all(&tar, claims);
        let unread = contents.unread.into_iter().map(|(_, it)| format!("{}: {}", it.path, it.error));
        (
            unread.collect::<Vec<_>>(),
            shown.files().iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>(),
        )
    };
    let (left, shown) = unread(&[path("etc/os-release"), path("var/lib/x"), path("full")]);
    assert_eq!(left, ["etc/os-release: denied", "var: closed"]);
    assert_eq!(shown, ["full"]);
    // What a file holds that was not read, nobody knows.
    let (left, shown) = unread(&[magic(b"MAGIC")]);
    assert_eq!(left, ["etc/os-release: denied", "other: denied", "var: closed", "srv: closed"]);
    assert_eq!(shown, ["full"]);
}
