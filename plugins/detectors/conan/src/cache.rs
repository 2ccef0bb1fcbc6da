//! What is in a cache: of Conan 2, rows of a database of SQLite; of Conan 1, folders.

use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Problems};
use limpid_rpmdb::rows;

use crate::reference::Reference;

/// How many references are read of a cache.
const MAX_REFERENCES: usize = 100_000;

/// The table of packages: its first columns are the reference of the recipe and the recipe's revision.
const TABLE: &str = "packages";
const REFERENCE: usize = 0;
const REVISION: usize = 1;

/// Recipes of which the cache of Conan 2 has packages, each once. What is wrong with a row costs that row.
///
/// # Errors
///
/// Where the file is no such database.
pub fn packages(file: &File, problems: &mut Problems) -> Result<BTreeSet<Reference>, Error> {
    let mut references = BTreeSet::new();
    rows(file, None, TABLE, &mut |row| {
        let row = match row {
            Ok(row) => row,
            Err(why) => return problems.push(why.into()),
        };
        let text = row.text(REFERENCE).unwrap_or_default();
        let revision = row.text(REVISION).unwrap_or_default();
        match Reference::parse(&format!("{text}#{revision}")) {
            Some(reference) if references.contains(&reference) => {}
            Some(_) if references.len() == MAX_REFERENCES => {
                problems.push(Error::unsupported(format_args!(
                    "not more than {MAX_REFERENCES} packages are read"
                )));
            }
            Some(reference) => drop(references.insert(reference)),
            None => problems.push(Error::malformed(format_args!("`{text:.200}` is no reference"))),
        }
    })?;
    Ok(references)
}

/// The recipe of `data/NAME/VERSION/USER/CHANNEL/package/ID/conaninfo.txt`.
pub fn of_path(path: &str) -> Option<Reference> {
    let mut folders = path.rsplit('/').skip(3);
    let (channel, user) = (folders.next()?, folders.next()?);
    let (version, name) = (folders.next()?, folders.next()?);
    Reference::of(name, version, user, channel)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_of_conan_1_are_a_reference() {
        let check = |path: &str, expected: Option<(&str, &str, Option<&str>)>| {
            let found = of_path(path);
            let found = found.as_ref().map(|it| (it.name.as_str(), it.version.as_str(), it.user.as_deref()));
            assert_eq!(found, expected, "{path}");
        };
        check(".conan/data/fmt/8.0/_/_/package/01/conaninfo.txt", Some(("fmt", "8.0", None)));
        check("x/.conan/data/fmt/8.0/acme/ci/package/01/conaninfo.txt", Some(("fmt", "8.0", Some("acme"))));
        check(".conan/data/f mt/8.0/_/_/package/01/conaninfo.txt", None);
        check("conaninfo.txt", None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let file = File::in_memory("p/cache.sqlite3", [b"SQLite format 3\0".to_vec(), bytes].concat());
            let _outcome = packages(&file, &mut Problems::default());
        }
    }
}
