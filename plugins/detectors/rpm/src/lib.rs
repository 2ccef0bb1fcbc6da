//! Finds RPM packages in rpm's database of what is installed.
//!
//! | File | States |
//! |---|---|
//! | `rpmdb.sqlite`, with `rpmdb.sqlite-wal`; `Packages.db`; `Packages` | all packages and their files, in one of [`PLACES`] |
//! | `var/lib/rpmmanifest/container-manifest-2` | the packages of a distroless image of Azure Linux; `-1` the same with less |
//!
//! Where a directory has databases of several forms, the newest form counts, as it does to rpm; an older one counts where
//! that cannot be read. What several places state is stated once. The copy that rpm-ostree keeps of its base counts where
//! there is no other database, since packages may have been removed over it.
//!
//! A package whose vendor is another than that of the distribution has a vendor; one of a module has
//! `module` (`nodejs:18`), and one that is signed has `signer`, the id of the key. The keys that rpm keeps as packages
//! (`gpg-pubkey`) are none.
//!
//! A package needs those that provide what it requires: a capability, or a file. What it requires under conditions
//! (`(a if b)`) is passed over.
//!
//! Databases are read page by page (`limpid-rpmdb`); a header that cannot be read costs that package.

mod found;
mod manifest;
mod source;
mod upgrade;
mod vendor;

use std::collections::BTreeMap;

use limpid_plugin_sdk::detector::{Advice, Claim, Detector, File, Problems, Report, System, Wish};
use limpid_plugin_sdk::{Error, export_detector};
use limpid_rpmdb::ReadAt;

use found::Found;

/// Where databases are, best first.
pub const PLACES: [&str; 5] = ["usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm", BASES[0], BASES[1]];

/// Where rpm-ostree has the packages of its base, today and before.
const BASES: [&str; 2] = ["usr/lib/sysimage/rpm-ostree-base-db", "usr/lib/rpm-ostree-base-db"];

/// Databases by their names, the newest form first.
const DATABASES: [&str; 3] = [SQLITE, "Packages.db", "Packages"];

const SQLITE: &str = "rpmdb.sqlite";
const JOURNAL: &str = "rpmdb.sqlite-wal";
/// What SQLite writes where it does not write a `-wal` file, of a transaction that was not ended.
const ROLLBACK: &str = "rpmdb.sqlite-journal";

const MANIFESTS: &str = "var/lib/rpmmanifest";

/// The detector `rpm`.
#[derive(Debug)]
pub struct Rpm;

impl Detector for Rpm {
    fn claims() -> Vec<Claim> {
        // Together, because a database belongs to its journal, and counts or not by which others there are.
        let databases = [&DATABASES[..], &[JOURNAL, ROLLBACK]].concat().join(",");
        let databases = PLACES.iter().map(|place| format!("{place}/{{{databases}}}"));
        let manifests = [format!("{MANIFESTS}/container-manifest-[12]")];
        databases.chain(manifests).map(Claim::together).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut found = Found::default();
        for place in PLACES {
            if BASES.contains(&place) && !found.is_empty() {
                continue;
            }
            read_place(files, place, &mut found, &mut report);
        }
        manifest::read(files, &mut found, &mut report);
        found.state(files, &mut report);
        Ok(report)
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Rpm);

/// Reads the database of a place, where there is one.
fn read_place(files: &[File], place: &str, found: &mut Found, report: &mut Report) {
    let there: BTreeMap<&str, usize> = files
        .iter()
        .enumerate()
        .filter_map(|(index, file)| Some((file.path().strip_prefix(place)?.strip_prefix('/')?, index)))
        .collect();
    let file = |name: &str| there.get(name).and_then(|&index| Some((index, files.get(index)?)));
    let journal = file(JOURNAL).map(|(_, journal)| journal);
    if let (Some(journal), None) = (journal, file(SQLITE))
        && journal.size() > 0
    {
        let why = "a journal of a database in another layer: what it changes is not known";
        report.unread(journal.path(), Error::unsupported(why));
    }
    if let Some((_, rollback)) = file(ROLLBACK)
        && rollback.read_at(0, 8) == [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    {
        let why = "a transaction was not ended: some of what the database states may be of it";
        report.unread(rollback.path(), Error::unsupported(why));
    }
    for (index, database) in DATABASES.into_iter().filter_map(file) {
        let journal = journal.filter(|_| database.name() == SQLITE);
        let mut problems = Problems::default();
        let read =
            limpid_rpmdb::read(database, journal.map(|journal| journal as &dyn ReadAt), &mut |header| {
                if let Err(why) =
                    header.map_err(Error::from).and_then(|header| found.add(&header, index, &mut problems))
                {
                    problems.push(why);
                }
            });
        report.unread_parts(database.path(), problems);
        match read {
            Ok(()) => return,
            Err(why) => report.unread(database.path(), why.into()),
        }
    }
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
