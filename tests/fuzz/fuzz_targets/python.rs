//! Reads the metadata of Python packages, and what declares them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_python::Python;
use limpid_fuzz::contract::{check_detector, files};
use limpid_plugin_sdk::detector::File;

const PATHS: &[&str] =
    &["a/a-1.0.dist-info/METADATA", "a/b.egg-info", "a/a-1.0.dist-info/PKG-INFO", "a/c-1.0-py3.8.egg"];

const BESIDE: &[&str] = &["a/a-1.0.dist-info/direct_url.json", "a/b.egg-link", "a/b.egg-info"];

const DECLARED: &[&str] = &["a/uv.lock", "a/pylock.toml", "a/Pipfile.lock", "a/requirements.txt"];

fuzz_target!(|data: &[u8]| {
    check_detector::<Python>(&files(data, PATHS));
    check_detector::<Python>(&files(data, BESIDE));
    for path in DECLARED {
        check_detector::<Python>(&[File::in_memory(*path, data)]);
    }
});
