//! Decompresses gzip, as zlib-ng does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_fuzz::gzip;

fuzz_target!(|data: &[u8]| gzip::check(data));
