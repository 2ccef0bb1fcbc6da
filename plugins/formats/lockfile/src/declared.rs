//! The packages that a lock file declares, as a report has them.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, Fact, File, Needs, Package, Problems, Report, Requirement};

/// How many packages of a lock file are stated.
pub const MAX_PACKAGES: usize = 100_000;

/// The longest name and the longest version that are used, in bytes.
pub const MAX_WORD: usize = 1024;

/// How many requirements are looked at where packages are named several times. What those need beyond that is not told.
const MAX_MERGED: usize = 2_000_000;

/// What was found in a file so far.
#[derive(Debug)]
pub struct Declarations<'r> {
    path: &'r str,
    report: &'r mut Report,
    /// Where among the findings those of the file begin.
    first: usize,
    /// Places of packages among the findings, by their names and package URLs: names that differ by their case may have
    /// the same URL.
    seen: BTreeMap<(String, String), usize>,
    needs: Needs,
    /// How many requirements were looked at to merge them.
    merged: usize,
    problems: Problems,
}

/// States the packages that `read` finds in a file, and what is wrong with some of them. What was found counts also where
/// `read` fails in the end.
///
/// # Errors
///
/// Those of `read`.
pub fn declare(
    file: &File,
    report: &mut Report,
    read: impl FnOnce(&mut Declarations<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut declarations = Declarations {
        path: file.path(),
        first: report.findings.len(),
        report,
        seen: BTreeMap::new(),
        needs: Needs::default(),
        merged: 0,
        problems: Problems::default(),
    };
    let outcome = read(&mut declarations);
    let Declarations { report, problems, .. } = declarations;
    report.unread_parts(file.path(), problems);
    outcome
}

impl Declarations<'_> {
    /// States a package once, as [declared](Evidence::Declared). One whose name or version is no word is a problem. Where
    /// it is named several times, it needs what it needs in any place, as a file may have it once for each that needs it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where there are more than [`MAX_PACKAGES`].
    pub fn push(&mut self, package: Package) -> Result<(), Error> {
        let Package { name, version, .. } = &package;
        if !(is_word(name) && is_word(version)) {
            self.problem(Error::malformed(format_args!(
                "`{name:.100} {version:.100}` is no name and version"
            )));
            return Ok(());
        }
        let key = (name.clone(), package.purl.clone());
        if let Some(&place) = self.seen.get(&key) {
            self.merge(place, package.requires);
            return Ok(());
        }
        if self.seen.len() == MAX_PACKAGES {
            return Err(Error::unsupported(format_args!(
                "the file declares more packages than this plugin's limit of {MAX_PACKAGES}"
            )));
        }
        self.seen.insert(key, self.report.findings.len());
        self.report.found(self.path, package.evidence(Evidence::Declared));
        Ok(())
    }

    /// The package at a place among the findings needs more.
    fn merge(&mut self, place: usize, more: Option<Vec<Requirement>>) {
        let Some(Fact::Package(known)) = self.report.findings.get_mut(place).map(|it| &mut it.fact) else {
            return;
        };
        if known.requires == more {
            return;
        }
        known.requires = known.requires.take().zip(more).and_then(|(known, more)| {
            self.merged += known.len() + more.len();
            if self.merged > MAX_MERGED {
                return None;
            }
            let all: BTreeSet<Requirement> = known.into_iter().chain(more).collect();
            (all.len() <= Package::MAX_REQUIREMENTS).then(|| all.into_iter().collect())
        });
    }

    /// Bounds what the packages of the file need.
    pub const fn needs(&mut self) -> &mut Needs {
        &mut self.needs
    }

    /// The packages of the file that were stated so far, for what is known of them when all were read.
    pub fn packages(&mut self) -> impl Iterator<Item = &mut Package> {
        self.report.findings.iter_mut().skip(self.first).filter_map(|finding| match &mut finding.fact {
            Fact::Package(package) => Some(&mut **package),
            _ => None,
        })
    }

    /// Some of what the file holds could not be read.
    pub fn problem(&mut self, error: Error) {
        self.problems.push(error);
    }

    /// What could not be read so far, for readers that gather it themselves.
    pub const fn problems(&mut self) -> &mut Problems {
        &mut self.problems
    }

    /// The version of a package is not stated, and nothing else tells it.
    pub fn versionless(&mut self, name: &str) {
        self.problem(Error::malformed(format_args!("package `{name:.100}` has no version")));
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::Purl;

    use super::*;

    fn package(name: &str, version: &str) -> Package {
        let purl = Purl::new("npm", name.to_lowercase()).version(version);
        Package::new(name, version, "npm").namespace("npm").purl(purl)
    }

    fn declared(
        read: impl FnOnce(&mut Declarations<'_>) -> Result<(), Error>,
    ) -> (Report, Result<(), Error>) {
        let (file, mut report) = (File::in_memory("app/a.lock", ""), Report::default());
        let outcome = declare(&file, &mut report, read);
        (report, outcome)
    }

    #[test]
    fn each_package_is_stated_once_and_as_declared() {
        let (report, outcome) = declared(|declarations| {
            for (name, version) in [("a", "1"), ("a", "1"), ("A", "1"), ("a", "2")] {
                declarations.push(package(name, version))?;
            }
            Ok(())
        });
        assert_eq!(outcome, Ok(()));
        let found: Vec<_> = report.packages().map(|it| format!("{} {}", it.name, it.version)).collect();
        assert_eq!(found, ["a 1", "A 1", "a 2"]);
        assert!(report.packages().all(|package| package.evidence == Evidence::Declared));
        assert!(report.findings.iter().all(|finding| finding.path == "app/a.lock"));
    }

    #[test]
    fn a_package_that_is_named_twice_needs_what_it_needs_in_any_place() {
        let needs = |of: &str, needs: Option<&[&str]>| Package {
            requires: needs.map(|needs| needs.iter().map(|&name| name.into()).collect()),
            ..package(of, "1")
        };
        let stated = [
            needs("a", Some(&["c"])),
            needs("b", Some(&["c"])),
            needs("a", Some(&["b", "c"])),
            needs("b", None),
            needs("b", Some(&["c"])),
            needs("c", Some(&[])),
            needs("c", Some(&[])),
        ];
        let (report, outcome) = declared(|declarations| {
            stated.into_iter().try_for_each(|package| declarations.push(package))?;
            assert_eq!(declarations.packages().count(), 3);
            Ok(())
        });
        assert_eq!(outcome, Ok(()));
        let words = report.packages().map(|package| {
            Some(package.requires.as_ref()?.iter().map(|needed| needed.name.as_str()).collect::<Vec<_>>())
        });
        assert_eq!(words.collect::<Vec<_>>(), [Some(vec!["b", "c"]), None, Some(vec![])]);
    }

    #[test]
    fn requirements_are_looked_at_a_bounded_number_of_times() {
        let all = || (0..5000).map(|number| Requirement::from(number.to_string()));
        let (report, outcome) = declared(|declarations| {
            declarations.push(Package { requires: Some(all().collect()), ..package("a", "1") })?;
            for _ in 0..MAX_MERGED / 5000 {
                declarations.push(package("a", "1").requires(["0"]))?;
            }
            Ok(())
        });
        assert_eq!(outcome, Ok(()));
        assert_eq!(report.packages().next().unwrap().requires, None);
    }

    #[test]
    fn what_is_wrong_costs_itself_and_what_was_found_counts() {
        let (report, outcome) = declared(|declarations| {
            for (name, version) in [("", "1"), ("a", ""), ("a b", "1"), ("a", "1\u{1}"), ("b", "1")] {
                declarations.push(package(name, version))?;
            }
            declarations.push(package(&"x".repeat(MAX_WORD + 1), "1"))?;
            declarations.versionless("c");
            Err(Error::malformed("the end"))
        });
        assert_eq!(outcome, Err(Error::malformed("the end")));
        assert_eq!(report.packages().count(), 1);
        let reasons: Vec<_> = report.unread.iter().map(|it| it.error.to_string()).collect();
        assert_eq!(reasons.len(), 6);
        assert_eq!(reasons[2], "malformed: `a b 1` is no name and version");
        assert_eq!(reasons[5], "malformed: package `c` has no version");
    }

    #[test]
    fn packages_are_as_many_as_the_bound_and_no_more() {
        let (report, outcome) = declared(|declarations| {
            (0..=MAX_PACKAGES).try_for_each(|number| declarations.push(package(&format!("a{number}"), "1")))
        });
        assert_eq!(report.packages().count(), MAX_PACKAGES);
        let why = "the file declares more packages than this plugin's limit of 100000";
        assert_eq!(outcome, Err(Error::unsupported(why)));
    }
}
