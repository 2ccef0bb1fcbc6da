//! Reads the `package.json` of npm packages, lock files, and zips of Yarn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_node::Node;
use limpid_fuzz::contract::{check_detector, files};
use limpid_plugin_sdk::detector::File;

const PATHS: &[&str] =
    &["node_modules/a/package.json", "node_modules/@a/b/package.json", "opt/a/package.json"];

const LOCKS: &[&str] =
    &["a/package-lock.json", "a/yarn.lock", "a/pnpm-lock.yaml", "a/bun.lock", "a/.yarn/cache/a.zip"];

fuzz_target!(|data: &[u8]| {
    check_detector::<Node>(&files(data, PATHS));
    for path in LOCKS {
        check_detector::<Node>(&[File::in_memory(*path, data)]);
    }
});
