//! A program and a library that a linker made, with the symbols that Native Image gives to it.

use std::process::Command;
use std::{env, fs};

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
