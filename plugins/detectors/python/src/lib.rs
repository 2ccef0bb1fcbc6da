//! Finds Python packages by the metadata that is installed beside them.
//!
//! | File | Left by |
//! |---|---|
//! | `NAME-VERSION.dist-info/METADATA` | pip and all else that installs wheels |
//! | `NAME-VERSION.egg-info/PKG-INFO`, `NAME.egg-info/PKG-INFO` | setuptools, and `pip install --editable` |
//! | `NAME-VERSION.egg-info` | distutils |
//! | `NAME-VERSION.egg/EGG-INFO/PKG-INFO` | `easy_install` |
//! | `NAME-VERSION.egg` | the same, as a zip |
//!
//! | `NAME-VERSION.dist-info/direct_url.json` | pip, where it did not install from an index: a package of a commit, an archive or an edited folder is [not PyPI's](limpid_lockfile#what-is-stated) |
//! | `NAME-VERSION.dist-info/RECORD` | the same; a folder that has it and no metadata is unread |
//! | `NAME-VERSION.dist-info/sboms/*.json` | builds of wheels: what is bundled in them (PEP 770) |
//! | `poetry.lock`, `uv.lock`, `pdm.lock`, `Pipfile.lock`, `pylock.toml` | who resolved a project: what it asks for |
//! | `requirements*.txt` | people, and those who export locks: what is pinned by `==` |
//!
//! As for `importlib.metadata`, a folder of any of these kinds may hold `METADATA` or `PKG-INFO`, of which the first
//! that is not empty counts; as for pip, the name of the folder says what they do not.
//!
//! They lie wherever an environment or a package with copies of others (`setuptools/_vendor`) is, but data of the
//! tests of a package that is installed are no packages. Each
//! is a package that is there: an upgrade leaves the directory of the old version's metadata deleted,
//! and with the file goes what it states.
//!
//! What is installed to be edited is its metadata in `site-packages`, where `direct_url.json` or `__editable__.*.pth`
//! says so, or that beside its sources, to which an `.egg-link` leads. Metadata of the same name in the folder that
//! `direct_url.json` names is of the same installation, and not stated again.
//!
//! Metadata of Python 2 itself, and of modules that it has from PyPI (`wsgiref`, `argparse`), lies in its own library. These are
//! parts of Python: they have the namespace `python`.
//!
//! A package needs what its `Requires-Dist` name, but for what only extras need. Setuptools writes that elsewhere: of an
//! egg without such a field it is not known. Lock files say the same, but for `Pipfile.lock`, and `pylock.toml` may.
//!
//! Components of a wheel's SBOM are packages of their own ecosystem; those of a distribution are judged by the advisories of
//! the release that they were taken from, and not of the distribution of the image. The wheel itself is not
//! stated again.
//!
//! What lock files and requirements name is [declared](limpid_plugin_sdk::detector::Evidence::Declared): for whatever
//! platform and group it is, and whether or not it is installed. The project itself is not among that.
//!
//! Of a file at most [`MAX_HEADERS`](metadata::MAX_HEADERS) bytes are read, and of a field
//! [`MAX_VALUE`](metadata::MAX_VALUE) bytes kept; of an egg at most [`MAX_MEMBERS`] members are looked at. An SBOM has
//! at most [`MAX_SBOM`] bytes, and `direct_url.json` at most [`MAX_DIRECT_URL`].

mod bundled;
mod declared;
mod egg;
mod headers;
mod links;
pub mod metadata;
mod origin;
mod place;
mod upgrade;

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Advice, Claim, Detector, File, Package, Report, System, Wish};
use limpid_plugin_sdk::{Error, Purl, export_detector};

pub use bundled::MAX_SBOM;
pub use egg::MAX_MEMBERS;
pub use origin::MAX_DIRECT_URL;

use links::Links;
use metadata::{Metadata, Stated, required};
use origin::Origin;
use place::Place;

/// The detector `python`.
#[derive(Debug)]
pub struct Python;

impl Detector for Python {
    fn claims() -> Vec<Claim> {
        vec![
            // Together, because one distribution may have several files, and data of tests is told by what is
            // installed beside them.
            Claim::together("**/*.{dist,egg}-info/{METADATA,PKG-INFO}"),
            Claim::together("**/*.egg/EGG-INFO/{METADATA,PKG-INFO}"),
            Claim::together("**/*.egg-info"),
            Claim::together("**/*.egg"),
            Claim::together("**/*.dist-info/direct_url.json"),
            // That it is there is all that counts.
            Claim::together("**/*.dist-info/RECORD").head(1),
            Claim::together("**/*.egg-link"),
            Claim::together("**/__editable__.*.pth"),
            Claim::alone("**/*.dist-info/sboms/**/*.json"),
            Claim::alone("**/{poetry,uv,pdm,Pipfile}.lock"),
            Claim::alone("**/{pylock,pylock.*}.toml"),
            Claim::alone("**/requirements*.txt"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let places = || files.iter().filter_map(|file| Some((Place::of(file.path())?, file)));
        let roots: BTreeSet<&str> = places().filter_map(|(place, _)| place.root()).collect();
        let mut distributions: BTreeMap<&str, Vec<(Place<'_>, &File)>> = BTreeMap::new();
        for (place, file) in places().filter(|(place, _)| place.is_installed(&roots)) {
            distributions.entry(place.distribution).or_default().push((place, file));
        }
        let mut report = Report::default();
        for file in files.iter().filter(|file| file.name() == "RECORD") {
            let folder = file.path().strip_suffix("/RECORD").unwrap_or_default();
            let metadata = format!("{folder}/METADATA");
            let is_installed = Place::of(&metadata).is_some_and(|place| place.is_installed(&roots));
            if is_installed && !distributions.contains_key(folder) {
                let why = Error::malformed("there is no metadata beside it of what was installed");
                report.unread(file.path(), why);
            }
        }
        let links = Links::of(files, &mut report);
        for mut candidates in distributions.into_values() {
            candidates.sort_by_key(|(place, file)| (file.size() == 0, place.rank));
            let Some((place, file)) = candidates.first() else { continue };
            if links.is_of_another(place) {
                continue;
            }
            if let Err(error) = read(place, file, &links.origin(place), &mut report) {
                report.unread(file.path(), error);
            }
        }
        for file in files {
            let outcome = match (bundled::of(file.path()), declared::Kind::of(file.path())) {
                (Some(wheel), _) => bundled::read(&wheel, file, &mut report),
                (None, Some(kind)) => declared::read(kind, file, &mut report),
                (None, None) => Ok(()),
            };
            if let Err(error) = outcome {
                report.unread(file.path(), error);
            }
        }
        Ok(report)
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

fn read(place: &Place<'_>, file: &File, origin: &Origin, report: &mut Report) -> Result<(), Error> {
    let stated = Stated { name: place.name(), version: place.version() };
    if !place.is_zip {
        let mut metadata = Metadata::read(file.reader(), &stated)?;
        // Setuptools and distutils write elsewhere what a package needs, or nowhere.
        let is_told =
            |requires: &Vec<String>| !requires.is_empty() || place.distribution.ends_with(".dist-info");
        metadata.requires = metadata.requires.filter(is_told);
        let package = match place.is_of_library() && is_part_of_python(&metadata.name) {
            true => of_python(metadata),
            false => installed(metadata, origin),
        };
        report.found(file.path(), package);
    } else if let Some((member, metadata)) = egg::read(file, &stated)? {
        let requires = metadata.requires.filter(|requires| !requires.is_empty());
        report.found_in(file.path(), member, installed(Metadata { requires, ..metadata }, origin));
    }
    Ok(())
}

export_detector!(Python);

fn installed(metadata: Metadata, origin: &Origin) -> Package {
    let package = package(&metadata.name, metadata.version, origin);
    let package = match metadata.requires {
        Some(requires) => package.requires(requires.iter().map(|name| normalised(name))),
        None => package,
    };
    metadata.licenses.into_iter().fold(package, Package::license)
}

/// What Python 2 has metadata of in its own library.
fn is_part_of_python(name: &str) -> bool {
    ["argparse", "python", "wsgiref"].contains(&normalised(name).as_str())
}

/// A part of Python, which has its own versions and none of PyPI's advisories.
fn of_python(Metadata { name, version, licenses, .. }: Metadata) -> Package {
    let name = normalised(&name);
    let purl = Purl::new("generic", &name).version(&version);
    let purl = if name == "python" { purl } else { purl.namespace("python") };
    let package = Package::new(name, version, "pep440").namespace("python").purl(purl);
    licenses.into_iter().fold(package, Package::license)
}

fn package(name: &str, version: String, origin: &Origin) -> Package {
    let name = normalised(name);
    let purl = Purl::new("pypi", &name).version(&version);
    origin.state(Package::new(name, version, "pep440"), purl)
}

/// A name as advisories write it: in lower case, with one hyphen for each run of separators
/// ([name normalization](https://packaging.python.org/en/latest/specifications/name-normalization/),
/// from PEP 503).
fn normalised(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalised.ends_with('-') => {}
            '-' | '_' | '.' => normalised.push('-'),
            other => normalised.extend(other.to_lowercase()),
        }
    }
    normalised
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn names_are_normalised_as_pep_503_says() {
        let check = |name: &str, expected: &str| assert_eq!(normalised(name), expected);
        // The examples of its specification.
        for name in ["friendly-bard", "Friendly-Bard", "FRIENDLY-BARD", "friendly.bard", "friendly_bard"] {
            check(name, "friendly-bard");
        }
        check("friendly--bard", "friendly-bard");
        check("FrIeNdLy-._.-bArD", "friendly-bard");
        check("zope.interface", "zope-interface");
        check("_", "-");
    }

    #[test]
    fn a_file_of_metadata_gives_a_package() {
        let text =
            "Metadata-Version: 2.1\nName: zope.interface\nVersion: 1!5.0.post1+local.1\nLicense: ZPL 2.1\n";
        let path = "usr/lib/python3/dist-packages/zope.interface-5.0.dist-info/METADATA";
        let report = Python::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let packages: Vec<_> = report.packages().collect();
        let package = packages[0];
        assert_eq!(
            (package.name.as_str(), package.version.as_str()),
            ("zope-interface", "1!5.0.post1+local.1")
        );
        assert_eq!(package.purl, "pkg:pypi/zope-interface@1%215.0.post1%2Blocal.1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope),
            ("pep440", &Scope::Namespace("pypi".to_owned()))
        );
        assert_eq!((package.evidence, &package.source), (Evidence::Installed, &None));
        assert_eq!(package.licenses, ["ZPL 2.1"]);
        assert_eq!(report.findings[0].path, path);
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|(path, content)| File::in_memory(*path, *content)).collect();
        let report = Python::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let word =
            |(path, package): (&str, &Package)| format!("{path}: {} {}", package.name, package.version);
        let paths = report.findings.iter().map(|finding| finding.path.as_str());
        paths.zip(report.packages()).map(word).collect()
    }

    #[test]
    fn a_folder_of_metadata_states_one_package_whatever_files_it_has() {
        let (metadata, pkg_info) = ("a/x-1.0.egg-info/METADATA", "a/x-1.0.egg-info/PKG-INFO");
        let x = "Name: x\nVersion: 1.0\n";
        assert_eq!(found(&[(metadata, x)]), ["a/x-1.0.egg-info/METADATA: x 1.0"]);
        assert_eq!(found(&[(pkg_info, x)]), ["a/x-1.0.egg-info/PKG-INFO: x 1.0"]);
        assert_eq!(
            found(&[(metadata, x), (pkg_info, "Name: y\nVersion: 2\n")]),
            ["a/x-1.0.egg-info/METADATA: x 1.0"]
        );
        assert_eq!(found(&[(metadata, ""), (pkg_info, x)]), ["a/x-1.0.egg-info/PKG-INFO: x 1.0"]);
        assert_eq!(found(&[("a/x-1.0.dist-info/PKG-INFO", x)]), ["a/x-1.0.dist-info/PKG-INFO: x 1.0"]);
        assert_eq!(found(&[("a/x-1.0.dist-info/METADATA", "")]), ["a/x-1.0.dist-info/METADATA: x 1.0"]);
    }

    #[test]
    fn a_package_needs_what_its_metadata_says_but_for_extras() {
        let needs = |path: &str, fields: &str| -> Option<Vec<String>> {
            let text = format!("Name: x\nVersion: 1.0\n{fields}\n\nRequires-Dist: no\n");
            let report = Python::detect(&[File::in_memory(path, text)]).unwrap();
            let requires = report.packages().next().unwrap().requires.clone()?;
            Some(requires.into_iter().map(|it| it.name).collect())
        };
        let of = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let wheel = "s/x-1.0.dist-info/METADATA";
        let fields = "Requires-Dist: Zope.Interface[test] (>=5)\nRequires-Dist: a>=1; python_version < '3'\n\
                      Requires-Dist: b ; extra == 'c'\nRequires-Dist: d@https://example.org/extra.whl";
        assert_eq!(needs(wheel, fields), of(&["zope-interface", "a", "d"]));
        assert_eq!(needs(wheel, "X: 1"), of(&[]));
        // Setuptools has it in another file.
        assert_eq!(needs("s/x-1.0.egg-info/PKG-INFO", "X: 1"), None);
        assert_eq!(needs("s/x-1.0.egg-info/PKG-INFO", "Requires-Dist: a"), of(&["a"]));
        let long = format!("Requires-Dist: a; {}", "x".repeat(metadata::MAX_VALUE));
        assert_eq!(needs(wheel, &long), None);
    }

    #[test]
    fn a_distribution_from_elsewhere_is_qualified_by_that() {
        let x = "Name: x\nVersion: 1.0\n";
        let direct =
            r#"{"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "0123"}}"#;
        let file = |path: &str, text: &str| File::in_memory(path, text);
        let files =
            [file("s/x-1.0.dist-info/METADATA", x), file("s/x-1.0.dist-info/direct_url.json", direct)];
        let report = Python::detect(&files).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!(package.purl, "pkg:pypi/x@1.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fx.git%400123");
        let qualifier = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let url = qualifier("vcs_url", "git+https://example.org/x.git@0123");
        assert_eq!(package.qualifiers, [qualifier("source", "git"), url]);
        // PyPI's advisories do not speak of it.
        assert_eq!(package.scope, Scope::Namespace("pypi:elsewhere".to_owned()));
        let damaged = [file("s/x-1.0.dist-info/METADATA", x), file("s/x-1.0.dist-info/direct_url.json", "{")];
        let report = Python::detect(&damaged).unwrap();
        assert_eq!((report.packages().count(), report.unread.len()), (1, 1));
    }

    #[test]
    fn what_is_edited_is_stated_once_and_as_such() {
        let x = "Name: x\nVersion: 1.0\n";
        let editable = |files: &[(&str, &str)]| -> Vec<(String, usize)> {
            let files: Vec<_> = files.iter().map(|(path, text)| File::in_memory(*path, *text)).collect();
            let report = Python::detect(&files).unwrap();
            let edited = report.packages().map(|package| {
                let is_edited = package.qualifiers.iter().any(|(key, _)| key == "editable");
                let is_local = package.scope == Scope::Namespace("pypi:elsewhere".to_owned());
                assert_eq!(is_edited, is_local);
                usize::from(is_edited)
            });
            report.findings.iter().map(|finding| finding.path.clone()).zip(edited).collect()
        };
        let direct = r#"{"url": "file:///app", "dir_info": {"editable": true}}"#;
        let metadata = "s/x-1.0.dist-info/METADATA";
        let expected = [(metadata.to_owned(), 1)];
        let link = ("s/x-1.0.dist-info/direct_url.json", direct);
        assert_eq!(editable(&[(metadata, x), link, ("app/src/x.egg-info/PKG-INFO", x)]), expected);
        assert_eq!(editable(&[(metadata, x), ("s/__editable__.x-1.0.pth", "/app/src")]), expected);
        assert_eq!(
            editable(&[("app/x.egg-info/PKG-INFO", x), ("s/x.egg-link", "/app\n.")]),
            [("app/x.egg-info/PKG-INFO".to_owned(), 1)]
        );
        // Of another name, it is another one.
        let y = "Name: y\nVersion: 1.0\n";
        assert_eq!(editable(&[(metadata, x), link, ("app/src/y.egg-info/PKG-INFO", y)]).len(), 2);
    }

    #[test]
    fn what_is_bundled_in_a_wheel_is_of_its_own_ecosystem() {
        let document = r#"{"bomFormat": "CycloneDX", "metadata": {"component": {"purl": "pkg:cargo/x-rust@0.1"}},
            "components": [{"type": "library", "name": "x", "purl": "pkg:pypi/X@1.0?file_name=x.whl"},
                {"type": "library", "name": "libXau", "purl": "pkg:rpm/almalinux/libXau@1.0.9-3.el8"},
                {"type": "library", "name": "libXau", "purl": "pkg:rpm/almalinux/libXau@1.0.9-3.el8"},
                {"type": "library", "name": "unknown"}]}"#;
        let path = "s/x-1.0.dist-info/sboms/auditwheel.cdx.json";
        let report = Python::detect(&[File::in_memory(path, document)]).unwrap();
        let packages: Vec<_> =
            report.packages().map(|package| (package.name.as_str(), &package.scope)).collect();
        assert_eq!(packages, [("libXau", &Scope::Namespace("almalinux:8".to_owned()))]);
        assert_eq!(report.findings[0].path, path);
        let why = "unsupported: 1 components have no package URL with a version";
        assert_eq!(report.unread.iter().map(|it| it.error.to_string()).collect::<Vec<_>>(), [why]);
        let other = "s/python/site-packages/t/tests/x-1.0.dist-info/sboms/a.json";
        assert_eq!(Python::detect(&[File::in_memory(other, document)]).unwrap(), Report::default());
    }

    #[test]
    fn a_folder_without_metadata_is_unread() {
        let file = |path: &str| File::in_memory(path, "Name: x\nVersion: 1.0\n");
        let site = "usr/lib/python3/site-packages";
        let unread = |files: &[File]| {
            let report = Python::detect(files).unwrap();
            let word = |it: &limpid_plugin_sdk::detector::Unread| format!("{}: {}", it.path, it.error);
            (report.packages().count(), report.unread.iter().map(word).collect::<Vec<_>>())
        };
        let record = format!("{site}/x-1.0.dist-info/RECORD");
        let why = format!("{record}: malformed: there is no metadata beside it of what was installed");
        assert_eq!(unread(&[file(&record)]), (0, vec![why]));
        for metadata in ["METADATA", "PKG-INFO"] {
            let metadata = format!("{site}/x-1.0.dist-info/{metadata}");
            assert_eq!(unread(&[file(&record), file(&metadata)]), (1, vec![]));
        }
        for other in
            [format!("{site}/t/tests/x-1.0.dist-info/RECORD"), format!("{site}/~-1.0.dist-info/RECORD")]
        {
            assert_eq!(unread(&[file(&other)]), (0, vec![]), "{other}");
        }
    }

    #[test]
    fn parts_of_python_are_not_pypis() {
        let check = |path: &str, name: &str, namespace: &str, purl: &str| {
            let text = format!("Metadata-Version: 1.1\nName: {name}\nVersion: 2.7.18\n");
            let report = Python::detect(&[File::in_memory(path, text)]).unwrap();
            let package = report.packages().next().unwrap();
            assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{path}");
            assert_eq!(package.purl, purl, "{path}");
        };
        let library = "usr/lib/python2.7";
        check(
            &format!("{library}/lib-dynload/Python-2.7.egg-info"),
            "Python",
            "python",
            "pkg:generic/python@2.7.18",
        );
        check(
            &format!("{library}/wsgiref.egg-info"),
            "wsgiref",
            "python",
            "pkg:generic/python/wsgiref@2.7.18",
        );
        check(
            &format!("{library}/argparse.egg-info"),
            "argparse",
            "python",
            "pkg:generic/python/argparse@2.7.18",
        );
        check(&format!("{library}/other.egg-info"), "other", "pypi", "pkg:pypi/other@2.7.18");
        let site = format!("{library}/site-packages/argparse-1.4.0-py2.7.egg-info");
        check(&site, "argparse", "pypi", "pkg:pypi/argparse@2.7.18");
        check("app/argparse.egg-info", "argparse", "pypi", "pkg:pypi/argparse@2.7.18");
    }

    #[test]
    fn data_of_tests_states_nothing() {
        let site = "usr/lib/python3.11/site-packages";
        let text = "Name: x\nVersion: 1.0\n";
        assert_eq!(found(&[(&format!("{site}/setuptools/tests/x-1.0.dist-info/METADATA"), text)]), [""; 0]);
        assert_eq!(found(&[(&format!("{site}/setuptools/_vendor/x-1.0.dist-info/METADATA"), text)]).len(), 1);
    }

    #[test]
    fn a_file_that_states_no_package_is_named_and_costs_no_other() {
        let good = File::in_memory("a.egg-info", "Name: a\nVersion: 1\n");
        let report = Python::detect(&[File::in_memory("b.egg-info", "Name: b\n"), good]).unwrap();
        assert_eq!(report.packages().count(), 1);
        assert_eq!(report.unread[0].path, "b.egg-info");
        assert_eq!(report.unread[0].error.to_string(), "malformed: the metadata of `b` states no version");
    }
}
