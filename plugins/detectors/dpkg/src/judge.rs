//! Generated databases, read by this detector and by dpkg itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use crate::Dpkg;

/// How many databases are read that dpkg does not refuse.
const CASES: u32 = 2000;

/// A file of a database: its path below `var/lib/dpkg`, and its text.
type Content = (String, String);

fn stanza() -> impl Strategy<Value = String> {
    let state = prop_oneof![
        8 => Just("install ok installed"),
        1 => Just("hold  OK\tInstalled"),
        1 => Just("install\n ok installed"),
        1 => Just("install ok unpacked"),
        1 => Just("install reinstreq half-installed"),
        1 => Just("install ok half-configured"),
        2 => Just("deinstall ok config-files"),
        1 => Just("unknown ok not-installed"),
    ];
    let fields = (
        "[abCd]a?",
        state,
        "(0:|00:|1:|02:)?[0-9](\\.[0-9]|~a|\\+b)?(-[1-3])?",
        prop_oneof![6 => Just("amd64"), 2 => Just("i386"), 2 => Just("all"), 1 => Just("")],
        prop::bool::weighted(0.3),
        prop_oneof![Just(""), Just("src"), Just("src (1.0-1)"), Just("src  (2.0) ")],
        any::<[bool; 6]>(),
    );
    fields.prop_map(|(package, status, version, architecture, same, source, odd)| {
        let mut lines = vec![format!("{}: {package}", if odd[0] { "Package" } else { "package" })];
        lines.push(format!("Status:{}{status}", if odd[1] { " " } else { "\t " }));
        if odd[5] {
            // Words, and lines of spaces, that begin nothing.
            lines.push("Description: one\n two\n .\n \n Version: 7".to_owned());
        }
        lines.push(format!("Version: {version}{}", if odd[2] { "" } else { " " }));
        if !architecture.is_empty() || odd[3] {
            lines.push(format!("Architecture: {architecture}"));
        }
        if same && !matches!(architecture, "" | "all") {
            lines.push("Multi-Arch: same".to_owned());
        }
        if !source.is_empty() {
            lines.push(format!("Source: {source}"));
        }
        lines.join("\n") + "\n" + if odd[4] { "\n" } else { "\n\n" }
    })
}

fn database() -> impl Strategy<Value = Vec<Content>> {
    let journal = prop::collection::btree_map(0_u16..300, prop::collection::vec(stanza(), 0..3), 0..4);
    (prop::collection::vec(stanza(), 0..6), journal, any::<bool>()).prop_map(|(status, journal, partial)| {
        let mut files = vec![("status".to_owned(), status.concat())];
        files.extend(journal.iter().map(|(number, text)| (format!("updates/{number:04}"), text.concat())));
        if partial {
            files.push(("updates/tmp.i".to_owned(), "#padded\n".to_owned()));
        }
        files
    })
}

/// What dpkg lists, or none where it refuses the database.
fn by_dpkg(folder: &Path, files: &[Content]) -> Option<Vec<String>> {
    let _earlier = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("updates")).unwrap();
    fs::create_dir_all(folder.join("info")).unwrap();
    for (path, text) in files {
        fs::write(folder.join(path), text).unwrap();
    }
    let format =
        "${db:Status-Status}|${Package}|${Version}|${Architecture}|${source:Package}|${source:Version}\\n";
    let output = Command::new("dpkg-query")
        .arg(format!("--admindir={}", folder.display()))
        .args(["-W", "-f", format])
        .env("LC_ALL", "C")
        .output()
        .expect("dpkg-query cannot be run: it is in Debian's package `dpkg`");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut rows: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once('|'))
        .filter(|(state, _)| !matches!(*state, "not-installed" | "config-files"))
        .map(|(_, row)| row.to_owned())
        .collect();
    rows.sort();
    output.status.success().then_some(rows)
}

fn by_detector(files: &[Content]) -> Vec<String> {
    let mut files: Vec<_> = files
        .iter()
        .map(|(path, text)| File::in_memory(format!("var/lib/dpkg/{path}"), text.as_str()))
        .collect();
    files.sort_by(|left, right| left.path().cmp(right.path()));
    let report = Dpkg::detect(&files).unwrap();
    assert_eq!(report.unread, []);
    let row = |package: &limpid_plugin_sdk::detector::Package| {
        let source = package.source.as_ref().unwrap();
        let architecture = package.arch.as_deref().unwrap_or_default();
        [&package.name, &package.version, architecture, &source.name, &source.version].join("|")
    };
    let mut rows: Vec<_> = report.packages().map(row).collect();
    rows.sort();
    rows
}

#[test]
#[ignore = "starts dpkg-query some thousand times; `cargo xtask verify detectors` runs it"]
fn what_dpkg_lists_is_what_is_found() {
    let folder = std::env::temp_dir().join(format!("limpid-dpkg-{}", std::process::id()));
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRunner::deterministic().new_rng());
    let (mut read, mut refused, mut packages) = (0, 0, 0);
    while read < CASES {
        let files = database().new_tree(&mut runner).unwrap().current();
        match by_dpkg(&folder, &files) {
            Some(expected) => {
                assert_eq!(by_detector(&files), expected, "{files:#?}");
                read += 1;
                packages += expected.len();
            }
            None => refused += 1,
        }
        assert!(refused < 4 * CASES, "dpkg refuses most databases");
    }
    let _ = fs::remove_dir_all(&folder);
    println!("{read} databases with {packages} packages are read as dpkg reads them, {refused} it refuses");
}
