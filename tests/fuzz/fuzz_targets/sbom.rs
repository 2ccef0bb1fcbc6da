//! Reads software bills of materials, as they lie in images, as Python's wheels bring them, and as they are submitted;
//! in XML and in envelopes as well.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_python::Python;
use limpid_detector_sbom::Sbom;
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::File;

fuzz_target!(|data: &[u8]| {
    check_detector::<Python>(&[File::in_memory("a/a-1.0.dist-info/sboms/a.cdx.json", data)]);
    check_detector::<Sbom>(&[File::in_memory("app/a.spdx", data)]);
    check_detector::<Sbom>(&[File::in_memory(".limpid/bill-of-materials", data)]);
    check_detector::<Sbom>(&[File::in_memory("opt/bitnami/.bitnami_components.json", data)]);
});
