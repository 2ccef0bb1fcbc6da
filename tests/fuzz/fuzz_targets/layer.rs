//! Reads a layer twice, with memory and without: the tar, whiteouts, links, sparse files.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use limpid_bytes::Stop;
use limpid_fuzz::{images, layers, tars};
use limpid_images::ImageSource as _;

fuzz_target!(|data: &[u8]| {
    let (limits, without_memory) = (images::limits(), images::limits_without_memory());
    let bytes = images::archive_of(&tars::repaired(data));
    let archive = images::open(&bytes, &limits).expect("the archive around the layer is right");
    let images = archive.images(&Stop::default()).expect("the image around the layer is right");
    let layer = &images[0].layers[0];
    let (first, second) =
        (layers::read_one(&archive, layer, &limits), layers::read_one(&archive, layer, &without_memory));
    match (first, second) {
        (Ok(first), Ok(second)) => {
            first.check(&limits);
            second.check(&without_memory);
            first.check_same_as(&second);
        }
        (Err(first), Err(second)) => assert_eq!(first.to_string(), second.to_string()),
        (first, second) => panic!("with memory {first:?}, without {second:?}"),
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tars::mutate(data, size, max_size, seed)
});
