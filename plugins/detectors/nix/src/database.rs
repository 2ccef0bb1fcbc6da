//! The database of the store: a row of table `ValidPaths` for each folder.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Problems};
use limpid_rpmdb::{ReadAt, rows};

/// How many folders are read of a database.
const MAX_FOLDERS: usize = 300_000;

/// The longest name of a folder, in bytes: a hash, a hyphen and the 211 that Nix allows.
const MAX_NAME: usize = 32 + 1 + 211;

const TABLE: &str = "ValidPaths";
const PATH: usize = 1;

/// The names of valid folders. What is wrong with a row costs that row.
///
/// # Errors
///
/// Where the file is no such database.
pub fn folders(
    database: &File,
    journal: Option<&File>,
    problems: &mut Problems,
) -> Result<Vec<String>, Error> {
    let mut folders = Vec::new();
    let mut is_full = false;
    let journal = journal.map(|journal| journal as &dyn ReadAt);
    rows(database, journal, TABLE, &mut |row| match row {
        Ok(_) if folders.len() == MAX_FOLDERS => is_full = true,
        Ok(row) => match row.text(PATH).and_then(|path| path.rsplit_once('/')) {
            Some((_, folder)) if folder.len() <= MAX_NAME => folders.push(folder.to_owned()),
            _ => problems.push(Error::malformed("a row is no path of the store")),
        },
        Err(why) => problems.push(why.into()),
    })?;
    if is_full {
        problems.push(Error::unsupported(format_args!("not more than {MAX_FOLDERS} folders are read")));
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let database = File::in_memory("db.sqlite", [b"SQLite format 3\0".to_vec(), bytes.clone()].concat());
            let journal = File::in_memory("db.sqlite-wal", bytes);
            let _outcome = folders(&database, Some(&journal), &mut Problems::default());
        }
    }
}
