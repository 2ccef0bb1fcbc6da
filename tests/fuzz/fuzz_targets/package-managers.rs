//! Reads the databases of pacman, opkg, Portage and XBPS.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_opkg::Opkg;
use limpid_detector_pacman::Pacman;
use limpid_detector_portage::Portage;
use limpid_detector_xbps::Xbps;
use limpid_fuzz::contract::{check_detector, files};
use limpid_plugin_sdk::detector::File;

const PACMAN: &[&str] = &["var/lib/pacman/local/a-1-1/desc", "var/lib/pacman/local/a-1-1/files"];

const OPKG: &[&str] = &["usr/lib/opkg/status", "usr/lib/opkg/info/a.control", "usr/lib/opkg/info/a.list"];

const PORTAGE: &[&str] = &[
    "var/db/pkg/a/b-1/CONTENTS",
    "var/db/pkg/a/b-1/SLOT",
    "var/db/pkg/a/b-1/repository",
    "var/db/pkg/a/b-1/CHOST",
    "var/db/pkg/a/b-1/LICENSE",
    "var/db/pkg/a/b-1/PF",
    "var/db/pkg/a/b-1/RDEPEND",
];

const XBPS: &[&str] = &["var/db/xbps/pkgdb-0.38.plist", "var/db/xbps/.a-files.plist"];

fuzz_target!(|data: &[u8]| {
    check_detector::<Pacman>(&files(data, PACMAN));
    check_detector::<Opkg>(&files(data, OPKG));
    check_detector::<Portage>(&files(data, PORTAGE));
    check_detector::<Xbps>(&files(data, XBPS));
    // Of some, the name of a folder or a file is as foreign as what is in it.
    let first = data.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let name = String::from_utf8_lossy(first).replace(['/', '\0'], "");
    let file = |path: String| File::in_memory(path, data);
    check_detector::<Pacman>(&[
        file(format!("var/lib/pacman/local/{name}/desc")),
        file(format!("var/lib/pacman/local/{name}/files")),
    ]);
    check_detector::<Portage>(&[
        file(format!("var/db/pkg/{name}/b-1/CONTENTS")),
        file(format!("var/db/pkg/a/{name}/CONTENTS")),
        file(format!("var/db/pkg/a/{name}/PF")),
    ]);
    check_detector::<Xbps>(&[file(format!("var/db/xbps/.{name}-files.plist"))]);
});
