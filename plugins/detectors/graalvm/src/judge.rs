//! A program and a library that a linker made, with the symbols that Native Image gives to it; and libraries of PyPI that
//! Native Image made for three systems.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use flate2::read::GzDecoder;

use limpid_plugin_sdk::detector::{Detector as _, File};

use crate::GraalVm;
use crate::tests::{BILL, EXPECTED, gzip};

/// The bill of materials comes as a file, beside other data and behind other names.
const PROGRAM: &str = r#"
extern const char sbom[];
__asm__(".pushsection .data\n.byte 1, 2, 3\n.globl sbom\nsbom:\n.incbin \"bill.gz\"\n.popsection");
unsigned long other_sbom = 7;
unsigned long sbom_length = LENGTH;
int main(void) { return sbom[0] == (char)other_sbom; }
"#;

#[test]
#[ignore = "starts gcc; `cargo xtask verify detectors` runs it"]
fn what_a_linker_exports_is_found() {
    let folder = env::temp_dir().join(format!("limpid-graalvm-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let bill = gzip(BILL);
    fs::write(folder.join("bill.gz"), &bill).unwrap();
    fs::write(folder.join("program.c"), PROGRAM.replace("LENGTH", &bill.len().to_string())).unwrap();
    let forms: [&[&str]; 4] =
        [&["-rdynamic"], &["-rdynamic", "-s", "-no-pie"], &["-static"], &["-shared", "-fPIC", "-s"]];
    for arguments in forms {
        let mut gcc = Command::new("gcc");
        let status = gcc.current_dir(&folder).args(["-o", "program", "program.c"]).args(arguments).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{gcc:?}: Debian's packages `gcc` and `libc6-dev` have it"
        );
        let file = File::in_memory("usr/bin/program", fs::read(folder.join("program")).unwrap());
        let report = GraalVm::detect(&[file]).unwrap();
        assert_eq!(report.unread, [], "{arguments:?}");
        let found: Vec<_> =
            report.packages().map(|package| format!("{} {}", package.name, package.purl)).collect();
        assert_eq!(found, EXPECTED, "{arguments:?}");
    }
    fs::remove_dir_all(&folder).unwrap();
    println!("{} programs are read as a linker made them", forms.len());
}

/// Packages of PyPI with a library that has a bill of materials, and for which system.
const WHEELS: [(&str, &str); 3] = [
    ("mesmo==0.1.0rc8", "manylinux_2_28_x86_64"),
    ("mesmo==0.1.0rc8", "win_amd64"),
    ("mesmo==0.1.0rc8", "macosx_15_0_arm64"),
];

/// Files below a folder that are libraries.
fn libraries(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("so" | "dll" | "dylib") => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// The package URLs of Maven's artifacts in whatever is compressed in a file and is CycloneDX: found by how gzip begins,
/// wherever symbols say that it is.
fn compressed(bytes: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for at in (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"\x1f\x8b\x08")) {
        let mut text = String::new();
        let inflated = GzDecoder::new(&bytes[at..]).take(32 << 20).read_to_string(&mut text);
        if inflated.is_ok() && text.contains("CycloneDX") {
            // What has a blank in its name is a title that stood in a manifest, and no artifact.
            let is_artifact = |text: &&str| text.starts_with("pkg:maven/") && !text.contains("%20");
            let quoted = text.split('"').filter(is_artifact);
            found.extend(quoted.map(|purl| purl.split('?').next().unwrap().to_owned()));
        }
    }
    found
}

#[test]
#[ignore = "downloads packages of PyPI: `cargo xtask verify detectors`"]
fn libraries_of_native_image_state_the_bill_that_they_hold() {
    let (mut count, mut artifacts) = (0, 0);
    for (wanted, platform) in WHEELS {
        let folder = env::temp_dir().join(format!("limpid-graalvm-{}-{platform}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let python = |arguments: &[&str]| {
            let status = Command::new("python3").current_dir(&folder).args(arguments).status();
            assert!(status.is_ok_and(|status| status.success()), "{wanted}: {arguments:?}");
        };
        let options = ["--pre", "--no-deps", "--only-binary", ":all:", "--platform", platform, wanted];
        python(&[&["-m", "pip", "--quiet", "download"][..], &options].concat());
        let wheel = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        python(&["-m", "zipfile", "-e", wheel.to_str().unwrap(), "root"]);
        let libraries = libraries(&folder);
        assert!(!libraries.is_empty(), "{wanted} for {platform}");
        for path in libraries {
            let bytes = fs::read(&path).unwrap();
            let expected = compressed(&bytes);
            let report = GraalVm::detect(&[File::in_memory("usr/lib/library", bytes)]).unwrap();
            // Some components are no artifacts: the compiler, and titles that stood in manifests.
            let is_known = |why: &str| why.ends_with("has no name and version");
            let all_known = report.unread.iter().all(|unread| is_known(&unread.error.to_string()));
            assert!(all_known, "{}: {:?}", path.display(), report.unread);
            let found: BTreeSet<String> = report.packages().map(|package| package.purl.to_string()).collect();
            assert_eq!(found, expected, "{}", path.display());
            count += usize::from(!found.is_empty());
            artifacts += found.len();
        }
        fs::remove_dir_all(&folder).unwrap();
    }
    assert_eq!(count, WHEELS.len(), "each library has a bill of materials");
    println!("{artifacts} artifacts of {count} libraries of PyPI are those of their bills of materials");
}
