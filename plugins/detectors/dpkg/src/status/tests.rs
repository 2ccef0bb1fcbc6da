use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Vec<Result<Stanza, String>> {
    let mut stanzas = Stanzas::new(text);
    let mut all = Vec::new();
    while let Some(stanza) = stanzas.next().unwrap() {
        all.push(stanza);
    }
    all
}

fn stanza(status: &str, version: &str, source: &str) -> Stanza {
    Stanza {
        package: "a".to_owned(),
        status: status.to_owned(),
        version: version.to_owned(),
        source_field: source.to_owned(),
        line: 1,
        ..Stanza::default()
    }
}

#[test]
fn a_package_is_there_in_the_states_after_unpacking() {
    let check = |status: &str, expected: Result<State, &str>| {
        let actual = stanza(status, "1", "").state();
        assert_eq!(
            actual.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|why| *why),
            "{status}"
        );
    };
    check("install ok installed", Ok(State::Unpacked));
    check("hold ok installed", Ok(State::Unpacked));
    check("Install OK Installed", Ok(State::Unpacked));
    check("install reinstreq half-installed", Ok(State::Unpacked));
    check("install ok unpacked", Ok(State::Unpacked));
    check("install ok half-configured", Ok(State::Unpacked));
    check("install ok triggers-awaited", Ok(State::Unpacked));
    check("install ok triggers-pending", Ok(State::Unpacked));
    check("deinstall ok installed", Ok(State::Unpacked));
    check("deinstall ok config-files", Ok(State::ConfigFiles));
    check("purge ok not-installed", Ok(State::NotInstalled));
    check(
        "install ok odd",
        Err("stanza of `a` at line 1 has no status that dpkg knows, but `install ok odd`"),
    );
    check("", Err("stanza of `a` at line 1 has no status that dpkg knows, but ``"));
    let error = stanza("install ok installed", "", "").state().unwrap_err();
    assert_eq!(error, "stanza of `a` at line 1 has no `Version`");
}

#[test]
fn the_source_is_the_package_unless_the_stanza_says_otherwise() {
    let check = |field: &str, name: &str, version: &str| {
        let expected = (name.to_owned(), version.to_owned());
        assert_eq!(stanza("", "1.0-1+b1", field).source(), expected, "{field}");
    };
    check("", "a", "1.0-1+b1");
    check("glibc", "glibc", "1.0-1+b1");
    check("glibc (1.0-1)", "glibc", "1.0-1");
    check("glibc(1.0-1", "glibc", "1.0-1");
    check("(2)", "a", "2");
    check("glibc ()", "glibc", "1.0-1+b1");
}

#[test]
fn damage_costs_one_stanza_and_is_named() {
    let check = |damaged: &[u8], expected: &str| {
        let text = [b"Package: x\nVersion: 1\n\n", damaged, b"\n\nPackage: y\n"].concat();
        let stanzas = read(&text);
        assert_eq!(stanzas.len(), 3, "{expected}");
        assert_eq!(stanzas[1], Err(expected.to_owned()));
        assert_eq!(stanzas[2].as_ref().unwrap().package, "y");
    };
    check(b"Version: 1", "stanza at line 4 has no `Package`");
    check(b"Package: a\nrubbish", "stanza of `a` at line 4 is damaged: line 5 is not `Field: value`");
    check(b"Package: a\nVersion: \xff", "stanza of `a` at line 4 is damaged: line 5 is not UTF-8");
    check(
        b"Package: a\nVersion: 1\nVersion: 1",
        "stanza of `a` at line 4 is damaged: line 6 repeats a field",
    );
    check(b"Package: a\n b", "stanza of `a` at line 4 is damaged: line 5 continues a field of one line");
    let long = format!("Package: a\nVersion: {}", "1".repeat(MAX_LINE));
    check(long.as_bytes(), "stanza of `a` at line 4 is damaged: line 5 is longer than 64 KiB");
}

#[test]
fn what_is_not_needed_may_be_of_any_length_and_bytes() {
    let long = "x".repeat(2 * MAX_LINE);
    let text = [b"Package: a\nDescription: \xff\n .\n ", long.as_bytes(), b"\nMaintainer: \xfe\n"].concat();
    let stanzas = read(&text);
    assert_eq!(stanzas.len(), 1);
    assert_eq!(stanzas[0].as_ref().map(|stanza| stanza.package.as_str()), Ok("a"));
}

#[test]
fn line_ends_field_case_and_a_missing_last_line_end_do_not_matter() {
    for text in [
        "Package: a\nVersion: 1",
        "package:A\r\nVERSION:\t1 \r\n\r\n",
        "\n \nPackage: a\nVersion: 1\n\t\n\n",
        "Package : a\nVersion: 0:1\n",
        "\u{feff}Package: a\nVersion: 1\n",
    ] {
        let stanzas = read(text.as_bytes());
        assert_eq!(stanzas.len(), 1, "{text:?}");
        let stanza = stanzas[0].as_ref().unwrap();
        assert_eq!((stanza.package.as_str(), stanza.version.as_str()), ("a", "1"), "{text:?}");
    }
}

#[test]
fn a_line_of_spaces_ends_no_stanza_but_where_the_next_one_begins() {
    let versions = |text: &str| {
        let stanzas =
            read(text.as_bytes()).into_iter().map(|stanza| stanza.map(|it| (it.package, it.version)));
        stanzas.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let one = |name: &str, version: &str| (name.to_owned(), version.to_owned());
    assert_eq!(versions("Package: a\nDescription: x\n \nVersion: 1\n"), [one("a", "1")]);
    assert_eq!(
        versions("Package: a\nVersion: 1\n \nPackage: b\nVersion: 2\n"),
        [one("a", "1"), one("b", "2")]
    );
    assert_eq!(
        versions("Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\nVersion: 2\r\n"),
        [one("a", "1"), one("b", "2")]
    );
}

#[test]
fn fields_that_may_go_on_do() {
    let text =
        "Package: a\nStatus: install\n ok\n installed\nVersion: 1\nSource: b\n (2)\nMaintainer: x\n y\n";
    let stanzas = read(text.as_bytes());
    let stanza = stanzas[0].as_ref().unwrap();
    assert_eq!(stanza.state(), Ok(State::Unpacked));
    assert_eq!(stanza.source(), ("b".to_owned(), "2".to_owned()));
}

#[test]
fn an_epoch_is_written_as_dpkg_writes_it() {
    let check = |version: &str, expected: &str| assert_eq!(without_zero_epoch(version.to_owned()), expected);
    check("1.0-1", "1.0-1");
    check("1:1.0", "1:1.0");
    check("0:1.0", "1.0");
    check("00:1.0", "1.0");
    check("01:1.0", "1:1.0");
    check("0:1:0", "0:1:0");
    check("0x:1", "0x:1");
}

/// A status file in dpkg's own order of fields.
fn write(stanzas: &[Stanza]) -> String {
    let mut text = String::new();
    for stanza in stanzas {
        let fields = [
            ("Package", &stanza.package),
            ("Status", &stanza.status),
            ("Architecture", &stanza.architecture),
            ("Source", &stanza.source_field),
            ("Version", &stanza.version),
        ];
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            writeln!(text, "{name}: {value}").unwrap();
        }
        text.push_str("Conffiles:\n /etc/a 0123\nDescription: one line\n and more\n .\n of it\n\n");
    }
    text
}

fn stanzas() -> impl Strategy<Value = Vec<Stanza>> {
    let stanza = (
        "[a-z0-9][a-z0-9+.-]{1,12}",
        "install ok (installed|unpacked)|deinstall ok config-files",
        "([1-9]:)?[0-9][0-9a-z.+~-]{0,12}",
        "(amd64|all|arm64)?",
        "([a-z]{1,8}( \\([0-9.]{1,8}\\))?)?",
    )
        .prop_map(|(package, status, version, architecture, source_field)| Stanza {
            package,
            status,
            version,
            architecture,
            source_field,
            ..Stanza::default()
        });
    prop::collection::vec(stanza, 0..6)
}

proptest! {
    #[test]
    fn what_was_written_is_read(stanzas in stanzas()) {
        let read: Result<Vec<_>, _> = read(write(&stanzas).as_bytes())
            .into_iter()
            .map(|stanza| stanza.map(|stanza| Stanza { line: 0, ..stanza }))
            .collect();
        prop_assert_eq!(read, Ok(stanzas));
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }

    #[test]
    fn no_lines_are_too_odd_to_be_read(text in "((Package|Status|Version|Source)?:? ?[a-z()]{0,4}[ \r]?\n?){0,30}") {
        for stanza in read(text.as_bytes()).into_iter().flatten() {
            prop_assert!(!stanza.package.is_empty());
            let _outcome = (stanza.state(), stanza.source());
        }
    }
}
