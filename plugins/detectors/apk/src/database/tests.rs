use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Vec<Result<Record, String>> {
    let mut records = Records::new(text, Paths::default());
    let mut all = Vec::new();
    while let Some(record) = records.next().unwrap() {
        all.push(record);
    }
    all
}

#[test]
fn what_a_record_lacks_or_breaks_is_named() {
    let check = |text: &str, expected: &str| {
        assert_eq!(read(text.as_bytes()), [Err(expected.to_owned())], "{text:?}");
    };
    check("V:1", "record at line 1 has no name (`P:`)");
    check("\n\nP:a\n", "record of `a` at line 3 has no version (`V:`)");
    check("P:a\nV:1\nrubbish", "record of `a` at line 1: line 3 is not `LETTER:VALUE`");
    let long = format!("P:a\nV:1\nF:{}", "x".repeat(MAX_LINE));
    check(&long, "record of `a` at line 1: line 3 is longer than 64 KiB");
}

#[test]
fn a_long_line_that_nobody_needs_costs_nothing() {
    let text = format!("P:a\nV:1\nD:{}\n", "x".repeat(2 * MAX_LINE));
    assert_eq!(read(text.as_bytes()).len(), 1);
    assert!(read(text.as_bytes())[0].is_ok());
}

#[test]
fn paths_are_bounded_however_long_their_directory_is() {
    let mut text = format!("P:a\nV:1\nF:{}\n", "d".repeat(Ownership::MAX_PATH - 2));
    text.push_str(&"R:f\n".repeat(Paths::MAX_BYTES / Ownership::MAX_PATH + 1));
    text.push_str("\nP:b\nV:2\n");
    let records = read(text.as_bytes());
    let record = records[0].as_ref().unwrap();
    assert!(record.paths.len() > 16_000, "{}", record.paths.len());
    let why = record.without.as_ref().unwrap().to_string();
    assert_eq!(why, "unsupported: the paths that packages own take more than 64 MiB");
    assert_eq!(records[1].as_ref().unwrap().name, "b");
}

#[test]
fn a_path_that_no_layer_can_hold_costs_no_other() {
    let long = "x".repeat(Ownership::MAX_PATH);
    let text = format!("P:a\nV:1\nR:x\nF:\nR:\nR:y\nF:/usr/.//\nR:z\nR:{long}\nF:{long}\nR:u\nF:a/..\nR:v\n");
    assert_eq!(read(text.as_bytes())[0].as_ref().unwrap().paths, ["x", "y", "usr/z"]);
}

#[test]
fn a_path_that_is_no_text_is_spelled_as_a_layer_spells_it() {
    let text = b"P:a\nV:1\nL:MIT\xff\nF:usr/caf\xe9\nR:x\nF:usr\nR:\xff\nR:\xc3\xa4\n";
    let records = read(text);
    let record = records[0].as_ref().unwrap();
    assert_eq!(record.paths, ["usr/caf\\xE9/x", "usr/\\xFF", "usr/\u{e4}"]);
    assert_eq!(record.license, "MIT\u{fffd}");
}

#[test]
fn what_names_a_package_is_text() {
    for field in ["P", "V", "A", "o"] {
        let text = [b"P:a\nV:1\n", field.as_bytes(), b":\xe9\nF:usr\nR:x\n\nP:b\nV:2\n"].concat();
        let records = read(&text);
        let why = records[0].as_ref().unwrap_err();
        assert!(why.ends_with("at line 1: line 3 is not UTF-8"), "{why}");
        assert_eq!(records[1].as_ref().unwrap().paths, [""; 0], "what the damaged one owns is nobody's");
    }
}

#[test]
fn what_lies_in_a_directory_that_may_be_merged_is_owned_under_both_names() {
    let text = "P:a\nV:1\nF:lib\nR:x\nF:usr/lib\nR:y\nF:libexec\nR:z\n";
    let records = read(text.as_bytes());
    assert_eq!(records[0].as_ref().unwrap().paths, ["lib/x", "usr/lib/x", "usr/lib/y", "libexec/z"]);
}

#[test]
fn line_ends_and_a_missing_last_one_do_not_matter() {
    let expected = Record {
        name: "a".to_owned(),
        version: "1".to_owned(),
        paths: vec!["x/y".to_owned()],
        ..Record::default()
    };
    for text in
        ["P:a\nV:1\nF:x\nR:y", "\u{feff}P:a\r\nV:1\r\nF:x\r\nR:y\r\n\r\n", "\n\nP:a\nV:1\nF:x\nR:y\n\n\n"]
    {
        assert_eq!(read(text.as_bytes()), [Ok(expected.clone())], "{text:?}");
    }
}

/// A database in apk's own order of fields.
fn write(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        let fields = [
            ("P", &record.name),
            ("V", &record.version),
            ("A", &record.arch),
            ("L", &record.license),
            ("o", &record.origin),
            ("D", &record.depends),
            ("p", &record.provides),
        ];
        text.push_str("C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\n");
        for (field, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            writeln!(text, "{field}:{value}").unwrap();
        }
        let mut last = None;
        for path in &record.paths {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            if last != Some(directory) {
                writeln!(text, "F:{directory}\nM:0:0:755").unwrap();
                last = Some(directory);
            }
            writeln!(text, "R:{name}\na:0:0:755\nZ:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=").unwrap();
        }
        text.push('\n');
    }
    text
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let word = "[a-z0-9.+:_-]{1,12}";
    let record = (
        word,
        word,
        "[a-z0-9_]{0,7}",
        "[a-z-]{0,9}",
        ["[A-Za-z0-9.() +-]{0,20}", "(!?[a-z:]{1,4}[=>~]?1? ?){0,3}", "(so:[a-z]=1 ?){0,2}"],
        prop::collection::vec("([a-zä -]{1,2}/){0,3}[a-z:]{1,6}", 0..6),
    )
        .prop_map(|(name, version, arch, origin, [license, depends, provides], paths)| Record {
            name,
            version,
            arch,
            origin,
            license,
            depends,
            depends_on_more: false,
            provides,
            paths,
            without: None,
        });
    prop::collection::vec(record, 0..6)
}

proptest! {
    #[test]
    fn what_was_written_is_read(records in records()) {
        let read: Result<Vec<_>, _> = read(write(&records).as_bytes()).into_iter().collect();
        prop_assert_eq!(read, Ok(records));
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }

    #[test]
    fn no_lines_are_too_odd_to_be_read(text in "([PVAoLFRMaZD]?:?[a-z/]{0,3}\r?\n?){0,30}") {
        for record in read(text.as_bytes()).into_iter().flatten() {
            prop_assert!(!record.name.is_empty() && !record.version.is_empty());
        }
    }
}
