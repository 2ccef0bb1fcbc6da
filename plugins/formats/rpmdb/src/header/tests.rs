use super::*;

/// A header with these entries: tag, type, count, data.
fn header(entries: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
    let (mut table, mut data) = (Vec::new(), Vec::new());
    for (tag, kind, count, bytes) in entries {
        for number in [*tag, *kind, data.len() as u32, *count] {
            table.extend(number.to_be_bytes());
        }
        data.extend_from_slice(bytes);
    }
    let lengths = [entries.len() as u32, data.len() as u32].map(u32::to_be_bytes).concat();
    [lengths, table, data].concat()
}

const BASH: [(u32, u32, u32, &[u8]); 3] =
    [(NAME, 6, 1, b"bash\0"), (VERSION, 6, 1, b"5.1\0"), (RELEASE, 6, 1, b"9.el9\0")];

fn package(more: &[(u32, u32, u32, &[u8])]) -> Package {
    let bytes = header(&[&BASH[..], more].concat());
    Header::parse(&bytes).unwrap().package().unwrap()
}

#[test]
fn what_a_header_says_is_read() {
    let found = package(&[
        (EPOCH, 4, 1, &[0, 0, 0, 7]),
        (ARCH, 6, 1, b"x86_64\0"),
        (SOURCE_RPM, 6, 1, b"bash-5.1-9.el9.src.rpm\0"),
        (VENDOR, 6, 1, b"Red Hat, Inc.\0"),
        (MODULARITY_LABEL, 6, 1, b"nodejs:18:1:2\0"),
        (LICENSE, 6, 1, b"GPL-3.0-or-later\0"),
    ]);
    let text = |text: &str| Some(text.to_owned());
    let expected = Package {
        name: "bash".into(),
        epoch: Some(7),
        version: "5.1".into(),
        release: "9.el9".into(),
        arch: text("x86_64"),
        source_rpm: text("bash-5.1-9.el9.src.rpm"),
        vendor: text("Red Hat, Inc."),
        module: text("nodejs:18:1:2"),
        license: text("GPL-3.0-or-later"),
        signer: None,
        problems: Vec::new(),
    };
    assert_eq!(found, expected);
}

#[test]
fn the_last_of_two_entries_of_a_tag_counts() {
    assert_eq!(package(&[(ARCH, 6, 1, b"i386\0"), (ARCH, 6, 1, b"i686\0")]).arch.as_deref(), Some("i686"));
}

#[test]
fn what_is_wrong_with_one_tag_costs_that_tag_and_is_told() {
    let found = package(&[(ARCH, 4, 1, &[0; 4]), (VENDOR, 6, 1, b"no end")]);
    assert_eq!((found.arch, found.vendor), (None, None));
    let problems: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "malformed: package `bash`: architecture: tag 1022 is no text",
            "malformed: package `bash`: vendor: text 1011 has no end",
        ]
    );
}

#[test]
fn a_package_of_which_only_a_part_of_the_version_can_be_read_is_none() {
    let refused = |entries: &[(u32, u32, u32, &[u8])]| {
        let bytes = header(entries);
        Header::parse(&bytes).unwrap().package().unwrap_err().to_string()
    };
    let epoch = refused(&[&BASH[..], &[(EPOCH, 6, 1, b"1\0")]].concat());
    assert_eq!(epoch, "malformed: package `bash`: its epoch is no number");
    let release = refused(&[BASH[0], BASH[1], (RELEASE, 6, 1, b"9.el9")]);
    assert_eq!(release, "malformed: package `bash`: release: text 1002 has no end");
    assert_eq!(refused(&[BASH[1], BASH[2]]), "malformed: a header without a name");
    assert_eq!(refused(&[BASH[0], (VERSION, 6, 1, b"\0")]), "malformed: the header of `bash` has no version");
}

#[test]
fn a_header_that_ends_early_says_what_it_still_holds() {
    let whole = header(&BASH);
    for end in 0..whole.len() {
        let Ok(header) = Header::parse(&whole[..end]) else {
            assert!(end < 8 + 3 * ENTRY, "{end}");
            continue;
        };
        match header.package() {
            Ok(package) => assert!(package.version == "5.1" && !package.problems.is_empty(), "{end}"),
            Err(why) => assert!(matches!(why, Error::Malformed(_)), "{end}"),
        }
    }
}

#[test]
fn files_are_those_that_the_package_put_there() {
    let texts: &[u8] = b"bin\0bash\0gone\0cache\0other\0";
    let bytes = header(&[
        (BASE_NAMES, 8, 5, texts),
        (DIR_NAMES, 8, 2, b"/usr/\0/usr/bin/\0"),
        (DIR_INDEXES, 4, 5, &[[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 9]].concat()),
        (FILE_STATES, 1, 5, &[0, 0, 2, 0, 0]),
        (FILE_MODES, 3, 5, &[[0x41, 0xed], [0x81, 0xed], [0x81, 0xed], [0x81, 0xa4], [0x81, 0xa4]].concat()),
        (FILE_FLAGS, 4, 5, &[[0; 4], [0; 4], [0; 4], [0, 0, 0, 64], [0; 4]].concat()),
    ]);
    let header = Header::parse(&bytes).unwrap();
    let mut files = header.files();
    // `other` is in a directory that is not there.
    assert_eq!(files.by_ref().collect::<Vec<_>>(), ["usr/bin/bash"]);
    assert!(files.is_broken());
    let bytes = super::tests::header(&[(OLD_FILE_NAMES, 8, 2, b"/etc/a\0/etc/b\0")]);
    let header = Header::parse(&bytes).unwrap();
    let mut files = header.files();
    assert_eq!(files.by_ref().collect::<Vec<_>>(), ["etc/a", "etc/b"]);
    assert!(!files.is_broken());
}

#[test]
fn paths_that_no_layer_holds_are_left_out() {
    let long = [&b"/"[..], &[b'd'; 4090], b"/\0"].concat();
    let bytes = header(&[
        (BASE_NAMES, 8, 2, b"short\0longer name\0"),
        (DIR_NAMES, 8, 1, &long),
        (DIR_INDEXES, 4, 2, &[0; 8]),
    ]);
    let mut files = Header::parse(&bytes).unwrap().files();
    let paths: Vec<_> = files.by_ref().map(|path| path.len()).collect();
    assert_eq!(paths, [], "they have 4097 and 4103 bytes with their slash");
    assert!(!files.is_broken());
}

#[test]
fn what_a_package_needs_are_names_capabilities_and_files() {
    let names = b"bash\0rpmlib(X)\0libc.so.6()(64bit)\0(a if b)\0/bin/sh\0hint\0";
    let flags: Vec<u8> = [0, 1 << 24, 0, 0, 0, 1 << 19].into_iter().flat_map(u32::to_be_bytes).collect();
    let provided = b"bash\0bash(x86-64)\0";
    let of = |count| {
        header(&[
            (PROVIDE_NAME, 8, 2, provided),
            (REQUIRE_FLAGS, 4, 6, &flags),
            (REQUIRE_NAME, 8, count, names),
        ])
    };
    let bytes = of(6);
    let whole = Header::parse(&bytes).unwrap();
    let mut requires = whole.requires();
    assert_eq!(requires.by_ref().collect::<Vec<_>>(), ["bash", "libc.so.6()(64bit)", "/bin/sh"]);
    assert!(!requires.is_broken());
    assert_eq!(whole.provides().collect::<Vec<_>>(), ["bash", "bash(x86-64)"]);
    let bytes = of(7);
    let mut cut = Header::parse(&bytes).unwrap().requires();
    assert_eq!(cut.by_ref().count(), 3);
    assert!(cut.is_broken());
    let bytes = header(&[(REQUIRE_NAME, 4, 1, &[0; 4])]);
    let mut odd = Header::parse(&bytes).unwrap().requires();
    assert!(odd.next().is_none() && odd.is_broken());
    let bytes = header(&[(PROVIDE_NAME, 8, 2, provided)]);
    let mut nothing = Header::parse(&bytes).unwrap().requires();
    assert!(nothing.next().is_none() && !nothing.is_broken());
}
