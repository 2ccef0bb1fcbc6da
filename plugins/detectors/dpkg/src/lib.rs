//! Finds Debian packages in dpkg's database of what is installed.
//!
//! | File | States |
//! |---|---|
//! | `var/lib/dpkg/status` | all packages, a stanza each |
//! | `var/lib/dpkg/updates/NNNN` | its journal: packages as they are by now |
//! | `var/lib/dpkg/status.d/NAME` | one package of a distroless image |
//! | `var/lib/dpkg/info/NAME.list` | the files of a package |
//! | `var/lib/dpkg/{info,status.d}/NAME.md5sums` | the same, where there is no list |
//! | `var/lib/dpkg/diversions` | which of them lie elsewhere |
//!
//! dpkg reads the status file, and then the journal in the order of its numbers; the last stanza of a package and
//! architecture wins, and the file that it stands in states the package. `status-old` and `available` are not of
//! what is installed. A package that is stated in `status.d` as well is stated once.
//!
//! A package that somebody else than a distribution published has the qualifier `vendor`, where that can be told
//! from its stanza.
//!
//! A package needs those that are there of what `Pre-Depends` and `Depends` name: by name, or as what provides it.
//!
//! All files are read as streams. Of each line at most [`MAX_LINE`] bytes are kept, and what a report says
//! is at most what the files hold. A stanza that cannot be read costs that stanza.

mod database;
mod owned;
mod relations;
pub mod status;
mod upgrade;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{
    Advice, Claim, Detector, Fact, File, Ownership, Package, Problems, Providers, Report, System, Wish,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use database::{Database, Found, Kind};
use owned::Diversions;
use relations::{Elsewhere, Relations};
use status::{Stanza, Stanzas, State};

/// The longest line that is used, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// How many packages `status.d` may state: there is a file for each.
pub const MAX_STATUS_D: usize = 100_000;

/// The detector `dpkg`.
#[derive(Debug)]
pub struct Dpkg;

impl Detector for Dpkg {
    fn claims() -> Vec<Claim> {
        // Together, because what a file states depends on the others.
        [
            "var/lib/dpkg/status",
            "var/lib/dpkg/updates/*",
            "var/lib/dpkg/status.d/*",
            "var/lib/dpkg/info/*.list",
            "var/lib/dpkg/info/*.md5sums",
            "var/lib/dpkg/diversions",
        ]
        .map(Claim::together)
        .into()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let database = read_database(files, &mut report);
        let names = read_status_d(files, &database, &mut report);
        let mut providers = database.providers();
        for (name, architecture, found) in database.into_found() {
            if let Some(file) = files.get(found.file) {
                let requires = found.relations.needed(&name, &mut providers);
                report.found(file.path(), Package { requires, ..package(name, architecture, found) });
            }
        }
        read_owned(files, &names, &mut report);
        Ok(report)
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Dpkg);

/// The package of each file in `status.d`, by the file's name.
type Names = BTreeMap<String, String>;

/// What a file of dpkg's is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Status,
    Journal,
    StatusD,
    List,
    Checksums,
    Diversions,
    None,
}

fn role(file: &File) -> Role {
    let Some(path) = file.path().strip_prefix("var/lib/dpkg/") else { return Role::None };
    match path.split_once('/') {
        None if path == "status" => Role::Status,
        None if path == "diversions" => Role::Diversions,
        // dpkg writes a part of it under a name with letters, which it does not read.
        Some(("updates", name)) if name.bytes().all(|byte| byte.is_ascii_digit()) => Role::Journal,
        Some(("status.d" | "info", name)) if name.ends_with(".md5sums") => Role::Checksums,
        Some(("status.d", _)) => Role::StatusD,
        Some(("info", name)) if name.ends_with(".list") => Role::List,
        _ => Role::None,
    }
}

/// Files of a role, each with its place among all.
fn of_role(files: &[File], wanted: Role) -> impl Iterator<Item = (usize, &File)> {
    files.iter().enumerate().filter(move |(_, file)| role(file) == wanted)
}

/// The status file with its journal.
fn read_database(files: &[File], report: &mut Report) -> Database {
    let mut database = Database::default();
    let mut journal: Vec<_> = of_role(files, Role::Journal).collect();
    // dpkg writes numbers of one length, and refuses others.
    journal.sort_by_cached_key(|(_, file)| {
        let digits = file.name().trim_start_matches('0');
        (digits.len(), digits.to_owned(), file.name().len())
    });
    let has_status = of_role(files, Role::Status).next().is_some();
    let stated = of_role(files, Role::Status).map(|file| (file, Kind::Status));
    for ((index, file), kind) in stated.chain(journal.into_iter().map(|file| (file, Kind::Journal))) {
        let mut is_empty = true;
        each_stanza(file, report, |stanza, _| {
            is_empty = false;
            match database.apply(stanza, index, kind) {
                Err(why) if database.is_full() => Err(Problem::OfFile(why)),
                applied => applied.map_err(Problem::OfStanza),
            }
        });
        if kind == Kind::Journal && !has_status && !is_empty {
            let why = "a journal of a status file in another layer: what that states of the same packages may be \
                       kept, too";
            report.unread(file.path(), Error::unsupported(why));
        }
    }
    database
}

/// What is wrong, and what it costs.
enum Problem {
    OfStanza(String),
    /// The rest of the file.
    OfFile(String),
}

/// Shows the stanzas of a file to `take`, and reports what is wrong with them.
fn each_stanza(
    file: &File,
    report: &mut Report,
    mut take: impl FnMut(Stanza, &mut Report) -> Result<(), Problem>,
) {
    let mut problems = Problems::default();
    let mut stanzas = Stanzas::new(file.reader());
    let ended = loop {
        match stanzas.next() {
            Ok(None) => break Ok(()),
            Ok(Some(Ok(stanza))) => match take(stanza, report) {
                Ok(()) => {}
                Err(Problem::OfStanza(why)) => problems.push(Error::malformed(why)),
                Err(Problem::OfFile(why)) => break Err(Error::unsupported(why)),
            },
            Ok(Some(Err(why))) => problems.push(Error::malformed(why)),
            Err(error) => break Err(error.into()),
        }
    };
    report.unread_parts(file.path(), problems);
    if let Err(error) = ended {
        report.unread(file.path(), error);
    }
}

/// The packages of distroless images, which something else than dpkg unpacked: each file is the control file of a
/// package, and needs no status.
fn read_status_d(files: &[File], database: &Database, report: &mut Report) -> Names {
    let mut names = Names::default();
    let mut stated = BTreeSet::new();
    let (mut providers, mut elsewhere) = (Providers::default(), Elsewhere::default());
    let first = report.findings.len();
    for (index, file) in of_role(files, Role::StatusD) {
        each_stanza(file, report, |mut stanza, report| {
            if stanza.status.is_empty() {
                "install ok installed".clone_into(&mut stanza.status);
            }
            if stanza.state().map_err(Problem::OfStanza)? != State::Unpacked {
                return Ok(());
            }
            names.insert(file.name().to_owned(), stanza.package.clone());
            let (source, vendor) = (stanza.source(), vendor::of(&stanza));
            let relations = Relations::take(&mut stanza);
            let Stanza { package: name, version, architecture, .. } = stanza;
            if database.has(&name, &architecture, &version)
                || !stated.insert((name.clone(), architecture.clone(), version.clone()))
            {
                return Ok(());
            }
            if stated.len() > MAX_STATUS_D {
                return Err(Problem::OfFile(format!(
                    "there are more than {MAX_STATUS_D} packages in `status.d`"
                )));
            }
            providers.add(&name, relations.provides());
            let requires = elsewhere.stated(&relations);
            let found = Found { file: index, version, source, vendor, relations };
            report.found(file.path(), Package { requires, ..package(name, architecture, found) });
            Ok(())
        });
    }
    for finding in report.findings.iter_mut().skip(first) {
        if let Fact::Package(package) = &mut finding.fact {
            elsewhere.resolve(package, &mut providers);
        }
    }
    names
}

fn package(name: String, architecture: String, found: Found) -> Package {
    let Found { version, source, vendor, .. } = found;
    let purl = Purl::new("deb", &name).version(&version).qualifier("arch", &architecture);
    let source_name = vendor::source_name(vendor.as_deref(), source.0);
    let mut package = Package::new(name, version, "dpkg").purl(purl).source(source_name, source.1);
    if !architecture.is_empty() {
        package = package.arch(architecture);
    }
    match vendor {
        Some(vendor) => package.vendor(vendor),
        None => package,
    }
}

/// Which files packages own, by their lists or, where there is none, by their checksums.
fn read_owned(files: &[File], names: &Names, report: &mut Report) {
    let mut diversions = Diversions::default();
    for (_, file) in of_role(files, Role::Diversions) {
        match Diversions::read(file.reader()) {
            Ok(read) => diversions = read,
            Err(error) => report.unread(file.path(), error.into()),
        }
    }
    let listed: BTreeSet<&str> = of_role(files, Role::List).map(|(_, file)| stem(file, ".list")).collect();
    for (_, file) in of_role(files, Role::List) {
        let paths = owned::of_list(file.reader());
        own(file, stem(file, ".list"), paths.map_err(Error::from), names, &diversions, report);
    }
    for (_, file) in of_role(files, Role::Checksums) {
        let name = stem(file, ".md5sums");
        if !listed.contains(name) {
            let paths = owned::of_md5sums(file.reader());
            own(file, name, paths.map_err(Error::from), names, &diversions, report);
        }
    }
}

fn stem<'a>(file: &'a File, ending: &str) -> &'a str {
    file.name().strip_suffix(ending).unwrap_or_default()
}

fn own(
    file: &File,
    stem: &str,
    paths: Result<Vec<String>, Error>,
    names: &Names,
    diversions: &Diversions,
    report: &mut Report,
) {
    // A file of `status.d` is named after its package or otherwise. Where a package may be there for several
    // architectures, dpkg's files say which: `libc6:amd64.list`.
    let bare = stem.split(':').next().unwrap_or_default();
    let package = names.get(stem).map_or(bare, String::as_str);
    match paths {
        Ok(mut paths) if !paths.is_empty() && !package.is_empty() => {
            diversions.apply(package, &mut paths);
            owned::with_merged_usr(&mut paths);
            report.found(file.path(), Ownership { package: package.to_owned(), paths });
        }
        Ok(_) => {}
        Err(error) => report.unread(file.path(), error),
    }
}

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
