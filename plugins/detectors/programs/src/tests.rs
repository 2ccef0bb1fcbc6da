use limpid_plugin_sdk::detector::{Detector as _, File, Report};
use limpid_programs::{MAX_VERSIONS, PROGRAMS};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::Programs;

/// What is found in a file of this program.
pub(crate) fn detect(key: &str, path: &str, content: impl Into<Vec<u8>>) -> Report {
    let claim = PROGRAMS.iter().position(|program| program.key == key).unwrap();
    Programs::detect(&[File::in_memory(path, content).matching([claim as u32])]).unwrap()
}

#[test]
fn a_program_is_a_package_that_the_nvd_names() {
    let report = detect("node", "usr/local/bin/node", &b"\x7fELF\0node.js/v22.11.0\0"[..]);
    assert_eq!(report.unread, []);
    let [package] = &report.packages().collect::<Vec<_>>()[..] else { panic!("{report:?}") };
    assert_eq!((package.name.as_str(), package.version.as_str()), ("nodejs:node.js", "22.11.0"));
    assert_eq!(package.purl, "pkg:generic/node@22.11.0");
    let cpe = "cpe:2.3:a:nodejs:node.js:22.11.0:*:*:*:*:*:*:*";
    assert_eq!(package.qualifiers, [("cpe".to_owned(), cpe.to_owned())]);
}

#[test]
fn a_program_whose_version_cannot_be_told_is_unread() {
    let unread = |content: &[u8]| {
        let report = detect("busybox", "bin/busybox", content);
        assert_eq!(report.findings, []);
        report.unread.into_iter().map(|unread| unread.error.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        unread(b"BusyBox vX"),
        ["unsupported: it is of `busybox`, and its version is not where it is known to stand"]
    );
    assert_eq!(
        unread(b"BusyBox v1.35.0 (a) BusyBox v1.36.1 (b)"),
        ["unsupported: it is of `busybox`, and holds the versions `1.35.0`, `1.36.1`"]
    );
}

#[test]
fn a_file_that_no_claim_is_stated_of_is_of_no_program() {
    let report = Programs::detect(&[File::in_memory("bin/busybox", "BusyBox v1.35.0 ()")]).unwrap();
    assert_eq!(report, Report::default());
}

#[test]
fn each_program_is_claimed_by_what_its_files_hold_or_by_a_path_of_its_own() {
    assert!(Programs::claims().len() <= 256, "a detector makes at most so many claims");
    for program in PROGRAMS.iter().filter(|program| program.marks.is_empty()) {
        let has_folder = |path: &str| path.trim_start_matches("**/").contains('/');
        assert!(program.paths.iter().all(|path| has_folder(path)), "{}", program.key);
    }
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(at in 0..PROGRAMS.len(), bytes in vec(any::<u8>(), 0..300)) {
        let report = detect(PROGRAMS[at].key, "a/python3.1", bytes);
        prop_assert!(report.findings.len() + report.unread.len() == 1 && MAX_VERSIONS > 1);
    }
}
