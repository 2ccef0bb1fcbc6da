//! What the fuzz targets share: builders of input, and what must hold whatever the input is.
//!
//! A target in `fuzz_targets` is a few lines: it makes bytes into what a reader takes, calls the
//! reader, and checks what comes out by the functions here. A broken rule is a panic, which
//! libFuzzer reports with the bytes that led to it.

pub mod contract;
pub mod debian_policy;
pub mod documents;
pub mod feeds;
pub mod gzip;
pub mod images;
pub mod layers;
pub mod tars;

/// Separates the files of an input that stands for several: a form feed, which none of the formats
/// that are read so has a use for.
pub const SEPARATOR: u8 = 0x0c;
