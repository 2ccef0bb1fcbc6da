//! Reads databases of RPM of all forms, with a journal, and a manifest; makes keys of the versions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_rpm::Rpm;
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::File;

fuzz_target!(|data: &[u8]| {
    // The first byte says which file it is, or how much of it is a database with the rest its journal.
    let Some((&first, rest)) = data.split_first() else { return };
    let file = |path: &str, bytes: &[u8]| File::in_memory(path, bytes);
    let files = match first {
        b'M' => vec![file("var/lib/rpmmanifest/container-manifest-2", rest)],
        b'N' => vec![file("var/lib/rpmmanifest/container-manifest-1", rest)],
        b'P' => vec![file("var/lib/rpm/Packages", rest)],
        kilobytes => {
            let (database, journal) = rest.split_at(rest.len().min(usize::from(kilobytes) * 512));
            vec![file("var/lib/rpm/rpmdb.sqlite", database), file("var/lib/rpm/rpmdb.sqlite-wal", journal)]
        }
    };
    check_detector::<Rpm>(&files);
});
