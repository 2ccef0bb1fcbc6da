use std::fs;
use std::path::Path;

use limpid_plugin_sdk::detector::{Detector as _, File, Report};

use crate::Rpm;

/// A file of a golden case.
fn content(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)).unwrap()
}

fn sqlite() -> Vec<u8> {
    content("sqlite/input/var/lib/rpm/rpmdb.sqlite")
}

fn detect(files: &[(&str, Vec<u8>)]) -> Report {
    let files: Vec<_> = files.iter().map(|(path, bytes)| File::in_memory(*path, bytes.clone())).collect();
    Rpm::detect(&files).unwrap()
}

/// Which files state packages, and what is unread of which.
fn stated(report: &Report) -> (Vec<(&str, usize)>, Vec<String>) {
    let mut counts = std::collections::BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.path.as_str()).or_insert(0) +=
            usize::from(matches!(finding.fact, limpid_plugin_sdk::detector::Fact::Package(_)));
    }
    let unread = report.unread.iter().map(|unread| format!("{}: {}", unread.path, unread.error)).collect();
    (counts.into_iter().collect(), unread)
}

#[test]
fn what_several_places_state_is_stated_once() {
    let report = detect(&[
        ("usr/lib/sysimage/rpm/Packages.db", content("ndb/input/usr/lib/sysimage/rpm/Packages.db")),
        ("var/lib/rpm/rpmdb.sqlite", sqlite()),
    ]);
    assert_eq!(stated(&report), (vec![("usr/lib/sysimage/rpm/Packages.db", 3)], vec![]));
}

#[test]
fn the_newest_form_counts_and_an_older_one_where_it_cannot_be_read() {
    let older = content("berkeley-db/input/var/lib/rpm/Packages");
    let both = |newer: Vec<u8>| {
        detect(&[("var/lib/rpm/Packages", older.clone()), ("var/lib/rpm/rpmdb.sqlite", newer)])
    };
    let report = both(sqlite());
    assert_eq!(stated(&report), (vec![("var/lib/rpm/rpmdb.sqlite", 3)], vec![]));
    let report = both(Vec::new());
    let (found, unread) = stated(&report);
    assert_eq!(found, [("var/lib/rpm/Packages", 3)]);
    assert_eq!(unread, ["var/lib/rpm/rpmdb.sqlite: malformed: the file is empty"]);
}

#[test]
fn the_base_of_rpm_ostree_counts_where_there_is_no_other_database() {
    let base = "usr/lib/sysimage/rpm-ostree-base-db/rpmdb.sqlite";
    assert_eq!(stated(&detect(&[(base, sqlite())])).0, [(base, 3)]);
    let journal = content("journal/input/usr/lib/sysimage/rpm/rpmdb.sqlite");
    let report = detect(&[(base, sqlite()), ("usr/share/rpm/rpmdb.sqlite", journal)]);
    assert_eq!(stated(&report), (vec![("usr/share/rpm/rpmdb.sqlite", 2)], vec![]));
}

#[test]
fn a_journal_without_its_database_is_unread() {
    let journal = content("journal/input/usr/lib/sysimage/rpm/rpmdb.sqlite-wal");
    let report = detect(&[("var/lib/rpm/rpmdb.sqlite-wal", journal)]);
    let (found, unread) = stated(&report);
    assert_eq!(found, []);
    assert_eq!(unread.len(), 1);
    assert!(unread[0].contains("a journal of a database in another layer"), "{unread:?}");
    // One that holds nothing is nothing.
    assert_eq!(stated(&detect(&[("var/lib/rpm/rpmdb.sqlite-wal", Vec::new())])), (vec![], vec![]));
}

#[test]
fn a_transaction_that_was_not_ended_is_told() {
    let rollback = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0].to_vec();
    let report =
        detect(&[("var/lib/rpm/rpmdb.sqlite", sqlite()), ("var/lib/rpm/rpmdb.sqlite-journal", rollback)]);
    let (found, unread) = stated(&report);
    assert_eq!(found, [("var/lib/rpm/rpmdb.sqlite", 3)]);
    assert!(unread[0].contains("a transaction was not ended"), "{unread:?}");
    let ended = ("var/lib/rpm/rpmdb.sqlite-journal", vec![0; 10]);
    assert_eq!(stated(&detect(&[("var/lib/rpm/rpmdb.sqlite", sqlite()), ended])).1, [""; 0]);
}

#[test]
fn keys_are_no_packages() {
    // A header whose name has as many letters.
    let mut bytes = content("ndb/input/usr/lib/sysimage/rpm/Packages.db");
    let report = detect(&[("var/lib/rpm/Packages.db", bytes.clone())]);
    assert_eq!(report.packages().count(), 3);
    let name = b"odd-libs\0";
    let key = b"gpg-pubkey\0";
    assert_eq!(name.len() + 2, key.len());
    // The two bytes behind the name are of its version, which begins anew behind them.
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    assert_eq!(&bytes[at + name.len()..at + key.len()], b"7\0");
    bytes[at..at + key.len()].copy_from_slice(key);
    let report = detect(&[("var/lib/rpm/Packages.db", bytes)]);
    assert!(report.packages().all(|package| package.name != "gpg-pubkey"));
    assert_eq!(report.packages().count(), 2);
}
