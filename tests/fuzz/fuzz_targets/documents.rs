//! Reads the documents of a tar, plain and compressed.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use limpid_fuzz::{documents, tars};

fuzz_target!(|data: &[u8]| {
    let is_tar = data.get(257..262).is_some_and(|magic| magic == b"ustar");
    documents::check(&if is_tar { tars::repaired(data) } else { data.to_vec() });
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tars::mutate(data, size, max_size, seed)
});
