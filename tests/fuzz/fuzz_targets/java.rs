//! Reads archives of Java, of several names, and files of Maven.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_java::Java;
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::File;

const PATHS: [&str; 5] = [
    "opt/a-1.0.jar",
    "root/.m2/repository/org/a/b/1.0/b-1.0.war",
    "lib/org.springframework.spring-core_5.3.jar",
    "a.rar",
    "META-INF/maven/g/a/pom.properties",
];

fuzz_target!(|data: &[u8]| {
    // The first byte says what the file is called, so that the rest may be a zip as it is.
    let Some((&first, rest)) = data.split_first() else { return };
    let path = PATHS[usize::from(first) % PATHS.len()];
    check_detector::<Java>(&[File::in_memory(path, rest)]);
});
