//! The extracts of the corpus.

use std::io::Write as _;
use std::process::{Command, Stdio};

use limpid_plugin_sdk::feed::Feed as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::BellSoft;

/// The members of a zip together, as another program inflates them.
fn inflated(zip: &[u8]) -> Vec<u8> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(zip).unwrap();
    let program = Command::new("python3")
        .args(["-c", "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nsys.stdout.buffer.write(b''.join(z.read(n) for n in z.namelist()))"])
        .arg(file.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(program.status.success());
    program.stdout
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_extracts_is_lost() {
    for (name, affected) in [("alpaquita", 1), ("hardened-containers", 4)] {
        let zip =
            limpid_test_corpus::extract(&format!("bellsoft/{name}/osv/testdata/fixtures/happy/all.zip"));
        let mut sink = Collected::default();
        let record = inflated(&zip);
        BellSoft::parse("records", &mut InMemory::new([("BELL-CVE-2025-1.json", record)]), &mut sink)
            .unwrap();
        assert_eq!((sink.advisories.len(), sink.rejected.as_slice()), (1, &[][..]), "{name}");
        let stated: Vec<_> = sink.advisories[0].affected.iter().map(|it| it.namespace.as_str()).collect();
        assert_eq!(stated.len(), affected, "{name}: {stated:?}");
    }
}
