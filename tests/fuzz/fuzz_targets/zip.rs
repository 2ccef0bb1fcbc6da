//! Reads the documents of a zip.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_fuzz::documents;

fuzz_target!(|data: &[u8]| documents::check(data));
