//! Databases of every form, whole, cut off and changed: what is lost is told.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use limpid_rpmdb::{Error, ReadAt, read, rows};
use proptest::prelude::*;

/// The golden cases of the detector that has them, with how many packages they hold; all were read by rpm, too.
const DATABASES: [(&str, usize); 5] = [
    ("sqlite/input/var/lib/rpm/rpmdb.sqlite", 3),
    ("journal/input/usr/lib/sysimage/rpm/rpmdb.sqlite", 2),
    ("ndb/input/usr/lib/sysimage/rpm/Packages.db", 3),
    ("berkeley-db/input/var/lib/rpm/Packages", 3),
    ("berkeley-db-of-a-big-endian-machine/input/usr/share/rpm/Packages", 3),
];

fn content(path: &str) -> Vec<u8> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../detectors/rpm/tests");
    fs::read(cases.join(path)).unwrap()
}

fn journal_of(path: &str) -> Option<Vec<u8>> {
    path.starts_with("journal").then(|| content(&format!("{path}-wal")))
}

/// The names of packages, and what could not be read.
fn read_all(database: &[u8], journal: Option<&[u8]>) -> (Vec<String>, Vec<Error>) {
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    let journal = journal.as_ref().map(|journal| journal as &dyn ReadAt);
    let ended = read(&database, journal, &mut |header| {
        let package = header.and_then(|header| {
            header.files().for_each(drop);
            header.package()
        });
        match package {
            Ok(package) => {
                problems.extend(package.problems.clone());
                names.push(format!("{} {}-{}", package.name, package.version, package.release));
            }
            Err(why) => problems.push(why),
        }
    });
    problems.extend(ended.err());
    names.sort();
    (names, problems)
}

#[test]
fn whole_databases_are_read_without_a_problem() {
    for (path, count) in DATABASES {
        let (names, problems) = read_all(&content(path), journal_of(path).as_deref());
        assert_eq!((names.len(), problems.as_slice()), (count, &[][..]), "{path}: {names:?}");
    }
}

#[test]
fn a_database_that_is_cut_off_anywhere_loses_nothing_silently() {
    for (path, _) in DATABASES {
        let (whole, journal) = (content(path), journal_of(path));
        let (all, _) = read_all(&whole, journal.as_deref());
        for end in (0..whole.len()).step_by(7) {
            let (names, problems) = read_all(&whole[..end], journal.as_deref());
            assert!(names.iter().all(|name| all.contains(name)), "{path} up to {end}: {names:?}");
            assert!(names.len() == all.len() || !problems.is_empty(), "{path} up to {end}: {names:?}");
        }
    }
}

#[test]
fn a_journal_that_is_cut_off_counts_up_to_its_last_whole_transaction_and_says_so() {
    let path = DATABASES[1].0;
    let (database, journal) = (content(path), journal_of(path).unwrap());
    let (before, _) = read_all(&database, None);
    assert_eq!(before.len(), 2);
    for end in (1..journal.len()).step_by(5) {
        let (names, problems) = read_all(&database, Some(&journal[..end]));
        // Where it ends between two frames, nothing tells that there were more.
        let is_between = end >= 32 && (end - 32) % (24 + 512) == 0;
        assert!(is_between || !problems.is_empty(), "up to {end}");
        assert!((1..=3).contains(&names.len()), "up to {end}: {names:?}");
    }
    // A bit of a frame.
    let mut changed = journal.clone();
    changed[32 + 24 + 100] ^= 1;
    let (names, problems) = read_all(&database, Some(&changed));
    assert_eq!((names, problems.len()), (before, 1), "{problems:?}");
}

#[test]
fn what_is_no_database_is_refused() {
    let check = |bytes: &[u8], expected: &str| {
        let why = read(&bytes, None, &mut |_| {}).unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    };
    check(b"", "the file is empty");
    check(b"text", "no database of SQLite, NDB or Berkeley DB");
    check(b"RpmP\x01\0\0\0", "ends inside its header");
    let mut btree = content(DATABASES[3].0);
    btree[12..16].copy_from_slice(&0x0005_3162_u32.to_le_bytes());
    check(&btree, "no hash of Berkeley DB");
    let mut other = content(DATABASES[0].0);
    other[59] = 2;
    check(&other, "not in UTF-8");
    other[59] = 1;
    other[19] = 3;
    check(&other, "version 3 of SQLite's format");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_database_is_too_damaged_to_be_read_or_refused(
        which in 0..DATABASES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        is_of_journal in any::<bool>(),
    ) {
        let path = DATABASES[which].0;
        let (mut database, mut journal) = (content(path), journal_of(path));
        for (at, byte) in changes {
            match &mut journal {
                Some(journal) if is_of_journal => {
                    let at = at.index(journal.len());
                    journal[at] = byte;
                }
                _ => {
                    // Most of what matters is at the beginning.
                    let at = at.index(database.len()) % if byte % 2 == 0 { 600 } else { usize::MAX };
                    database[at] = byte;
                }
            }
        }
        read_all(&database, journal.as_deref());
    }
}

/// The texts in the first column of a table, and what could not be read.
fn texts(database: &[u8], table: &str) -> (Vec<String>, Vec<Error>) {
    let (mut texts, mut problems) = (Vec::new(), Vec::new());
    let ended = rows(&database, None, table, &mut |row| match row {
        Ok(row) => texts.extend(row.text(0).map(str::to_owned)),
        Err(why) => problems.push(why),
    });
    problems.extend(ended.err());
    (texts, problems)
}

fn cache() -> Vec<u8> {
    content("../../conan/tests/installed/input/root/.conan2/p/cache.sqlite3")
}

#[test]
fn rows_of_any_table_are_read() {
    let expected = ["fmt/10.1.1", "fmt/10.1.1", "tool/1.2@acme/stable"].map(str::to_owned).to_vec();
    assert_eq!(texts(&cache(), "packages"), (expected, vec![]));
    assert_eq!(texts(&cache(), "RECIPES").0.len(), 2);
    let (rows, problems) = texts(&cache(), "others");
    let why = "the database has no table `others`".to_owned();
    assert_eq!((rows.len(), problems), (0, vec![Error::Malformed(why)]));
}

#[test]
fn a_table_that_is_cut_off_anywhere_loses_nothing_silently() {
    let whole = cache();
    for length in 0..whole.len() {
        let (rows, problems) = texts(&whole[..length], "packages");
        assert!(rows.len() == 3 || !problems.is_empty(), "{length} bytes");
    }
}
