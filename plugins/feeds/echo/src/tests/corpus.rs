//! The extracts of the corpus.

use std::io::Write as _;
use std::process::{Command, Stdio};

use limpid_plugin_sdk::feed::{Feed as _, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Echo;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_list_is_lost() {
    let document = limpid_test_corpus::extract("echo/data/testdata/fixtures/happy/data.json");
    let mut sink = Collected::default();
    Echo::parse("data", &mut InMemory::new([("data.json", document)]), &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    let stated: Vec<_> = sink
        .advisories
        .iter()
        .map(|it| (it.affected[0].name.as_str(), it.id.as_str(), it.affected[0].status))
        .collect();
    let expected = [
        ("firefox", "CVE-2025-4091", Status::Affected),
        ("firefox-esr", "CVE-2025-4084", Status::NotAffected),
        ("firefox-esr", "CVE-2025-4091", Status::Affected),
        ("linux", "TEMP-0000000-F7A20F", Status::NotAffected),
    ];
    assert_eq!(stated, expected);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn the_record_is_read_and_left_to_the_list() {
    let zip = limpid_test_corpus::extract("echo/osv/testdata/fixtures/happy/all.zip");
    let mut sink = Collected::default();
    let mut documents = InMemory::new([("all/ECHO-0a7a-0942-b7cc.json", inflated(&zip))]);
    Echo::parse("osv", &mut documents, &mut sink).unwrap();
    assert_eq!((sink.advisories.as_slice(), sink.rejected.as_slice()), (&[][..], &[][..]));
}

/// The one member of a zip, as another program inflates it.
fn inflated(zip: &[u8]) -> Vec<u8> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(zip).unwrap();
    let inflate = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nsys.stdout.buffer.write(z.read(z.namelist()[0]))";
    let program = Command::new("python3")
        .args(["-c", inflate])
        .arg(file.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(program.status.success());
    program.stdout
}
