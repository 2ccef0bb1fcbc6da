//! Where metadata lies, and what that says: which distribution a file is of, what its name and version are by the
//! name of the folder, and whether it is installed at all.

use std::collections::BTreeSet;

/// A distribution's metadata, by where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// What the metadata is in: the folder `NAME-VERSION.dist-info`, or a file.
    pub(crate) distribution: &'a str,
    /// Which of its files counts, the least first: `METADATA`, then `PKG-INFO`.
    pub(crate) rank: u8,
    /// Whether it is an egg that is a zip.
    pub(crate) is_zip: bool,
    /// The folder that is searched for distributions: `site-packages`.
    root: &'a str,
    /// `NAME-VERSION`, and more.
    stem: &'a str,
}

impl<'a> Place<'a> {
    /// Where the metadata at this path lies; none where it is no metadata.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let (folder, name) = split(path);
        let rank = match name {
            "METADATA" => 0,
            "PKG-INFO" => 1,
            _ => {
                let is_zip = name.ends_with(".egg");
                let stem = name.strip_suffix(".egg-info").or_else(|| name.strip_suffix(".egg"))?;
                return Some(Self { distribution: path, rank: 0, is_zip, root: folder, stem });
            }
        };
        let (mut root, mut name) = split(folder);
        let stem = match name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info")) {
            Some(stem) => stem,
            None if name == "EGG-INFO" => {
                (root, name) = split(root);
                name.strip_suffix(".egg")?
            }
            None => return None,
        };
        Some(Self { distribution: folder, rank, is_zip: false, root, stem })
    }

    /// The name, by that of the folder or file.
    pub(crate) fn name(&self) -> Option<&'a str> {
        self.stem.split('-').next().filter(|name| !name.is_empty())
    }

    /// The version, by the name of the folder or file, where that states one.
    pub(crate) fn version(&self) -> Option<&'a str> {
        self.stem.split('-').nth(1).filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether it lies in Python's own library, beside its modules.
    pub(crate) fn is_of_library(&self) -> bool {
        let (above, last) = split(self.root.strip_suffix("/lib-dynload").unwrap_or(self.root));
        is_python(last) && split(above).1.starts_with("lib")
    }

    /// The folder that is searched for distributions, as far as it can be one: what lies in a folder of tests
    /// within Python's own library, or within `site-packages`, is data of those tests. pip gives a distribution
    /// that it is about to remove a name with a tilde.
    pub(crate) fn root(&self) -> Option<&'a str> {
        (!self.stem.starts_with(['~', '-']) && !is_of_tests(self.root)).then_some(self.root)
    }

    /// Whether it can be of an installed distribution.
    ///
    /// Python finds metadata in the folders of its path, and any folder may be one: `site-packages`, that of an
    /// application, or of copies that a package brings (`setuptools/_vendor`). Only what lies in a folder of tests
    /// below such a folder (of `roots`) is data of the tests of a package that is installed there.
    pub(crate) fn is_installed(&self, roots: &BTreeSet<&str>) -> bool {
        let Some(root) = self.root() else { return false };
        let mut ends = root.match_indices('/').map(|(at, _)| at).chain((!root.is_empty()).then_some(0));
        !ends.any(|at| {
            let (above, below) = (root.get(..at).unwrap_or_default(), root.get(at..).unwrap_or_default());
            roots.contains(above) && below.split('/').any(is_tests)
        })
    }
}

fn is_tests(folder: &str) -> bool {
    ["test", "tests", "testing", "testdata", "test_data", "test-data", "fixtures"].contains(&folder)
}

fn is_of_tests(root: &str) -> bool {
    let mut parts = root.split('/').skip_while(|part| !matches!(*part, "site-packages" | "dist-packages"));
    let of_python = root.split('/').zip(root.split('/').skip(1));
    parts.any(is_tests) || of_python.into_iter().any(|(folder, next)| is_python(folder) && next == "test")
}

/// `python3.12`
fn is_python(folder: &str) -> bool {
    folder.strip_prefix("python").is_some_and(|version| {
        version.contains('.') && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// The folder and the name of a path.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_are_in_the_name_of_what_metadata_lies_in() {
        let check = |path: &str, distribution: &str, name: Option<&str>, version: Option<&str>| {
            let place = Place::of(path).unwrap();
            assert_eq!(
                (place.distribution, place.name(), place.version()),
                (distribution, name, version),
                "{path}"
            );
        };
        check("a/b-1.0.dist-info/METADATA", "a/b-1.0.dist-info", Some("b"), Some("1.0"));
        check("a/b-1.0-py3.8.egg-info/PKG-INFO", "a/b-1.0-py3.8.egg-info", Some("b"), Some("1.0"));
        check("a/b.egg-info/PKG-INFO", "a/b.egg-info", Some("b"), None);
        check("b-1.0.egg-info", "b-1.0.egg-info", Some("b"), Some("1.0"));
        check("a/b-1.0-py2.7.egg/EGG-INFO/PKG-INFO", "a/b-1.0-py2.7.egg/EGG-INFO", Some("b"), Some("1.0"));
        check("a/b-1.0-py2.7.egg", "a/b-1.0-py2.7.egg", Some("b"), Some("1.0"));
        check("a/.dist-info/METADATA", "a/.dist-info", None, None);
        check("a/b-x.dist-info/METADATA", "a/b-x.dist-info", Some("b"), None);
        for path in ["METADATA", "a/METADATA", "EGG-INFO/PKG-INFO", "a/EGG-INFO/PKG-INFO", "a/b.txt"] {
            assert_eq!(Place::of(path), None, "{path}");
        }
    }

    #[test]
    fn packages_in_test_data_of_installed_modules_are_not_installed() {
        let check = |root: &str, expected: bool| {
            let path = format!("{root}/x-1.0.dist-info/METADATA");
            let roots = ["usr/lib/python3.11/site-packages", "opt/app", root].into();
            assert_eq!(Place::of(&path).unwrap().is_installed(&roots), expected, "{root}");
        };
        let site = "usr/lib/python3.11/site-packages";
        check(site, true);
        check("usr/lib/python3/dist-packages", true);
        check("home/test/venv/lib/python3.11/site-packages", true);
        check("srv/tests/venv/lib/python3.11/site-packages", true);
        check("usr/local/aws-cli/v2/dist", true);
        check("app", true);
        check("test", true);
        check("home/test/app", true);
        check("var/task/tests", true);
        check("opt/app", true);
        check("opt/app/lib", true);
        check("opt/python3.11/tests/venv", true);
        check(&format!("{site}/setuptools/_vendor"), true);
        check(&format!("{site}/pip/_vendor"), true);
        check(&format!("{site}/setuptools/tests/config/downloads"), false);
        check(&format!("{site}/importlib_metadata/tests/data"), false);
        check(&format!("{site}/pip/tests/venv/lib/python3.11/site-packages"), false);
        check(&format!("{site}/tests"), false);
        check("usr/lib/python3.11/test/test_importlib/data", false);
        check("opt/app/module/tests/data", false);
        check("opt/app/tests", false);
    }

    #[test]
    fn a_folder_of_tests_counts_only_below_one_in_which_packages_are_installed() {
        let place = Place::of("tests/data/x-1.0.dist-info/METADATA").unwrap();
        assert!(place.is_installed(&["tests/data", "opt"].into()));
        assert!(!place.is_installed(&["tests/data", ""].into()));
    }

    #[test]
    fn what_pip_is_about_to_remove_is_not_installed() {
        let is_installed = |path: &str| Place::of(path).unwrap().is_installed(&BTreeSet::new());
        assert!(!is_installed("lib/site-packages/~ip-23.0.dist-info/METADATA"));
        assert!(is_installed("lib/site-packages/pip-23.0.dist-info/METADATA"));
    }
}
