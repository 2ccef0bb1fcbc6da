//! What a fetched or handed-in file holds, as a stream of documents.
//!
//! This crate owns what counts as a document of such a file: the file as it is or decompressed, as its
//! first bytes show, or the members of a zip or a tar, which come one after the other with name and
//! bytes; and the settings `documents.*` that bound it. How bytes are stored is `limpid_bytes`'. It
//! knows nothing of who reads them and why. Nothing is unpacked to disk, under no
//! name; archives inside of archives are not opened. Every byte is foreign: all that is done has a
//! limit in [`Limits`].
//!
//! Errors are those of input and output, since readers of bytes know no others: what is damaged,
//! not supported or over a limit is an [`InvalidData`](std::io::ErrorKind::InvalidData) that holds
//! an [`Error`]; all others are the machine's.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use limpid_documents::{Documents, Limits, Part};
//!
//! # fn main() -> std::io::Result<()> {
//! let mut file = tempfile::tempfile()?;
//! file.write_all(&zstd::encode_all(&b"{}"[..], 1)?)?;
//! let mut documents = Documents::open("a.json", Part::whole(file)?, &Limits::default())?;
//! let mut text = String::new();
//! while let Some(mut document) = documents.next()? {
//!     document.read_to_string(&mut text)?;
//! }
//! assert_eq!(text, "{}");
//! # Ok(())
//! # }
//! ```

mod budget;
mod documents;
mod error;
mod limits;
mod tar;

pub use limpid_bytes::Part;

pub use documents::{Document, Documents};
pub use error::Error;
pub use limits::Limits;

#[cfg(test)]
mod tests;
