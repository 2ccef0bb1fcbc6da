//! Real databases of the corpus.

use std::path::PathBuf;
use std::process::Command;

use crate::judge::{Place, check_as, rpm, run};

/// Puts the headers of a database of NDB into one of SQLite, which rpm reads everywhere: 20 lines that share nothing
/// with the reader.
const CONVERT: &str = r#"
import sqlite3, struct, sys
data = open(sys.argv[1], "rb").read()
pages, = struct.unpack_from("<I", data, 12)
database = sqlite3.connect(sys.argv[2])
for at in range(32, pages * 4096, 16):
    magic, package, block, _ = struct.unpack_from("<4sIII", data, at)
    assert magic == b"Slot"
    if block:
        head, own, _, length = struct.unpack_from("<4sIII", data, block * 16)
        assert head == b"BlbS" and own == package
        blob = data[block * 16 + 16 : block * 16 + 16 + length]
        database.execute("INSERT INTO Packages VALUES (?, ?)", (package, blob))
database.commit()
"#;

/// A file of the corpus.
fn corpus(path: &str) -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let path = std::env::var_os("LIMPID_CORPUS").map_or_else(beside, PathBuf::from).join(path);
    assert!(path.exists(), "there is no `{}` (`LIMPID_CORPUS` names another place)", path.display());
    path
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn a_database_of_sqlite_is_read_as_rpm_reads_it() {
    let place = Place::new("sqlite");
    let folder = place.folder("database");
    let file = corpus("images/rpmdb/cbl-mariner-2.0-rpmdb.sqlite.zst");
    run(Command::new("zstd").arg("-dq").arg(file).arg("-o").arg(folder.join("rpmdb.sqlite")));
    assert_eq!(check_as(&folder, rpm(&folder)), 129);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn a_database_of_berkeley_db_is_read_as_rpm_reads_it() {
    let place = Place::new("berkeley-db");
    let folder = place.folder("database");
    let file = corpus("images/rpmdb/rhel8-2019-var-lib-rpm-bdb.tar.xz");
    run(Command::new("tar").arg("-xJf").arg(file).arg("--strip-components=4").arg("-C").arg(&folder));
    let mut by = rpm(&folder);
    by.args(["--define", "_db_backend bdb_ro"]);
    assert_eq!(check_as(&folder, by), 99);
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn a_database_of_ndb_is_read_as_rpm_reads_its_headers() {
    let place = Place::new("ndb");
    let (folder, other) = (place.folder("database"), place.folder("converted"));
    let file = corpus("images/rpmdb/sle15-bci-Packages.db.zst");
    run(Command::new("zstd").arg("-dq").arg(file).arg("-o").arg(folder.join("Packages.db")));
    run(rpm(&other).arg("--initdb"));
    let mut convert = Command::new("python3");
    run(convert.args(["-c", CONVERT]).arg(folder.join("Packages.db")).arg(other.join("rpmdb.sqlite")));
    assert_eq!(check_as(&folder, rpm(&other)), 35);
}
