//! The reader against [`by_reader`](super::by_reader): what both give of the same document, sound or broken.

use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::testing::Collected;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::by_reader;

/// Gives so many bytes at a time.
struct Chunks<'a>(&'a [u8], usize);

impl Read for Chunks<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(out.len());
        self.0.read(&mut out[..count])
    }
}

/// Reads a document in both ways, in chunks of so many bytes where that matters.
#[track_caller]
fn check(document: &[u8], chunk: usize) {
    let mut sink = Collected::default();
    let result = crate::read(&super::DEBIAN, Chunks(document, chunk), &mut sink);
    let (expected, expected_sink) = by_reader::read(document);
    let shown = String::from_utf8_lossy(document);
    let expected = match (expected, expected_sink.advisories.len(), expected_sink.rejected.len()) {
        (Ok(()), 0, 0) => Err(Error::malformed("the document is JSON, but names no vulnerability")),
        (Ok(()), 0, rejected) => {
            let why = format!("none of the document's {rejected} records could be used");
            Err(Error::malformed(why))
        }
        (result, ..) => result,
    };
    assert_eq!(result, expected, "in chunks of {chunk}: {shown}");
    assert_eq!(sink, expected_sink, "in chunks of {chunk}: {shown}");
}

/// Strings, of which some are none.
const TEXTS: &[&str] = &[
    r#""""#,
    r#""open""#,
    r#""resolved""#,
    r#""undetermined""#,
    r#""0""#,
    r#""1.2-3""#,
    r#""1\u002e2-3+deb12u1""#,
    r#""low**""#,
    r#""sid""#,
    r#""CVE-2023-29383""#,
    r#""\u0043VE-1""#,
    r#""tar""#,
    r#""a\"}b\\""#,
    r#""\ud83d\ude00 ä {[""#,
    r#""\ud800""#,
    r#""\x""#,
    "\"a\nb\"",
    "\"open",
];

/// Other values, and what is none.
const ODD: &[&str] = &[
    "null",
    "true",
    "7",
    "-0.5e3",
    "1e999",
    "01",
    "-",
    "[]",
    "[1, [\"]\"], {}]",
    "{}",
    "nul",
    "oops",
    "[1}",
    "[1,]",
    "{\"a\"}",
    "{\"a\":1,}",
    "\u{fffd}",
];

const FIELDS: &[&str] = &[
    r#""status""#,
    r#""fixed_version""#,
    r#""urgency""#,
    r#""nodsa""#,
    r#""nodsa_reason""#,
    r#""repositories""#,
    r#""scope""#,
    r#""st\u0061tus""#,
];

const BLANKS: &[&str] = &["", "", "", " ", "\n", "\r\n\t ", "\n\n"];

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(TEXTS), 1 => select(ODD)].prop_map(str::to_owned)
}

/// An object of these members, with blanks between its parts.
fn object<V: Strategy<Value = String>>(
    keys: &'static [&'static str],
    value: V,
    most: usize,
) -> impl Strategy<Value = String> {
    vec((select(keys), value, select(BLANKS), select(BLANKS)), 0..most).prop_map(|members| {
        let members: Vec<_> = members
            .into_iter()
            .map(|(key, value, before, after)| format!("{before}{key}{after}:{before}{value}{after}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn release() -> impl Strategy<Value = String> {
    let open = Just(r#"{"status": "open", "repositories": {"a": "1.0-1", "b": "1.1"}}"#.to_owned());
    let resolved = Just(r#"{"status":"resolved","fixed_version":"1.2-3","urgency":"high"}"#.to_owned());
    let archives = object(&[r#""a""#, r#""b""#], any_value(), 3);
    let any = object(FIELDS, prop_oneof![3 => any_value(), 1 => archives], 5);
    prop_oneof![3 => open, 3 => resolved, 1 => any, 1 => any_value()]
}

fn entry() -> impl Strategy<Value = String> {
    let releases = || object(&[r#""sid""#, r#""bookworm""#, r#""\u0073id""#, r#""""#], release(), 4);
    let odd = object(
        &[r#""releases""#, r#""description""#, r#""debianbug""#, r#""scope""#],
        prop_oneof![any_value(), releases()],
        4,
    );
    let usual = (select(TEXTS), releases()).prop_map(|(text, releases)| {
        format!(r#"{{"description": {text}, "debianbug": 7, "releases": {releases}}}"#)
    });
    let plain = releases().prop_map(|releases| format!(r#"{{"releases":{releases}}}"#));
    prop_oneof![3 => plain, 2 => usual, 1 => odd, 1 => any_value()]
}

/// Documents like the tracker's, more or less.
fn document() -> impl Strategy<Value = String> {
    const IDS: &[&str] = &[r#""CVE-2023-29383""#, r#""CVE-1""#, r#""TEMP-1\u002d2""#, r#""CVE 2""#, r#""""#];
    const PACKAGES: &[&str] = &[r#""tar""#, r#""shadow""#, r#""t\u0061r""#, r#""\n""#];
    let package = prop_oneof![8 => object(IDS, entry(), 4).boxed(), 1 => any_value().boxed()];
    (select(BLANKS), object(PACKAGES, package, 4), select(BLANKS))
        .prop_map(|(before, document, after)| format!("{before}{document}{after}"))
}

/// What is done to a document.
#[derive(Clone, Debug)]
enum Damage {
    CutOff(usize),
    Replaced(usize, u8),
    Added(usize, &'static str),
    Removed(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let bytes = prop_oneof![select(&b"{}[]:,\"\\ \n0-te\xff\x00"[..]), any::<u8>()];
    let parts = prop_oneof![select(TEXTS), select(ODD), select(&["{", "}", "[", "]", ",", ":", "\\"][..])];
    prop_oneof![
        any::<usize>().prop_map(Damage::CutOff),
        (any::<usize>(), bytes).prop_map(|(at, byte)| Damage::Replaced(at, byte)),
        (any::<usize>(), parts).prop_map(|(at, part)| Damage::Added(at, part)),
        (any::<usize>(), 1_usize..4).prop_map(|(at, count)| Damage::Removed(at, count)),
    ]
}

/// `document` with such damage behind its first bracket: what else it may be is told before it is read.
fn damaged(document: &str, damage: &Damage) -> Vec<u8> {
    let mut bytes = document.as_bytes().to_vec();
    let first = document.find('{').unwrap() + 1;
    let place = |at: usize| first + at % (bytes.len() - first + 1);
    match *damage {
        Damage::CutOff(at) => bytes.truncate(place(at)),
        Damage::Replaced(at, byte) => {
            let at = place(at).min(bytes.len() - 1);
            bytes[at] = byte;
        }
        Damage::Added(at, part) => {
            let at = place(at);
            bytes.splice(at..at, part.bytes());
        }
        Damage::Removed(at, count) => {
            let at = place(at);
            bytes.drain(at..(at + count).min(bytes.len()));
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn documents_are_read_as_a_reader_of_json_reads_them(document in document(), chunk in 1_usize..200) {
        check(document.as_bytes(), chunk);
    }

    #[test]
    fn damage_is_found_where_a_reader_of_json_finds_it(
        document in document(),
        damage in damage(),
        chunk in 1_usize..200,
    ) {
        check(&damaged(&document, &damage), chunk);
    }
}

#[test]
fn no_place_is_one_at_which_a_chunk_must_not_end() {
    let document = r#" {"tar": {"CVE-1": {"description": "a\"}\\ä\u00e4", "releases": {"sid": {"status": "open"}}},
        "CVE-2": [1, "]"], "CVE-3": -1.5e3, "CVE-4": {"releases": {"sid": {}, "b": {"status": "open"}}}},
        "odd": -17 , "odder": "\n", "oddest": [[{}], null]} "#;
    for chunk in 1..document.len() {
        check(document.as_bytes(), chunk);
        check(&document.as_bytes()[..chunk], chunk);
        check(&document.as_bytes()[..chunk], 1);
    }
}

#[test]
fn an_escape_that_goes_on_behind_its_string_is_named_as_a_reader_of_json_names_it() {
    let document = r#"{"tar": {"CVE-1": "\u""d800"}}"#;
    for chunk in 1..=document.len() {
        check(document.as_bytes(), chunk);
    }
}

#[test]
fn what_is_no_object_is_named_as_a_reader_of_json_names_it() {
    for document in [
        "[1]",
        "\n\"open\" ",
        " 7 ",
        "-",
        "1e999",
        "nul",
        "true",
        "{\"tar\": {}} {}",
        "\"\\",
        "[",
        "\u{feff}{}",
    ] {
        check(document.as_bytes(), 1);
        check(document.as_bytes(), 100);
    }
}
