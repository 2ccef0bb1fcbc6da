//! Libraries of R and generated descriptions, listed by R and read by this detector.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use limpid_plugin_sdk::detector::{Detector as _, File};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::R;

/// How many descriptions are written, and of how many packages R itself installs.
const CASES: usize = 2000;
const INSTALLED: usize = 5;

/// Lists what R finds in its own library and in the one that it was given, and what it reads in descriptions.
const LIST: &str = r#"
folder <- commandArgs(TRUE)[1]
put <- function(path, x) cat(paste(path, x[1], x[2], x[3], sep = "\t"), sep = "\n")
for (library in c(.Library, file.path(folder, "library"))) {
  rows <- installed.packages(lib.loc = library, fields = "License", noCache = TRUE)
  for (i in seq_len(nrow(rows)))
    put(file.path(rows[i, "LibPath"], rows[i, "Package"], "DESCRIPTION"), rows[i, c("Package", "Version", "License")])
}
for (path in list.files(file.path(folder, "generated"), "DESCRIPTION", recursive = TRUE, full.names = TRUE)) {
  x <- read.dcf(path, c("Package", "Version", "License"))[1, ]
  put(path, gsub("[\n\t ]+", " ", trimws(x)))
}
"#;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn description() -> impl Strategy<Value = String> {
    let fields = ("[A-Za-z][A-Za-z0-9.]{0,6}[a-z0-9]", "[0-9]{1,2}([.-][0-9]{1,3}){1,3}", any::<[bool; 5]>());
    fields.prop_map(|(name, version, odd)| {
        let mut lines = vec![format!("Package:{}{name}", if odd[0] { " " } else { "\n    " })];
        if odd[1] {
            lines.push("Description: Some words\n  Version: 9.9\n\tand more.".to_owned());
        }
        lines.push(format!("Version: {version}"));
        lines.push(
            if odd[2] { "License: GPL-2 |\n        MIT + file LICENSE" } else { "License: GPL (>= 2)" }
                .to_owned(),
        );
        if odd[3] {
            lines.push("biocViews: Software".to_owned());
        }
        lines.push("Built: R 4.2.2; ; 2023-01-20 18:24:19 UTC; unix".to_owned());
        if odd[4] {
            lines.reverse();
        }
        lines.join("\n") + "\n"
    })
}

#[test]
#[ignore = "starts R; `cargo xtask verify detectors` runs it"]
fn what_r_lists_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-r-{}", std::process::id())));
    let mut runner = TestRunner::deterministic();
    for number in 0..CASES {
        let place = folder.0.join(format!("generated/{number}"));
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("DESCRIPTION"), description().new_tree(&mut runner).unwrap().current()).unwrap();
    }
    fs::create_dir_all(folder.0.join("library")).unwrap();
    for number in 0..INSTALLED {
        let source = folder.0.join(format!("limpid{number}"));
        fs::create_dir_all(&source).unwrap();
        let text = format!(
            "Package: limpid{number}\nVersion: 1.{number}-2\nTitle: T\nDescription: D.\nAuthor: A\n\
             Maintainer: A <a@example.org>\nLicense: GPL-2 | MIT + file LICENSE\nEncoding: UTF-8\n"
        );
        fs::write(source.join("DESCRIPTION"), text).unwrap();
        fs::write(source.join("NAMESPACE"), "").unwrap();
        let mut install = Command::new("R");
        let library = format!("--library={}", folder.0.join("library").display());
        install.args(["CMD", "INSTALL", "--no-docs", &library]).arg(&source);
        let output = install.output().expect("R cannot be run: it is in Debian's package `r-base-core`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let output = Command::new("Rscript")
        .args(["--vanilla", "-e", LIST])
        .arg(&folder.0)
        .stdin(Stdio::null())
        .output()
        .expect("Rscript cannot be run: it is in Debian's package `r-base-core`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut descriptions, mut installed) = (0, 0);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let [path, name, version, license] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let file = File::in_memory(path.trim_start_matches('/'), fs::read(path).unwrap());
        let report = R::detect(&[file]).unwrap();
        assert_eq!(report.unread, [], "{path}");
        let package = report.packages().next().unwrap_or_else(|| panic!("nothing in {path}"));
        let found = (package.name.as_str(), package.version.as_str(), package.licenses.concat());
        assert_eq!(found, (name, version, license.to_owned()), "{path}");
        descriptions += 1;
        installed += usize::from(!path.contains("/generated/"));
    }
    assert!(descriptions - installed == CASES && installed > INSTALLED + 10, "{descriptions}, {installed}");
    println!(
        "{descriptions} descriptions, of which {installed} are of installed packages, are read as R reads them"
    );
}
