use limpid_plugin_sdk::detector::{Evidence, Fact, Scope};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const PATH: &str = "var/lib/chisel/manifest.wall";

/// What a manifest of these lines states, with a header, and what cannot be read.
fn found(lines: &[&str]) -> (Vec<String>, Vec<String>) {
    let header = format!(r#"{{"jsonwall":"1.0","schema":"1.0","count":{}}}"#, lines.len() + 1);
    let text = [&[header.as_str()], lines].concat().join("\n") + "\n";
    detect(compress_to_vec(text.as_bytes(), CompressionLevel::Fastest))
}

fn detect(content: impl Into<Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let report = Chisel::detect(&[File::in_memory(PATH, content)]).unwrap();
    assert!(report.findings.iter().all(|finding| finding.path == PATH));
    let fact = |finding: &limpid_plugin_sdk::detector::Finding| match &finding.fact {
        Fact::Package(package) => {
            assert_eq!((&package.scope, package.evidence), (&Scope::Distribution, Evidence::Declared));
            format!("{} {} {:?} {}", package.name, package.version, package.arch, package.purl)
        }
        Fact::Ownership(ownership) => format!("{} has {}", ownership.package, ownership.paths.join(" ")),
        fact => panic!("{fact:?}"),
    };
    (
        report.findings.iter().map(fact).collect(),
        report.unread.iter().map(|it| it.error.to_string()).collect(),
    )
}

/// What is said of every manifest with a package.
const SOURCES: &str = "unsupported: of 1 packages, it does not say from which source packages they were built: \
    advisories of sources of other names are not judged";

#[test]
fn packages_are_those_of_the_distribution_and_own_what_their_slices_hold() {
    let (facts, unread) = found(&[
        r#"{"kind":"content","slice":"base-files_var","path":"/run/"}"#,
        r#"{"kind":"content","slice":"hello_bins","path":"/usr/bin/hello"}"#,
        r#"{"kind":"content","slice":"hello_copyright","path":"/usr/share/doc/hello/copyright"}"#,
        r#"{"kind":"content","slice":"libc6_libs","path":"/usr/lib/x86_64-linux-gnu/libc.so.6"}"#,
        r#"{"kind":"package","name":"hello","version":"1:2.10-2ubuntu4","sha256":"7503","arch":"amd64"}"#,
        r#"{"kind":"path","path":"/usr/bin/hello","mode":"0755","slices":["hello_bins"],"sha256":"1d63","size":26856}"#,
        r#"{"kind":"slice","name":"hello_bins"}"#,
        r#"{"kind":"later","name":"x"}"#,
    ]);
    assert_eq!(
        facts,
        [
            "hello has usr/bin/hello usr/share/doc/hello/copyright",
            "libc6 has usr/lib/x86_64-linux-gnu/libc.so.6",
            r#"hello 1:2.10-2ubuntu4 Some("amd64") pkg:deb/hello@1:2.10-2ubuntu4?arch=amd64"#,
        ]
    );
    assert_eq!(unread, [SOURCES]);
}

#[test]
fn a_damaged_line_costs_itself() {
    let long = format!(r#"{{"kind":"path","path":"{}"}}"#, "a".repeat(300 << 10));
    let (facts, unread) = found(&[
        "{",
        r#"{"kind":"package","name":"a"}"#,
        r#"{"kind":"package","name":"a b","version":"1"}"#,
        &long,
        r#"{"kind":"package","name":"a","version":"1"}"#,
    ]);
    assert_eq!(facts, ["a 1 None pkg:deb/a@1"]);
    assert_eq!(
        unread,
        [
            "malformed: line 2: EOF while parsing an object at line 1 column 1",
            "malformed: line 3: a package without name or version",
            "malformed: line 4: a package without name or version",
            "unsupported: line 5 is longer than the limit of 262144 bytes",
            SOURCES,
        ]
    );
}

#[test]
fn what_is_no_manifest_is_told() {
    let why = |text: &str| {
        let (facts, unread) = detect(compress_to_vec(text.as_bytes(), CompressionLevel::Fastest));
        assert_eq!(facts, [""; 0], "{text}");
        unread.join("; ")
    };
    assert_eq!(why(""), "malformed: the manifest is empty");
    assert!(why("{}\n").starts_with("malformed: its first line is no header of a manifest: missing field"));
    assert_eq!(
        why(r#"{"jsonwall":"1.0","schema":"2.0","count":1}"#),
        "unsupported: a manifest of jsonwall `1.0` and schema `2.0`: 1 of both is read"
    );
    assert_eq!(
        why("{\"jsonwall\":\"1.0\",\"schema\":\"1.1\",\"count\":3}\n{\"kind\":\"slice\"}\n"),
        "malformed: it has 2 lines, and says that it has 3"
    );
    assert_eq!(detect("{\"jsonwall\":\"1.0\"}").1, ["malformed: it is not compressed by zstd"]);
    let text = format!(
        "{{\"jsonwall\":\"1.0\",\"schema\":\"1.0\",\"count\":2}}\n{{\"kind\":\"package\",\"name\":\"a\",\"version\":\"{}\"}}\n",
        "1".repeat(500)
    );
    let mut cut = compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
    cut.truncate(cut.len() - 8);
    assert!(detect(cut).1[0].starts_with("malformed: it cannot be decompressed: "));
}

#[test]
fn a_window_that_is_too_large_is_not_allotted() {
    // A frame without a content size, whose window has 64 MiB, and an empty last block.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x80, 0x01, 0x00, 0x00];
    let (facts, unread) = detect(frame);
    assert_eq!((facts.len(), unread.len()), (0, 1));
    assert!(unread[0].contains("indow"), "{unread:?}");
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        detect(bytes);
    }

    #[test]
    fn no_damage_is_too_odd_to_be_read(at in 0usize..120, byte in any::<u8>()) {
        let text = "{\"jsonwall\":\"1.0\",\"schema\":\"1.0\",\"count\":2}\n{\"kind\":\"package\",\"name\":\"a\",\"version\":\"1\"}\n";
        let mut content = compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
        let at = at % content.len();
        content[at] = byte;
        detect(content);
    }

    #[test]
    fn no_wall_is_too_odd_to_be_read(
        lines in prop::collection::vec(r#"\{"kind":"(package|content|x)"(,"(name|version|slice|path)":("[a_/ ]{0,4}"|1)){0,3}\}"#, 0..6),
    ) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let (facts, _) = found(&lines);
        prop_assert!(facts.len() <= lines.len());
    }
}
