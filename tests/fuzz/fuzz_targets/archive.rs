//! Opens an image archive and reads all layers of all its images.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use limpid_fuzz::{images, layers, tars};
use limpid_images::{Error, ImageSource as _};

fuzz_target!(|data: &[u8]| {
    let is_compressed = data.starts_with(b"\x1f\x8b") || data.starts_with(b"\x28\xb5\x2f\xfd");
    let bytes = if is_compressed { data.to_vec() } else { tars::repaired(data) };
    // What is no image is an error; that it is one and nothing worse is all that is asked for.
    let _ = read_all(&bytes);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tars::mutate(data, size, max_size, seed)
});

fn read_all(bytes: &[u8]) -> Result<(), Error> {
    let limits = images::limits();
    let archive = images::open(bytes, &limits)?;
    for image in archive.images(&limpid_bytes::Stop::default())? {
        assert_eq!(image.layers.len(), image.image.layers.len(), "layers of {:?}", image.image);
        for layer in &image.layers {
            if let Ok(reading) = layers::read_one(&archive, layer, &limits) {
                reading.check(&limits);
            }
        }
    }
    Ok(())
}
