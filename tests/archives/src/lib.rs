//! Builders of tars, zips and archives of images, for tests of the crates that read them.
//!
//! They write whatever they are told, wrong things too: what is made here is made to be refused as
//! often as to be read.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "only tests call this, and are to fail here"
)]

mod images;
mod packed;
mod tars;

pub use images::{Layout, configuration, docker_archive, docker_archive_of};
pub use packed::{Form, bzip2, file, gzip, tar, xz, zip, zstd};
pub use tars::Tar;
