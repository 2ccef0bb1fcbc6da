//! Foreign bytes: parts of files, decompression, and readers of tars and zips, for layers, archives
//! of images and documents of feeds alike.
//!
//! This crate owns how bytes are stored, and not what they mean: which files of a tar are an image,
//! what a whiteout hides, which member of a zip is a document, is for those who call it. It has no
//! settings. Whatever foreign bytes could make large has a [`Limit`] that the caller gives, with the
//! name of its setting, and an [`Error`] that names both. Nothing is unpacked to disk under a name.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use limpid_bytes::{Compression, Decoding, Inflater, Limit, Part, Trailing};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut file = tempfile::tempfile()?;
//! file.write_all(&zstd::encode_all(&b"text"[..], 1)?)?;
//! let part = Part::whole(file)?;
//! let decoding = Decoding { window: Limit::of("window", 8 << 20), trailing: Trailing::Refused };
//! let compression = Compression::of(&part.head("the file")?);
//! let mut text = String::new();
//! Inflater::new(&part, "the file", compression, &decoding)?.read_to_string(&mut text)?;
//! assert_eq!(text, "text");
//! # Ok(())
//! # }
//! ```

mod budget;
mod compression;
mod error;
mod inflate;
mod limit;
mod part;
mod path;
mod spool;
mod stop;
mod stored;
pub mod tar;
pub mod zip;

pub use budget::{Budget, Inflation};
pub use compression::Compression;
pub use error::Error;
pub use inflate::{Buffer, Decoding, Ended, Inflater, Job, Output, Trailing, inflate};
pub use limit::Limit;
pub use part::{Part, PartReader, unnamed};
pub use path::{Refusal, escape, normalise};
pub use spool::Spool;
pub use stop::Stop;
