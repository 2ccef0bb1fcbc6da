//! Reads manifests of chisel: as they are, and what is in one once it is decompressed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_chisel::{Chisel, wall};
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::{File, Report};

fuzz_target!(|data: &[u8]| {
    let file = File::in_memory("var/lib/chisel/manifest.wall", data);
    check_detector::<Chisel>(&[file]);
    let _outcome = wall::read("var/lib/chisel/manifest.wall", data, &mut Report::default());
});
