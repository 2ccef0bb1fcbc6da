//! Entries of GHC's
//! [databases of packages](https://downloads.haskell.org/ghc/latest/docs/users_guide/packages.html#installed-pkg-info): fields
//! with their values, which go on in lines that are indented.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Package, Requirement};
use limpid_plugin_sdk::text::Lines;

use crate::{is_name, is_version};

/// The longest line that is read whole, in bytes: of longer ones, which list modules, the beginning.
const MAX_LINE: usize = 4096;

/// How many lines are read.
const MAX_LINES: u64 = 100_000;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// A library of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The name of its package, which of a part of one is another than the library's.
    pub name: String,
    /// Numbers between dots.
    pub version: String,
    /// An SPDX expression, or Cabal's own word: `BSD3`.
    pub license: Option<String>,
    /// The packages that it needs; none where they are not known whole.
    pub requires: Option<Vec<Requirement>>,
}

impl Library {
    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// Those of the reader, and [`Error::Malformed`] where it has no name or no version.
    pub fn read(reader: impl BufRead) -> Result<Self, Error> {
        const FIELDS: [&str; 4] = ["name", "package-name", "version", "license"];
        let mut lines = Lines::new(reader, MAX_LINE);
        let mut values = [const { String::new() }; FIELDS.len()];
        let mut open: Option<usize> = None;
        let (mut requires, mut is_in_depends) = (Some(Vec::new()), false);
        while let Some(line) = lines.next()? {
            let text = line.text();
            if line.number > MAX_LINES {
                break;
            }
            let (place, value) = if text.starts_with([' ', '\t']) {
                (open, text.trim())
            } else {
                let Some((field, value)) = text.split_once(':') else { continue };
                is_in_depends = field.eq_ignore_ascii_case("depends");
                (FIELDS.iter().position(|known| field.eq_ignore_ascii_case(known)), value.trim())
            };
            if is_in_depends {
                let is_whole = |known: &Vec<_>| !line.cut && known.len() <= Package::MAX_REQUIREMENTS;
                requires = requires.filter(is_whole);
                requires.iter_mut().for_each(|known| known.extend(value.split_whitespace().map(requirement)));
            }
            open = place;
            // The value may be on the line that follows; the first one counts.
            if let Some(known) = place.and_then(|place| values.get_mut(place))
                && known.is_empty()
            {
                value.clone_into(known);
            }
        }
        let [library, package, version, license] = values;
        let name = if package.is_empty() { library } else { package };
        if !is_name(&name) {
            return Err(Error::malformed("the library has no name"));
        }
        if !is_version(&version) {
            return Err(Error::malformed("the library has no version"));
        }
        let license = Some(license).filter(|license| (1..=MAX_LICENSE).contains(&license.len()));
        Ok(Self { name, version, license, requires })
    }
}

/// The package of a unit: `text-2.0.2`, `aeson-2.1.2.1-9LQr7MHGhbK1rTPj`, and of those of GHC also `rts`. A part of a package
/// that is a library has its own name behind that.
fn requirement(unit: &str) -> Requirement {
    let mut versions = unit.match_indices('-').filter_map(|(at, _)| {
        let version = unit.get(at + 1..)?.split('-').next().filter(|version| is_version(version))?;
        Some((unit.get(..at)?, version))
    });
    match versions.rfind(|(name, _)| is_name(name)) {
        Some((name, version)) => Requirement::from((name.to_owned(), version)),
        None => Requirement::from(unit),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<(String, String, Option<String>), String> {
        let library = Library::read(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok((library.name, library.version, library.license))
    }

    #[test]
    fn a_library_has_a_name_and_a_version() {
        let check = |text: &str, name: &str, version: &str, license: Option<&str>| {
            let expected = (name.to_owned(), version.to_owned(), license.map(str::to_owned));
            assert_eq!(read(text), Ok(expected), "{text:?}");
        };
        check("name: a-b\nversion: 1.0\n", "a-b", "1.0", None);
        check(
            "Name:\n    a\nVersion:\n    1.0\nlicense: MIT\nexposed-modules:\n    B\n",
            "a",
            "1.0",
            Some("MIT"),
        );
        check("name: z-a-z-part\nversion: 1\npackage-name: a\nlib-name: part\n", "a", "1", None);
        check("name: a\ndescription:\n    version: 9\nversion: 1\nversion: 2\n", "a", "1", None);
    }

    #[test]
    fn a_library_needs_the_packages_of_units() {
        let needed = |text: &str| {
            let library = Library::read(format!("name: a\nversion: 1\n{text}").as_bytes()).unwrap();
            let word =
                |needed: Requirement| format!("{} {}", needed.name, needed.version.unwrap_or_default());
            Some(library.requires?.into_iter().map(word).collect::<Vec<_>>().join(", "))
        };
        let text = "depends:\n    base-4.18.1 ghc-prim-0.10.0\n    rts aeson-2.1.2.1-9LQr7MHGhbK1rTPj\n    \
                    x-y-1.0-inplace-part\nexposed-modules:\n    B-1\n";
        assert_eq!(needed(text).unwrap(), "base 4.18.1, ghc-prim 0.10.0, rts , aeson 2.1.2.1, x-y 1.0");
        assert_eq!(needed("depends: base-4\n").unwrap(), "base 4");
        assert_eq!(needed("").unwrap(), "");
        assert_eq!(needed(&format!("depends: {}\n", "b ".repeat(MAX_LINE))), None);
    }

    #[test]
    fn what_is_no_library_is_malformed() {
        let check = |text: &str, expected: &str| assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        check("", "malformed: the library has no name");
        check("name: a/b\nversion: 1\n", "malformed: the library has no name");
        check("name: a\nversion: x\n", "malformed: the library has no version");
        let late = format!("name: a\n{}version: 1\n", "x\n".repeat(MAX_LINES as usize));
        check(&late, "malformed: the library has no version");
    }

    proptest! {
        #[test]
        fn no_entry_is_too_odd_to_be_read(text in "((name|version|package-name|license):| |\n|a|1|\\.|é){0,40}") {
            if let Ok((name, version, _)) = read(&text) {
                prop_assert!(!name.is_empty() && !version.is_empty());
            }
        }
    }
}
