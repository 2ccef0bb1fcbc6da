use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use limpid_executable::testing::{Access, Form, Part, fat};
use limpid_plugin_sdk::detector::{Evidence, Requirement, Scope};
use proptest::prelude::*;

use super::*;

const LIST: &str = r#"{"packages":[
    {"name":"app","version":"0.1.0","source":"local","dependencies":[1,2],"root":true},
    {"name":"itoa","version":"1.0.9","source":"crates.io"},
    {"name":"cc","version":"1.0.83","source":"crates.io","kind":"build"},
    {"name":"fork","version":"2.0.0-rc.1","source":"git","kind":"runtime"},
    {"name":"own","version":"3.0.0","source":"registry"},
    {"name":"new","version":"4.0.0","source":"ipfs"},
    {"name":"beside","version":"0.2.0","source":"local"}],"format":1}"#;

const CRATES: [&str; 6] =
    ["app 0.1.0", "beside 0.2.0", "fork 2.0.0-rc.1", "itoa 1.0.9", "new 4.0.0", "own 3.0.0"];

fn compressed(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn executable(form: Form, section: impl Into<Vec<u8>>) -> Vec<u8> {
    form.executable(&[
        Part::new(".text", 0x1000, Access::Read, *b"code"),
        Part::new(".dep-v0", 0x2000, Access::Read, section),
    ])
}

fn detect(path: &str, bytes: impl Into<Vec<u8>>) -> Report {
    Rust::detect(&[File::in_memory(path, bytes)]).unwrap()
}

fn names(report: &Report) -> Vec<String> {
    report.packages().map(|package| format!("{} {}", package.name, package.version)).collect()
}

fn problems(report: &Report) -> Vec<String> {
    report.unread.iter().map(|unread| unread.error.to_string()).collect()
}

#[test]
fn the_list_is_read_in_every_form_of_executable() {
    for form in Form::ALL {
        let report = detect("usr/bin/app", executable(form, compressed(LIST.as_bytes())));
        assert_eq!((names(&report), report.unread), (CRATES.map(str::to_owned).to_vec(), vec![]), "{form:?}");
    }
}

#[test]
fn crates_are_stated_with_where_they_come_from() {
    let report = detect("usr/bin/app", executable(Form::Elf64, compressed(LIST.as_bytes())));
    let stated: Vec<_> = report
        .packages()
        .map(|package| {
            let Scope::Namespace(namespace) = &package.scope else { panic!("{package:?}") };
            assert_eq!((package.scheme.as_str(), package.evidence), (SCHEME, Evidence::Installed));
            let source = package.qualifiers.first().map(|(key, value)| format!("{key}={value}"));
            format!("{} {namespace} {}", package.purl, source.unwrap_or_default())
        })
        .collect();
    assert_eq!(
        stated,
        [
            // What is built itself may be published; what it is made of is where it comes from.
            "pkg:cargo/app@0.1.0 cargo source=local",
            "pkg:cargo/beside@0.2.0 cargo:elsewhere source=local",
            "pkg:cargo/fork@2.0.0-rc.1 cargo:elsewhere source=git",
            "pkg:cargo/itoa@1.0.9 cargo ",
            "pkg:cargo/new@4.0.0 cargo:elsewhere source=ipfs",
            "pkg:cargo/own@3.0.0 cargo:elsewhere source=registry",
        ]
    );
}

/// What packages need, by their names; none of those of which nobody says it.
fn needs(report: &Report) -> Vec<String> {
    let word = |needed: &Requirement| format!("{} {}", needed.name, needed.version.as_deref().unwrap_or("?"));
    let stated = report.packages().filter_map(|package| Some((package, package.requires.as_ref()?)));
    let line = |(package, needed): (&Package, &Vec<Requirement>)| {
        format!("{}: {}", package.name, needed.iter().map(word).collect::<Vec<_>>().join(", "))
    };
    stated.map(line).collect()
}

#[test]
fn a_crate_needs_those_of_its_dependencies_that_are_in_the_executable() {
    let of = |text: &str| needs(&detect("usr/bin/app", executable(Form::Elf64, compressed(text.as_bytes()))));
    let none = ["beside: ", "fork: ", "itoa: ", "new: ", "own: "];
    let expected: Vec<_> = ["app: itoa 1.0.9"].into_iter().chain(none).collect();
    // Of what is only used to build it nothing is there.
    assert_eq!(of(LIST), expected);
    // A place that the list does not have, or that cannot be read, is something that is not known.
    assert_eq!(of(&LIST.replace("[1,2]", "[1,7]")), none);
    assert_eq!(
        of(&LIST.replace("\"version\":\"1.0.9\"", "\"version\":109")),
        ["beside: ", "fork: ", "new: ", "own: "]
    );
}

#[test]
fn executables_of_a_fat_file_that_disagree_do_not_tell_what_is_needed() {
    let other = LIST.replace("[1,2]", "[3]");
    let images = [LIST, &other].map(|list| executable(Form::MachO64, compressed(list.as_bytes())));
    let report = detect("app", fat(&images));
    assert_eq!(names(&report), CRATES);
    assert_eq!(needs(&report), ["beside: ", "fork: ", "itoa: ", "new: ", "own: "]);
}

#[test]
fn a_crate_of_a_lock_file_needs_its_dependencies() {
    let package = |name: &str, version: &str, needs: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{needs}source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n"
        )
    };
    let asks = "dependencies = [\n \"b\",\n \"c 1.0.0\",\n \"c 2.0.0 (registry+https://example.org)\",\n]\n";
    let text = [package("a", "1.0.0", asks), package("b", "1.0.0", ""), package("c", "1.0.0", "")].concat();
    assert_eq!(needs(&detect("Cargo.lock", text)), ["a: b ?, c 1.0.0, c 2.0.0", "b: ", "c: "]);
}

#[test]
fn an_executable_without_the_section_states_nothing() {
    let bytes = Form::Elf64.executable(&[Part::new(".rodata", 0x1000, Access::Read, audit::SECTION)]);
    assert_eq!(detect("usr/bin/reader", bytes), Report::default());
}

#[test]
fn what_the_executables_of_a_fat_file_share_is_stated_once() {
    let other = LIST.replace("1.0.9", "1.0.8");
    let images = [
        executable(Form::MachO64, compressed(LIST.as_bytes())),
        executable(Form::MachO32, compressed(other.as_bytes())),
        executable(Form::MachO32, "damaged"),
    ];
    let report = detect("app", fat(&images));
    let found = names(&report);
    assert_eq!(found.len(), 7);
    assert!(found.contains(&"itoa 1.0.8".to_owned()) && found.contains(&"itoa 1.0.9".to_owned()));
    assert_eq!(
        problems(&report),
        ["malformed: section `.dep-v0` cannot be decompressed: corrupt deflate stream"]
    );
}

#[test]
fn a_list_that_cannot_be_read_is_told_with_the_reason() {
    let check = |section: &[u8], expected: &str| {
        let report = detect("a", executable(Form::Elf64, section));
        assert_eq!((names(&report), problems(&report)), (vec![], vec![expected.to_owned()]));
    };
    let whole = compressed(LIST.as_bytes());
    check(b"odd", "malformed: section `.dep-v0` cannot be decompressed: corrupt deflate stream");
    check(&whole[..20], "malformed: section `.dep-v0` cannot be decompressed: incomplete deflate stream");
    check(&compressed(b"{}"), "malformed: section `.dep-v0`: missing field `packages` at line 1 column 2");
    check(
        &compressed(&vec![b' '; (16 << 20) + 1]),
        "unsupported: section `.dep-v0` holds more than 16777216 bytes, this plugin's limit",
    );
    check(
        &vec![0; (8 << 20) + 1],
        "unsupported: section `.dep-v0` has 8388609 bytes, over this plugin's limit of 8388608",
    );
}

#[test]
fn a_damaged_crate_costs_itself() {
    let list = r#"{"packages":[{"name":"a"},{"name":"","version":"1","source":"git"},{"name":"b","version":"1.0.0",
                   "source":"crates.io","kind":"odd"},7]}"#;
    let report = detect("a", executable(Form::Elf64, compressed(list.as_bytes())));
    assert_eq!(names(&report), ["b 1.0.0"]);
    assert_eq!(
        problems(&report),
        [
            "malformed: crate 0: missing field `version` at line 1 column 12",
            "malformed: crate 1 has no name, version or source, or one that is too long",
            "malformed: crate 3: invalid type: integer `7`, expected struct Listed at line 1 column 1",
        ]
    );
}

/// A crate of crates.io with a checksum, as version 2 has it and all after.
const ITOA: &str = r#"
[[package]]
name = "itoa"
version = "1.0.9"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "af150ab688ff2122fcef229be89cb50dd66af9e01a4ff320cc137eecc9bacc38"
"#;

#[test]
fn lock_files_of_all_versions_declare_their_crates() {
    let app = "[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa\",\n]\n";
    let first = "[root]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa 1.0.9 (registry+https://github.com/rust-lang/crates.io-index)\",\n]\n";
    let sums = "\n[metadata]\n\"checksum itoa 1.0.9 (registry+https://github.com/rust-lang/crates.io-index)\" = \"af15\"\n";
    for text in [
        format!("{first}{ITOA}{sums}"),
        format!("{app}{ITOA}{sums}"),
        format!("# This file is automatically @generated by Cargo.\nversion = 3\n\n{app}{ITOA}"),
        format!("version = 4\n\n{app}{ITOA}\n[[patch.unused]]\nname = \"other\"\nversion = \"1.0.0\"\n"),
    ] {
        let report = detect("app/Cargo.lock", text.clone());
        assert_eq!(report.unread, [], "{text}");
        // What is built itself is not what it is made of.
        assert_eq!(names(&report), ["itoa 1.0.9"], "{text}");
        assert!(report.packages().all(|package| package.evidence == Evidence::Declared));
    }
    for nothing in ["", "# nothing\n", "version = 4\n", "package = []\n", "[metadata]\n"] {
        assert_eq!(detect("app/Cargo.lock", nothing), Report::default(), "{nothing}");
    }
    assert_eq!(detect("app/vendor/itoa/Cargo.lock", ITOA), Report::default());
}

#[test]
fn the_sources_of_a_lock_file_say_whose_advisories_count() {
    let check = |source: &str, purl: &str, kind: Option<&str>| {
        let text = format!(
            "[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"a\"]\n\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\n{source}"
        );
        let report = detect("Cargo.lock", text);
        assert_eq!(names(&report), ["a 1.0.0"], "{source}");
        let package = report.packages().next().unwrap();
        assert_eq!(package.purl, purl);
        assert_eq!(package.qualifiers.first().map(|(_, value)| value.as_str()), kind, "{source}");
        let namespace = if kind.is_some() { "cargo:elsewhere" } else { "cargo" };
        assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{source}");
    };
    check("", "pkg:cargo/a@1.0.0", Some("local"));
    check("source = \"sparse+https://index.crates.io/\"", "pkg:cargo/a@1.0.0", None);
    check(
        "source = \"sparse+https://crates.example.org/index/\"",
        "pkg:cargo/a@1.0.0?repository_url=sparse%2Bhttps:%2F%2Fcrates.example.org%2Findex%2F",
        Some("registry"),
    );
    check(
        "source = \"registry+https://example.org/index\"",
        "pkg:cargo/a@1.0.0?repository_url=https:%2F%2Fexample.org%2Findex",
        Some("registry"),
    );
    check(
        "source = \"git+https://example.org/a?branch=main#0a1b\"",
        "pkg:cargo/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa%400a1b",
        Some("git"),
    );
    check("source = \"git+https://example.org/a\"", "pkg:cargo/a@1.0.0", Some("git"));
    check("source = \"path+file:///src/a\"", "pkg:cargo/a@1.0.0", Some("local"));
    check("source = \"ipfs+abc\"", "pkg:cargo/a@1.0.0", Some("ipfs"));
    check("source = \"odd\"", "pkg:cargo/a@1.0.0", Some("odd"));
}

#[test]
fn what_no_other_crate_asks_for_is_what_is_built() {
    let package = |name: &str, version: &str, dependencies: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [{dependencies}]\n\n"
        )
    };
    let check = |asks: &str, expected: &[&str]| {
        let crates = [package("app", "0.1.0", asks), package("a", "1.0.0", ""), package("a", "2.0.0", "")];
        assert_eq!(names(&detect("Cargo.lock", crates.concat())), expected, "{asks}");
    };
    check("", &[]);
    check("\"a\"", &["a 1.0.0", "a 2.0.0"]);
    check("\"a 2.0.0\"", &["a 2.0.0"]);
    check("\"a 2.0.0 (registry+https://github.com/rust-lang/crates.io-index)\"", &[]);
}

#[test]
fn a_lock_file_that_cannot_be_read_is_told_with_the_reason() {
    let check = |text: &str, expected: &str| {
        let report = detect("Cargo.lock", text);
        assert_eq!((names(&report), problems(&report)), (vec![], vec![expected.to_owned()]), "{text}");
    };
    check("version = 5\n", "unsupported: the lock file is of version 5; versions up to 4 are read");
    check("version = \"x\"\n", "unsupported: the lock file is of version \"x\"; versions up to 4 are read");
    check("[[pkg]]\nname = \"a\"\nversion = \"1.0.0\"\n", "malformed: it has no list `package`, but `pkg`");
    check(
        "version = 4\n\n[dependencies]\na = \"1\"\n",
        "malformed: it has no list `package`, but `dependencies`",
    );
    check("[[package]]\nname = \"a\"\n", "malformed: package 0: missing field `version`");
    check(
        "[[package]]\nname = \"\"\nversion = \"1\"\n",
        "malformed: package 0 has no name or version, or one that is too long",
    );
    let report = detect("Cargo.lock", "version = 3\n<<<<<<< HEAD\n");
    assert!(problems(&report)[0].starts_with("malformed: line 2: "), "{:?}", report.unread);
    let deep = format!("version = {}", "[".repeat(100_000));
    assert_eq!(detect("Cargo.lock", deep).unread.len(), 1);
    let report = detect("Cargo.lock", format!("[[package]]\nversion = 1\n{ITOA}"));
    assert_eq!(names(&report), ["itoa 1.0.9"]);
    assert_eq!(report.unread.len(), 1);
}

proptest! {
    #[test]
    fn no_list_is_too_odd_to_be_read(
        text in "\\{\"packages\":\\[(\\{(\"(name|version|source|kind)\":(\"[a1.]{0,2}\"|[0{}\\[\\]]{1,2}),?){0,4}\\},?){0,3}\\]\\}",
    ) {
        let report = detect("a", executable(Form::Elf64, compressed(text.as_bytes())));
        for package in report.packages() {
            prop_assert!(!package.name.is_empty() && !package.version.is_empty());
        }
    }

    #[test]
    fn no_lock_file_is_too_odd_to_be_read(
        text in "((\\[\\[package\\]\\]|\\[root\\]|(name|version|source) = (\"[a+1.]{0,3}\"|[0-9\\[\\]{}]{1,2}))\n){0,8}",
    ) {
        let report = detect("Cargo.lock", text);
        for package in report.packages() {
            prop_assert!(!package.name.is_empty() && !package.version.is_empty());
        }
    }

    #[test]
    fn no_executable_is_too_odd_to_be_read(
        form in prop::sample::select(Form::ALL.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut bytes = executable(form, compressed(LIST.as_bytes()));
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _report = detect("a", bytes);
    }
}

/// What golden cases are shown. What is compressed there is stored, so that its bytes are the same for ever.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let stored = |text: &str| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"beside\",\n]\n\n\
         [[package]]\nname = \"beside\"\nversion = \"0.2.0\"\n{ITOA}\n[[package]]\nname = \"fork\"\n\
         version = \"2.0.0\"\nsource = \"git+https://example.org/fork?branch=main#0a1b2c\"\n"
    );
    let damaged = LIST.replace("\"version\":\"1.0.9\"", "\"version\":109");
    let program = |section: Vec<u8>| executable(Form::Elf64, section);
    vec![
        ("installed/input/usr/bin/app", program(stored(LIST))),
        ("installed/input/opt/app.exe", executable(Form::Pe64, stored(LIST))),
        (
            "installed/input/usr/bin/reader",
            Form::Elf64.executable(&[Part::new("a", 0, Access::None, audit::SECTION)]),
        ),
        ("lock/input/app/Cargo.lock", lock.clone().into_bytes()),
        ("lock/input/app/vendor/itoa/Cargo.lock", lock.into_bytes()),
        ("damaged/input/usr/bin/app", program(stored(&damaged))),
        ("damaged/input/usr/bin/cut-off", program(stored(LIST)[..60].to_vec())),
        ("damaged/input/srv/newer/Cargo.lock", b"version = 5\n".to_vec()),
        ("damaged/input/srv/other/Cargo.lock", b"[[pkg]]\nname = \"a\"\nversion = \"1.0.0\"\n".to_vec()),
        ("damaged/input/srv/conflict/Cargo.lock", b"version = 4\n<<<<<<< HEAD\n".to_vec()),
        ("damaged/input/srv/part/Cargo.lock", format!("[[package]]\nname = \"a\"\n{ITOA}").into_bytes()),
    ]
}

#[test]
fn golden_cases_are_shown_what_is_made_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for (path, bytes) in inputs() {
        let path = folder.join(path);
        if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(there == bytes, "LIMPID_UPDATE_GOLDEN=1 writes `{}`", path.display());
    }
}
