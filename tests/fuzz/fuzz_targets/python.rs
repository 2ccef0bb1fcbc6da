//! Reads the metadata of Python packages.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_python::Python;
use limpid_fuzz::contract::{check_detector, files};

const PATHS: &[&str] =
    &["a/a-1.0.dist-info/METADATA", "a/b.egg-info", "a/a-1.0.dist-info/PKG-INFO", "a/c-1.0-py3.8.egg"];

fuzz_target!(|data: &[u8]| check_detector::<Python>(&files(data, PATHS)));
