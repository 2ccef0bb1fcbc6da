//! Reads databases of RPM: what is installed, by the headers of packages.
//!
//! | File | Form | Written by |
//! |---|---|---|
//! | `rpmdb.sqlite`, and its journal `rpmdb.sqlite-wal` | [SQLite](https://www.sqlite.org/fileformat2.html) | Fedora since 33, RHEL since 9, Azure Linux |
//! | `Packages.db` | NDB, rpm's own | SUSE since 15 |
//! | `Packages` | hash of Berkeley DB | all before |
//!
//! [`read`] tells them apart by how they begin and shows every header to its caller, as it is found. A database may be
//! damaged or cut off: what can be read is shown, and whatever cannot be is an [`Error`] that is shown among the
//! headers. Files are read at any offset ([`ReadAt`]), and of each at most 16 MiB are kept, beside the one
//! header that is shown; the work is bounded by the size of the file, since no page and no block is read for
//! two headers. [`rows`] shows those of any table, for other package managers that keep theirs in SQLite.
//!
//! The readers are our own: the crates that read SQLite in Rust open files by their names, or do not know of its
//! journal; there are none for the other two forms.
//!
//! ```
//! use limpid_rpmdb::{Error, read};
//!
//! let mut problems = Vec::new();
//! let opened = read(&&b"SQLite format 3\0"[..], None, &mut |header| problems.extend(header.err()));
//! assert_eq!(opened, Err(Error::Malformed("the file ends inside its header".to_owned())));
//! ```

mod bdb;
mod error;
mod header;
mod ndb;
mod source;
mod sqlite;

pub use error::Error;
pub use header::{Files, Header, Package, Relations};
pub use source::ReadAt;
pub use sqlite::Row;

use source::Cached;

/// The largest header that is read, in bytes; the largest that are known (texlive, kernels) have less than 10 MiB.
pub const MAX_HEADER: u64 = 16 << 20;

/// What a reader shows: a header, or what could not be read.
pub type Visitor<'a> = dyn FnMut(Result<Header<'_>, Error>) + 'a;

/// Shows every row of a table of a database of SQLite, whoever's it is, and what of it cannot be read. `journal` is the
/// `-wal` file beside it, where there is one. Texts have to be in UTF-8, and a row has at most [`MAX_HEADER`] bytes.
///
/// # Errors
///
/// Where the file is no database of SQLite, has no such table, or is so damaged that nothing of it can be found.
pub fn rows(
    database: &dyn ReadAt,
    journal: Option<&dyn ReadAt>,
    table: &str,
    visit: &mut dyn FnMut(Result<Row<'_>, Error>),
) -> Result<(), Error> {
    sqlite::rows(Cached::new(database), journal, table, visit)
}

/// Shows every header of a database, and what of it cannot be read. `journal` is the `-wal` file beside a database of
/// SQLite, where there is one.
///
/// # Errors
///
/// Where the file is no database of RPM, or so damaged that nothing of it can be found.
pub fn read(
    database: &dyn ReadAt,
    journal: Option<&dyn ReadAt>,
    visit: &mut Visitor<'_>,
) -> Result<(), Error> {
    let mut file = Cached::new(database);
    let mut start = Vec::new();
    file.read(0, 16.min(file.size()), &mut start);
    if start.starts_with(sqlite::MAGIC) || (start.is_empty() && journal.is_some()) {
        return sqlite::read(file, journal, visit);
    }
    if start.starts_with(ndb::MAGIC) {
        return ndb::read(file, visit);
    }
    if start.get(12..16).is_some_and(bdb::is_magic) {
        return bdb::read(file, visit);
    }
    Err(match start.is_empty() {
        true => Error::Malformed("the file is empty".to_owned()),
        false => Error::Malformed("the file is no database of SQLite, NDB or Berkeley DB".to_owned()),
    })
}
