use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use limpid_executable::testing::{Access, Form, Part};
use limpid_plugin_sdk::detector::Evidence;
use proptest::prelude::*;

use super::*;

pub(crate) const BILL: &str = r#"{
    "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
    "components": [
        {"type": "library", "group": "io.netty", "name": "netty-codec-http2", "version": "4.1.76.Final",
         "purl": "pkg:maven/io.netty/netty-codec-http2@4.1.76.Final", "properties": [{"name": "a", "value": "b"}]},
        {"type": "library", "name": "lonely", "version": "1.0"},
        {"type": "library", "group": "org.example", "name": "outer", "version": "2.0",
         "components": [{"group": "org.example", "name": "inner", "version": "3.0"}]},
        {"type": "library", "name": "java.base", "version": "25", "purl": "pkg:generic/java.base@25"}
    ]
}"#;

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A table of symbols with these names and values, and the names.
fn table(symbols: &[(&str, u64)]) -> (Vec<u8>, Vec<u8>) {
    let (mut table, mut names) = (vec![0; 24], vec![0]);
    for (name, value) in symbols {
        table.extend((names.len() as u32).to_le_bytes());
        table.extend([0x11, 0, 1, 0]);
        table.extend(value.to_le_bytes());
        table.extend(8_u64.to_le_bytes());
        names.extend(name.bytes());
        names.push(0);
    }
    (table, names)
}

const DATA: u64 = 0x1000;

/// A program with these symbols and this data, which begins with a length.
fn program(sections: (&str, &str), symbols: &[(&str, u64)], length: u64, bill: &[u8]) -> Vec<u8> {
    let (table, names) = table(symbols);
    let data = [&length.to_le_bytes()[..], bill].concat();
    Form::Elf64.executable(&[
        Part::new(sections.0, 0, Access::None, table),
        Part::new(sections.1, 0, Access::None, names),
        Part::new(".data", DATA, Access::Write, data),
    ])
}

const SYMBOLS: [(&str, u64); 4] =
    [("sbom_length_of_another", 1), ("graal_create_isolate", 2), ("sbom_length", DATA), ("sbom", DATA + 8)];

fn found(bytes: Vec<u8>) -> (Vec<String>, Vec<String>) {
    let report = GraalVm::detect(&[File::in_memory("usr/bin/app", bytes)]).unwrap();
    let packages = report.packages().map(|package| format!("{} {}", package.name, package.purl)).collect();
    (packages, report.unread.iter().map(|unread| unread.error.to_string()).collect())
}

pub(crate) const EXPECTED: [&str; 4] = [
    "lonely pkg:maven/lonely@1.0",
    "io.netty:netty-codec-http2 pkg:maven/io.netty/netty-codec-http2@4.1.76.Final",
    "org.example:inner pkg:maven/org.example/inner@3.0",
    "org.example:outer pkg:maven/org.example/outer@2.0",
];

#[test]
fn the_bill_of_materials_is_where_the_symbols_say() {
    let bill = gzip(BILL);
    for sections in [(".dynsym", ".dynstr"), (".symtab", ".strtab")] {
        let (packages, unread) = found(program(sections, &SYMBOLS, bill.len() as u64, &bill));
        assert_eq!((packages.as_slice(), unread.len()), (&EXPECTED.map(str::to_owned)[..], 0));
    }
    let file = File::in_memory("a", program((".dynsym", ".dynstr"), &SYMBOLS, bill.len() as u64, &bill));
    let report = GraalVm::detect(&[file]).unwrap();
    assert!(
        report.packages().all(|package| package.evidence == Evidence::Installed && package.scheme == "maven")
    );
}

#[test]
fn programs_of_all_systems_are_read() {
    let bill = gzip(BILL);
    let data = [&(bill.len() as u64).to_le_bytes()[..], &bill].concat();
    let parts = [Part::new(".data", DATA, Access::Write, data)];
    let symbols = [("graal_create_isolate", 2), ("sbom", DATA + 8), ("sbom_length", DATA)];
    for form in [Form::Elf64, Form::Pe64, Form::MachO64] {
        let (packages, unread) = found(form.exporting(&parts, 0x9_0000, &symbols));
        assert_eq!((packages.as_slice(), unread.len()), (&EXPECTED.map(str::to_owned)[..], 0), "{form:?}");
    }
    let macho = Form::MachO64.exporting(&parts, 0x9_0000, &symbols);
    let (packages, unread) = found(limpid_executable::testing::fat(&[macho]));
    assert_eq!((packages.as_slice(), unread.len()), (&EXPECTED.map(str::to_owned)[..], 0));
    for magic in PROGRAMS {
        assert!(GraalVm::claims().iter().any(|claim| format!("{claim:?}").contains(&format!("{magic:?}"))));
    }
}

#[test]
fn a_program_without_the_symbols_states_nothing() {
    let bill = gzip(BILL);
    for symbols in [&SYMBOLS[..3], &SYMBOLS[..2], &[], &[("sbom", 0), ("sbom_length", 0)]] {
        let bytes = program((".dynsym", ".dynstr"), symbols, bill.len() as u64, &bill);
        assert_eq!(found(bytes), (Vec::new(), Vec::new()), "{symbols:?}");
    }
    let text = Form::Elf64.executable(&[Part::new(".rodata", DATA, Access::Read, *b"sbom\0sbom_length\0")]);
    assert_eq!(found(text), (Vec::new(), Vec::new()));
    let small = Form::Elf32.executable(&[Part::new(".dynsym", 0, Access::None, *b"sbom_length")]);
    assert_eq!(found(small), (Vec::new(), Vec::new()));
}

#[test]
fn what_cannot_be_read_says_why() {
    let sections = (".dynsym", ".dynstr");
    let why = |length: u64, bill: &[u8]| found(program(sections, &SYMBOLS, length, bill)).1.concat();
    let bill = gzip(BILL);
    assert_eq!(
        why(u64::MAX, &bill),
        format!(
            "unsupported: the bill of materials has {} bytes, over this plugin's limit of 16777216",
            u64::MAX
        )
    );
    assert_eq!(why(1 << 20, &bill), "malformed: symbol `sbom` is outside of what is loaded");
    assert!(why(20, &bill).starts_with("malformed: the bill of materials cannot be read: "));
    assert!(why(4, b"text").starts_with("malformed: the bill of materials cannot be read: "));
    let other = gzip(r#"{"bomFormat": "SPDX"}"#);
    assert_eq!(why(other.len() as u64, &other), "unsupported: a bill of materials of format `SPDX`");
    let far = [("sbom", DATA + 8), ("sbom_length", 0x9999_9999)];
    let outside = found(program(sections, &far, 1, &bill)).1.concat();
    assert_eq!(outside, "malformed: symbol `sbom_length` is outside of what is loaded");
    let bomb = gzip(&" ".repeat(MAX_INFLATED as usize + 1));
    let over = "unsupported: the bill of materials has more bytes than this plugin's limit of 33554432";
    assert_eq!(why(bomb.len() as u64, &bomb), over);
}

#[test]
fn a_component_without_a_version_costs_no_other() {
    let bill = gzip(
        r#"{"bomFormat": "CycloneDX", "components": [{"name": "a"}, {"name": "b", "version": "1"}, {"version": "2"}]}"#,
    );
    let (packages, unread) = found(program((".dynsym", ".dynstr"), &SYMBOLS, bill.len() as u64, &bill));
    assert_eq!(packages, ["b pkg:maven/b@1"]);
    let reasons = ["", "a"].map(|name| format!("malformed: component `{name}` has no name and version"));
    assert_eq!(unread, reasons);
}

proptest! {
    #[test]
    fn no_damage_is_too_odd_to_be_read(changes in prop::collection::vec((0_usize..2000, any::<u8>()), 1..6), cut in 0_usize..300) {
        let bill = gzip(BILL);
        let mut bytes = program((".dynsym", ".dynstr"), &SYMBOLS, bill.len() as u64, &bill);
        for (at, byte) in changes {
            if let Some(changed) = bytes.get_mut(at) {
                *changed = byte;
            }
        }
        bytes.truncate(bytes.len() - cut);
        for package in found(bytes).0 {
            prop_assert!(package.contains("pkg:maven/"));
        }
    }
}
