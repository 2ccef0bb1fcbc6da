//! Reads the `package.json` of npm packages.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_node::Node;
use limpid_fuzz::contract::{check_detector, files};

const PATHS: &[&str] =
    &["node_modules/a/package.json", "node_modules/@a/b/package.json", "opt/a/package.json"];

fuzz_target!(|data: &[u8]| check_detector::<Node>(&files(data, PATHS)));
