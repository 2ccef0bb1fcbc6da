//! `DESCRIPTION` of a package, a record in the form of
//! [Debian's control files](https://stat.ethz.ch/R-manual/R-devel/library/base/html/dcf.html).

use std::collections::BTreeMap;
use std::io::BufRead;

use limpid_lockfile::Origin;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;

use crate::{Repository, is_name, remote};

/// The fields that are read, beside those that say where it is from.
const FIELDS: [&str; 6] = ["Package", "Version", "License", "Built", "biocViews", "Priority"];

/// The fields that name packages without which it does not work; R calls what they name strong dependencies
/// ([`package_dependencies`](https://stat.ethz.ch/R-manual/R-devel/library/tools/html/package_dependencies.html)).
pub(crate) const DEPENDENCIES: [&str; 3] = ["Depends", "Imports", "LinkingTo"];

/// The longest line that is read whole, in bytes: of longer ones, which are lists and texts, the beginning.
const MAX_LINE: usize = 8192;

/// How many lines are read. The longest lists of collated files have some thousands.
const MAX_LINES: u64 = 100_000;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// What the file says of an installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// R tells upper and lower case apart.
    pub name: String,
    /// Two or more numbers between dots and hyphens.
    pub version: String,
    /// In R's own words: `GPL-2 | MIT + file LICENSE`.
    pub license: Option<String>,
    /// Who lists it.
    pub repository: Repository,
    /// Where it was installed from.
    pub origin: Origin,
    /// Names of the packages that it needs; none where they are more than is read.
    pub requires: Option<Vec<String>>,
}

impl Description {
    /// Reads the file; none where it is of no installed package.
    ///
    /// # Errors
    ///
    /// Those of the reader, and [`Error::Malformed`] where a package was built that has no name or no version.
    pub fn read(reader: impl BufRead) -> Result<Option<Self>, Error> {
        let mut lines = Lines::new(reader, MAX_LINE);
        let mut values: BTreeMap<&str, String> = BTreeMap::new();
        // The field whose value a line may go on with.
        let mut open: Option<&str> = None;
        let mut is_cut = false;
        while let Some(line) = lines.next()? {
            let text = line.text();
            if line.number > MAX_LINES || (text.trim().is_empty() && !values.is_empty()) {
                break;
            }
            if text.starts_with([' ', '\t']) {
                if let Some(field) = open
                    && let Some(value) = values.get_mut(field)
                {
                    if line.cut || value.len() + text.len() >= MAX_LINE {
                        is_cut |= DEPENDENCIES.contains(&field);
                        continue;
                    }
                    if !value.is_empty() {
                        value.push(' ');
                    }
                    value.push_str(text.trim());
                }
                continue;
            }
            open = None;
            if let Some((name, value)) = text.split_once(':')
                && let Some(field) =
                    FIELDS.into_iter().chain(DEPENDENCIES).chain(remote::FIELDS).find(|field| *field == name)
            {
                is_cut |= line.cut && DEPENDENCIES.contains(&field);
                values.insert(field, value.trim().to_owned());
                open = Some(field);
            }
        }
        if !values.contains_key("Built") {
            return Ok(None);
        }
        let mut required = |field: &str| {
            let value = values.remove(field).filter(|value| !value.is_empty());
            value.ok_or_else(|| Error::malformed(format_args!("it has no field `{field}`")))
        };
        let (name, version) = (required("Package")?, required("Version")?);
        if !is_name(&name) {
            return Err(Error::malformed(format_args!("`{name:.100}` is no name of a package")));
        }
        let license = values.remove("License").filter(|license| (1..=MAX_LICENSE).contains(&license.len()));
        let repository = match values.get("Priority").map(String::as_str) {
            Some("base") => Repository::R,
            _ if values.contains_key("biocViews") => Repository::Bioconductor,
            _ => Repository::Cran,
        };
        let origin = remote::origin(|field| values.get(field).cloned().unwrap_or_default());
        let requires = (!is_cut).then(|| {
            let fields = DEPENDENCIES.into_iter().filter_map(|field| values.get(field));
            fields.flat_map(|list| list.split(',')).filter_map(dependency).map(str::to_owned).collect()
        });
        Ok(Some(Self { name, version, license, repository, origin, requires }))
    }
}

/// The package of an entry of a list, `a (>= 1.0)`; none where that is R itself.
pub(crate) fn dependency(entry: &str) -> Option<&str> {
    let name = entry.split('(').next().unwrap_or_default().trim();
    (is_name(name) && name != "R").then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Fields = (String, String, Option<String>, Repository);

    fn read(text: &str) -> Result<Option<Fields>, String> {
        let found = Description::read(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(found.map(|it| (it.name, it.version, it.license, it.repository)))
    }

    #[test]
    fn fields_are_read_whole_whatever_their_order() {
        let check = |text: &str, name: &str, version: &str, license: Option<&str>| {
            let expected =
                (name.to_owned(), version.to_owned(), license.map(str::to_owned), Repository::Cran);
            assert_eq!(read(text), Ok(Some(expected)), "{text:?}");
        };
        check("Package: a\nVersion: 1.0\nBuilt: R 4\n", "a", "1.0", None);
        check("Built: R 4\r\nVersion: 1.0-2\r\nPackage: data.table\r\n", "data.table", "1.0-2", None);
        check(
            "Package:a\nVersion:1.0\nLicense:\n  GPL-2\n\tGPL-3\nBuilt: R\n",
            "a",
            "1.0",
            Some("GPL-2 GPL-3"),
        );
        check("Package:\n  a\nTitle: b\n  Package: c\nVersion: 1\nBuilt: R\n", "a", "1", None);
        check("Package: a\nno field\n  x\nVersion: 1\nBuilt: R\n", "a", "1", None);
        let long = format!("Package: a\nVersion: 1\nLicense: {}\nBuilt: R\n", "x".repeat(MAX_LICENSE + 1));
        check(&long, "a", "1", None);
    }

    #[test]
    fn a_package_needs_what_it_depends_on_imports_and_links_to() {
        let check = |fields: &str, expected: Option<&[&str]>| {
            let text = format!("Package: a\nVersion: 1\n{fields}Built: R 4\n");
            let requires = Description::read(text.as_bytes()).unwrap().unwrap().requires;
            let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            assert_eq!(requires, expected.map(names), "{fields}");
        };
        let fields = "Depends: R (>= 4.0.0), methods\nImports: cli (>= 3.6),\n    rlang(>= 1.1), ,\n\tdata.table\n\
                      LinkingTo: cpp11\nSuggests: testthat\nEnhances: x\n";
        check(fields, Some(&["methods", "cli", "rlang", "data.table", "cpp11"]));
        check("", Some(&[]));
        check(&format!("Imports: {}\n", "x, ".repeat(MAX_LINE)), None);
        check(&format!("Imports:{}\n", "\n  xx,".repeat(MAX_LINE)), None);
    }

    #[test]
    fn what_was_not_built_is_not_installed() {
        assert_eq!(read("Package: a\nVersion: 1.0\n"), Ok(None));
        assert_eq!(read("Package: a\nVersion: 1.0\n\nBuilt: R 4\n"), Ok(None));
        assert_eq!(read("This is a text.\n"), Ok(None));
        assert_eq!(read(""), Ok(None));
        let late = format!("Package: a\nVersion: 1\n{}Built: R\n", "x\n".repeat(MAX_LINES as usize));
        assert_eq!(read(&late), Ok(None));
    }

    #[test]
    fn a_package_without_a_name_or_a_version_is_malformed() {
        let check = |text: &str, expected: &str| assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        check("Built: R\nVersion: 1\n", "malformed: it has no field `Package`");
        check("Built: R\nPackage: a\nVersion:\n", "malformed: it has no field `Version`");
        check("Built: R\nPackage: a b\nVersion: 1\n", "malformed: `a b` is no name of a package");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = Description::read(bytes.as_slice());
        }

        #[test]
        fn no_record_is_too_odd_to_be_read(text in "((Package|Version|Built|License|biocViews):|\n| |a|1){0,40}") {
            if let Ok(Some((name, version, ..))) = read(&text) {
                prop_assert!(!name.is_empty() && !version.is_empty());
            }
        }
    }
}
