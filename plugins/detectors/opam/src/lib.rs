//! Finds OCaml packages of [opam](https://opam.ocaml.org/doc/Manual.html).
//!
//! | File | States |
//! |---|---|
//! | `SWITCH/.opam-switch/switch-state` | packages that are installed in a switch |
//! | `SWITCH/.opam-switch/packages/NAME.VERSION/opam` | licences of one; where its layer has no `switch-state` of the switch, the package |
//! | `opam.locked`, `NAME.opam.locked` | packages that a project asks for |
//!
//! opam itself goes by `switch-state`, and writes it anew with every change. What a project needs to be built, tested or
//! documented only (`build`, `with-test`, `with-doc`) has the qualifier `dev`. Lock files of packages and of tests are
//! [not an application's](is_of_another).
//!
//! What an installed package needs are those of its switch that it depends on to run, of alternatives the first that is there.
//!
//! Versions are ordered by the scheme `opam`; advisories are in the namespace of that name.

pub mod file;

use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::is_of_another;
use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Problems, Providers, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use file::Need;

/// The largest file that is read, in bytes: a package takes less than 100.
const MAX_FILE: u64 = 2 * 1024 * 1024;

/// The detector `opam`.
#[derive(Debug)]
pub struct Opam;

impl Detector for Opam {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::together("**/.opam-switch/switch-state"),
            Claim::together("**/.opam-switch/packages/*/opam"),
            Claim::alone("**/{opam.locked,*.opam.locked}"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let switches: BTreeSet<&str> = files.iter().filter_map(switch_of_state).collect();
        let mut described = Described::default();
        for file in files {
            let Some((switch, package)) = package_of(file) else { continue };
            let text = file.read_to_string(MAX_FILE).unwrap_or_else(|error| {
                report.unread(file.path(), error);
                String::new()
            });
            if switches.contains(switch) {
                described.add(switch, package, &text);
                continue;
            }
            match file::split(package) {
                Some((name, version)) => {
                    report.found(file.path(), licensed(name, version, &file::licenses(&text)));
                }
                None => {
                    report.unread(file.path(), Error::malformed("its folder is no name and version"));
                }
            }
        }
        for file in files {
            let read = match switch_of_state(file) {
                Some(switch) => installed(file, switch, &described, &mut report),
                None if file.name().ends_with("opam.locked") && !is_of_another(file.path()) => {
                    declared(file, &mut report)
                }
                None => Ok(()),
            };
            if let Err(error) = read {
                report.unread(file.path(), error);
            }
        }
        Ok(report)
    }
}

export_detector!(Opam);

/// What packages of switches say of themselves, by the folders of switches and their own.
#[derive(Default)]
struct Described<'a> {
    licenses: BTreeMap<(&'a str, &'a str), Vec<String>>,
    needs: BTreeMap<(&'a str, &'a str), Vec<Vec<String>>>,
    /// How much they need, all together.
    count: usize,
}

impl<'a> Described<'a> {
    fn add(&mut self, switch: &'a str, package: &'a str, text: &str) {
        self.licenses.insert((switch, package), file::licenses(text));
        let needed = file::needed(text);
        let count = needed.iter().map(Vec::len).sum::<usize>();
        // What could not be read has no text. Beyond the bound it is not told what packages need.
        if !text.is_empty() && self.count + count <= Providers::LIMIT {
            self.count += count;
            self.needs.insert((switch, package), needed);
        }
    }
}

fn installed(file: &File, switch: &str, described: &Described<'_>, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let entries = file::installed(&file.read_to_string(MAX_FILE)?)?;
    let mut providers = Providers::default();
    for (name, _) in entries.iter().filter_map(|entry| file::split(entry)) {
        providers.add(name, []);
    }
    for entry in entries {
        match file::split(&entry) {
            Some((name, version)) => {
                let key = (switch, entry.as_str());
                let stated = described.licenses.get(&key).map_or(&[][..], Vec::as_slice);
                let requires = described.needs.get(&key).and_then(|needs| {
                    providers.needed(name, needs.iter().map(|names| names.iter().map(String::as_str)))
                });
                report.found(file.path(), Package { requires, ..licensed(name, version, stated) });
            }
            None => problems.push(Error::malformed(format_args!("`{entry:.200}` is no name and version"))),
        }
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    for (name, version, need) in file::locked(&file.read_to_string(MAX_FILE)?, &mut problems) {
        let package = package(&name, &version).evidence(Evidence::Declared);
        report.found(
            file.path(),
            match need {
                Need::Running => package,
                Need::Development => package.qualifier("dev", "true"),
            },
        );
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn package(name: &str, version: &str) -> Package {
    let purl = Purl::new("opam", name).version(version);
    Package::new(name, version, "opam").namespace("opam").purl(purl)
}

fn licensed(name: &str, version: &str, licenses: &[String]) -> Package {
    licenses.iter().fold(package(name, version), Package::license)
}

/// The folder of the switch whose state a file is.
fn switch_of_state(file: &File) -> Option<&str> {
    file.path().strip_suffix(".opam-switch/switch-state")
}

/// The folder of a switch, and the folder of the package in it that a file describes.
fn package_of(file: &File) -> Option<(&str, &str)> {
    let (folders, package) = file.path().strip_suffix("/opam")?.rsplit_once('/')?;
    Some((folders.strip_suffix(".opam-switch/packages")?, package))
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Scope;

    use super::*;

    const SWITCH: &str = "home/opam/.opam/5.1/.opam-switch";

    #[test]
    fn a_package_needs_those_of_its_switch() {
        let file = |path: &str, text: &str| File::in_memory(format!("{SWITCH}/{path}"), text);
        let files = [
            file("packages/a.1/opam", "depends: [\"x\" | \"c\" | \"b\" \"b\" {with-test} \"gone\"]"),
            file("packages/b.1/opam", "license: \"MIT\""),
            file("switch-state", "installed: [\"a.1\" \"b.1\" \"c.1\"]"),
        ];
        let report = Opam::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let needs = report.packages().map(|package| {
            Some(package.requires.as_ref()?.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())
        });
        assert_eq!(needs.collect::<Vec<_>>(), [Some(vec!["c"]), Some(vec![]), None]);
    }

    fn described(package: &str) -> File {
        let text = "opam-version: \"2.0\"\nlicense: [\"ISC\" \"MIT\"]\n";
        File::in_memory(format!("{SWITCH}/packages/{package}/opam"), text)
    }

    #[test]
    fn the_state_of_a_switch_says_what_is_installed() {
        let state = "opam-version: \"2.0\"\ncompiler: [\"ocaml-base-compiler.5.1.0\"]\nroots: [\"dune.3.11.1\"]\n\
                     installed: [\n  \"base-unix.base\" \"dune.3.11.1\"\n]\n";
        let files = [described("dune.3.11.1"), File::in_memory(format!("{SWITCH}/switch-state"), state)];
        let report = Opam::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let [base, dune] = report.packages().collect::<Vec<_>>()[..] else { panic!("{report:?}") };
        assert_eq!(
            (base.name.as_str(), base.version.as_str(), base.licenses.len()),
            ("base-unix", "base", 0)
        );
        assert_eq!(
            (dune.purl.as_str(), &dune.licenses[..]),
            ("pkg:opam/dune@3.11.1", &["ISC".to_owned(), "MIT".to_owned()][..])
        );
        assert_eq!(
            (dune.scheme.as_str(), &dune.scope, dune.evidence),
            ("opam", &Scope::Namespace("opam".to_owned()), Evidence::Installed)
        );
    }

    #[test]
    fn descriptions_count_where_no_state_is() {
        let report = Opam::detect(&[described("dune.3.11.1"), described("dune")]).unwrap();
        assert_eq!(
            report.packages().map(|it| it.purl.as_str()).collect::<Vec<_>>(),
            ["pkg:opam/dune@3.11.1"]
        );
        assert_eq!(report.unread[0].error, Error::malformed("its folder is no name and version"));
    }

    #[test]
    fn a_lock_file_counts_where_an_application_is() {
        let text = "depends: [\n  \"dune\" {= \"3.11.1\"}\n  \"alcotest\" {= \"1.7.0\" & with-test}\n]\n";
        let found = |path: &str| {
            let report = Opam::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().cloned().collect::<Vec<_>>()
        };
        let packages = found("app/app.opam.locked");
        assert_eq!(packages.len(), 2);
        assert!(packages.iter().all(|it| it.evidence == Evidence::Declared));
        assert_eq!(packages[1].qualifiers, [("dev".to_owned(), "true".to_owned())]);
        assert_eq!(found("app/opam.locked").len(), 2);
        assert_eq!(found("app/test/opam.locked").len(), 0);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let check = |text: &[u8], expected: &str| {
            let report = Opam::detect(&[File::in_memory(format!("{SWITCH}/switch-state"), text)]).unwrap();
            assert!(report.unread[0].error.to_string().contains(expected), "{report:?}");
        };
        check(b"", "it has no list `installed`");
        check(b"\xff", "not UTF-8");
        check(b"installed: [\"a\"]", "`a` is no name and version");
    }
}
