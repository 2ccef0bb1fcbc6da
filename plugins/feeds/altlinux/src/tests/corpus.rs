//! The extracts of the corpus.

use std::io::Write as _;
use std::process::{Command, Stdio};

use limpid_plugin_sdk::feed::{Feed as _, Range, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::AltLinux;

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn the_list_names_branches() {
    let list = limpid_test_corpus::extract("alt/oval/testdata/fixtures/happy/branches.json");
    let mut sink = Collected::default();
    AltLinux::parse("branches", &mut InMemory::new([("branches", list)]), &mut sink).unwrap();
    let address = |branch| format!("https://rdb.altlinux.org/api/errata/export/oval/{branch}");
    let expected = ["p10", "p9"].map(|branch| Source::whole(branch, address(branch)));
    assert_eq!(sink.followed, expected);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_errata_is_lost() {
    for branch in ["p9", "p10"] {
        let path = format!("alt/oval/testdata/fixtures/happy/oval_definitions_{branch}.zip");
        let erratum = inflated(&limpid_test_corpus::extract(&path));
        let mut sink = Collected::default();
        let name = format!("oval_definitions_{branch}/ALT-PU-2013-1002.xml");
        AltLinux::parse(branch, &mut InMemory::new([(name, erratum)]), &mut sink).unwrap();
        assert_eq!((sink.advisories.len(), sink.rejected.as_slice()), (1, &[][..]), "{branch}");
        let advisory = &sink.advisories[0];
        assert_eq!(advisory.aliases, ["CVE-2013-2111", "BDU:2015-00047"]);
        let stated: Vec<_> = advisory
            .affected
            .iter()
            .map(|it| (it.namespace.clone(), it.name.as_str(), &it.ranges[..]))
            .collect();
        let range = [Range::before("0:2.2.6-alt1")];
        let expected =
            ["dovecot", "dovecot-devel"].map(|name| (format!("altlinux:{branch}"), name, &range[..]));
        assert_eq!(stated, expected);
    }
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
