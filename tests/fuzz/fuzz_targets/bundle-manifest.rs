//! Reads the manifest of a bundle of documents.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The reader itself, without the store and the engine of plugins that its crate brings.
#[path = "../../../host/scanner/src/bundle/manifest.rs"]
#[expect(dead_code, reason = "nothing here makes a bundle")]
mod manifest;

/// Stands for the scanner's error of this name, of which the reader knows this one.
#[derive(Debug)]
enum BundleError {
    #[expect(dead_code, reason = "shown where a target fails")]
    Unusable(String),
}

use manifest::Manifest;

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::parse(data) else { return };
    let sizes = manifest.sizes().expect("a manifest that contradicts itself was read");
    assert!(sizes.len() <= manifest.sources().flat_map(|source| source.documents()).count());
    let written = serde_json::to_vec(&manifest).expect("what was read can be written");
    assert_eq!(Manifest::parse(&written).expect("what was written can be read"), manifest);
});
