//! Finds packages in the store of [Nix](https://nix.dev/manual/nix/stable/store/), by the names of its folders
//! (`/nix/store/HASH-NAME-VERSION`).
//!
//! | File | States |
//! |---|---|
//! | `nix/var/nix/db/db.sqlite`, with `db.sqlite-wal` | which folders of the store are valid: all packages |
//! | a file in `bin`, `sbin`, `libexec`, `lib`, `etc`, `nix-support` or among the `*.pc` of a folder | where the layer has no database, as in images that Nixpkgs' `dockerTools` makes: the package of that folder |
//! | `manifest.json` of a profile | of which attribute and commit of Nixpkgs a package is, and that somebody asked for it |
//!
//! Name and version are parted as Nix does ([`parseDrvName`](name::split)), and outputs of one derivation (`-dev`, `-lib`) are
//! one package. What has no version that begins with a digit is none: hooks, wrappers, environments. Neither are
//! derivations, sources and patches. A folder is stated by the first of its files that is claimed, of which one byte is
//! looked at; one that has none of them, such as data and fonts, is found by the database only.
//!
//! A type of package URLs for Nix asks for the origin and the attribute of a package, which no folder tells: those that a
//! profile names have one, the others have a generic one. Versions are ordered by the scheme `generic`; the namespace is
//! `nix`, in which no publisher states advisories. Guix's store is not read.

pub mod database;
pub mod manifest;
pub mod name;

use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::MAX_FILE;
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Problems, Reason, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use manifest::Origin;

const DATABASE: &str = "nix/var/nix/db/db.sqlite";
const JOURNAL: &str = "nix/var/nix/db/db.sqlite-wal";

const STORE: &str = "nix/store/";

/// How many folders of the store are stated by their files in one layer.
const MAX_FOLDERS: usize = 100_000;

/// The detector `nix`.
#[derive(Debug)]
pub struct Nix;

impl Detector for Nix {
    fn claims() -> Vec<Claim> {
        const FILES: [&str; 2] = ["{bin,sbin,libexec,lib,etc,nix-support}/*", "{lib,share}/pkgconfig/*.pc"];
        let mut claims: Vec<_> =
            FILES.iter().map(|files| Claim::together(format!("{STORE}*/{files}")).head(1)).collect();
        claims.extend([DATABASE, JOURNAL].map(Claim::together));
        claims.push(Claim::together(format!("{STORE}*/manifest.json")));
        claims
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut origins = BTreeMap::new();
        for file in files.iter().filter(|file| is_manifest(file.path())) {
            let mut problems = Problems::default();
            match file.read_to_vec(MAX_FILE).and_then(|bytes| manifest::origins(&bytes, &mut problems)) {
                Ok(stated) => origins.extend(stated),
                Err(error) => report.unread(file.path(), error),
            }
            report.unread_parts(file.path(), problems);
        }
        let file = |path: &str| files.iter().find(|file| file.path() == path);
        match (file(DATABASE), file(JOURNAL)) {
            (Some(database), journal) => of_database(database, journal, &origins, &mut report),
            (None, journal) => {
                if let Some(journal) = journal.filter(|journal| journal.size() > 0) {
                    let why = "a journal of a database in another layer: what it changes is not known";
                    report.unread(journal.path(), Error::unsupported(why));
                }
                of_files(files, &origins, &mut report);
            }
        }
        Ok(report)
    }
}

export_detector!(Nix);

fn of_database(
    database: &File,
    journal: Option<&File>,
    origins: &BTreeMap<String, Origin>,
    report: &mut Report,
) {
    let mut problems = Problems::default();
    match database::folders(database, journal, &mut problems) {
        Ok(folders) => {
            let mut packages: BTreeMap<(&str, &str), Option<&Origin>> = BTreeMap::new();
            for folder in &folders {
                if let Some(package) = name::package(folder) {
                    let origin = packages.entry(package).or_default();
                    *origin = origin.or(origins.get(folder.as_str()));
                }
            }
            for ((name, version), origin) in packages {
                report.found(database.path(), package(name, version, origin));
            }
        }
        Err(error) => report.unread(database.path(), error),
    }
    report.unread_parts(database.path(), problems);
}

/// Reports what the folders of files are called, each once.
fn of_files(files: &[File], origins: &BTreeMap<String, Origin>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for file in files.iter().filter(|file| !is_manifest(file.path())) {
        let folder = file.path().strip_prefix(STORE).and_then(|path| path.split('/').next());
        let Some(folder) = folder.filter(|folder| !seen.contains(folder)) else { continue };
        if seen.len() == MAX_FOLDERS {
            let why = format_args!("not more than {MAX_FOLDERS} folders of the store are read");
            report.unread(file.path(), Error::unsupported(why));
            return;
        }
        seen.insert(folder);
        if let Some((name, version)) = name::package(folder) {
            report.found(file.path(), package(name, version, origins.get(folder)));
        }
    }
}

fn package(name: &str, version: &str, origin: Option<&Origin>) -> Package {
    let package = Package::new(name, version, "generic").namespace("nix");
    let Some(origin) = origin else {
        return package.purl(Purl::new("generic", name).version(version));
    };
    let package = package.reason(Reason::Requested);
    match &origin.attribute {
        Some(attribute) => {
            let purl = Purl::new("nix", attribute).namespace("nixpkgs").version(version);
            package.purl(purl.qualifier("commit", origin.commit.clone().unwrap_or_default()))
        }
        None => package.purl(Purl::new("generic", name).version(version)),
    }
}

/// Whether a file lies directly in a folder of the store, as manifests of profiles do.
fn is_manifest(path: &str) -> bool {
    let folders = path.strip_prefix(STORE).and_then(|path| path.strip_suffix("/manifest.json"));
    folders.is_some_and(|folders| !folders.contains('/'))
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    const HASH: &str = "s5y59989wqkryinpic8gj8x26zdkr4sf";

    fn file(path: &str) -> File {
        File::in_memory(format!("{STORE}{HASH}-{path}"), "x")
    }

    #[test]
    fn a_folder_of_the_store_is_installed_once() {
        let files = [
            file("hello-2.12.1/bin/a"),
            file("hello-2.12.1/bin/hello"),
            file("hello-2.12.1-dev/lib/pkgconfig/a.pc"),
        ];
        let report = Nix::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let [package, of_dev] = report.packages().collect::<Vec<_>>()[..] else { panic!("{report:?}") };
        assert_eq!((package.name.as_str(), package.version.as_str()), ("hello", "2.12.1"));
        assert_eq!(package.purl, "pkg:generic/hello@2.12.1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("generic", &Scope::Namespace("nix".to_owned()), Evidence::Installed)
        );
        assert_eq!((package.reason, of_dev), (None, package));
        assert_eq!(report.findings[0].path, files[0].path());
    }

    #[test]
    fn a_profile_says_of_which_attribute_a_package_is() {
        let manifest = format!(
            r#"{{"version": 2, "elements": [{{"attrPath": "legacyPackages.x86_64-linux.hello", "originalUrl": "flake:nixpkgs",
                "url": "github:NixOS/nixpkgs/0123456789012345678901234567890123456789",
                "storePaths": ["/nix/store/{HASH}-hello-2.12.1"]}}]}}"#
        );
        let files = [
            file("hello-2.12.1/bin/hello"),
            File::in_memory(format!("{STORE}{HASH}-profile/manifest.json"), manifest),
        ];
        let report = Nix::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        let commit = "0123456789012345678901234567890123456789";
        assert_eq!(package.purl, format!("pkg:nix/nixpkgs/hello@2.12.1?commit={commit}"));
        assert_eq!(package.reason, Some(Reason::Requested));
    }

    #[test]
    fn folders_are_as_many_as_the_bound() {
        let files: Vec<_> = (0..=MAX_FOLDERS).map(|number| file(&format!("a{number}x-1.0/bin/a"))).collect();
        let report = Nix::detect(&files).unwrap();
        assert_eq!((report.packages().count(), report.unread.len()), (MAX_FOLDERS, 1));
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let files = [
            File::in_memory(format!("{STORE}{HASH}-profile/manifest.json"), "["),
            File::in_memory(DATABASE, "x"),
        ];
        let report = Nix::detect(&files).unwrap();
        assert_eq!((report.findings.len(), report.unread.len()), (0, 2));
        let report = Nix::detect(&[File::in_memory(JOURNAL, "x")]).unwrap();
        assert_eq!(report.unread.len(), 1);
    }
}
