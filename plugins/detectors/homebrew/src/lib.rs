//! Finds what [Homebrew](https://docs.brew.sh/) installed, on Linux wherever its prefix is (`/home/linuxbrew/.linuxbrew`).
//!
//! | File | States |
//! |---|---|
//! | `Cellar/NAME/VERSION/INSTALL_RECEIPT.json` | a formula, its tap, its architecture, and whether somebody asked for it |
//! | `Cellar/NAME/VERSION/.brew/NAME.rb` | its licence; where its layer has no receipt of it, the formula |
//!
//! Name and version are those of the folders, as Homebrew tells them: a receipt has the version of the sources only, without
//! the formula's revision (`3.0.12_1`). A formula of another tap than `homebrew/core` is called with it
//! (`owner/tap/name`). The formula itself is a program, of which only a line is read that names licences as texts.
//!
//! A formula needs those that its receipt says it declares itself, or, where that is not told apart, all that it was linked
//! with. Receipts have the versions of back then, which are not stated: Homebrew updates formulae one by one.
//!
//! Versions are ordered by the scheme `generic`; the namespace is `brew`, in which no publisher states advisories. Casks are
//! not found: they are for macOS.

pub mod formula;
pub mod receipt;

use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::MAX_FILE;
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Reason, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use receipt::Receipt;

/// The tap of formulae that are called by their bare names.
const CORE: &str = "homebrew/core";

/// The detector `homebrew`.
#[derive(Debug)]
pub struct Homebrew;

impl Detector for Homebrew {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::together("**/Cellar/*/*/INSTALL_RECEIPT.json"),
            Claim::together("**/Cellar/*/*/.brew/*.rb"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let receipts: BTreeSet<&str> =
            files.iter().filter_map(|file| file.path().strip_suffix("/INSTALL_RECEIPT.json")).collect();
        let mut licenses = BTreeMap::new();
        for file in files {
            let Some(keg) = keg_of_formula(file.path()) else { continue };
            match formula::license(file.reader()) {
                Ok(license) if receipts.contains(keg) => {
                    licenses.extend(license.map(|license| (keg, license)));
                }
                Ok(license) => found(file, keg, &Receipt::default(), license, &mut report),
                Err(error) => report.unread(file.path(), error),
            }
        }
        for file in files {
            let Some(keg) = file.path().strip_suffix("/INSTALL_RECEIPT.json") else { continue };
            match file.read_to_vec(MAX_FILE).and_then(|bytes| Receipt::read(&bytes)) {
                Ok(receipt) => found(file, keg, &receipt, licenses.remove(keg), &mut report),
                Err(error) => report.unread(file.path(), error),
            }
        }
        Ok(report)
    }
}

export_detector!(Homebrew);

/// Reports the formula of a keg, which is a folder `NAME/VERSION`.
fn found(file: &File, keg: &str, receipt: &Receipt, license: Option<String>, report: &mut Report) {
    let mut folders = keg.rsplit('/');
    let (version, name) = (folders.next().unwrap_or_default(), folders.next().unwrap_or_default());
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    if !is_word(name) || !is_word(version) {
        return report.unread(file.path(), Error::malformed("its folders are no name and version"));
    }
    let purl = Purl::new("brew", name.to_lowercase()).version(version);
    let (name, purl) = match receipt.tap.as_deref().filter(|tap| *tap != CORE) {
        Some(tap) => (format!("{tap}/{name}"), purl.namespace(tap)),
        None => (name.to_owned(), purl),
    };
    let mut package = Package::new(name, version, "generic").namespace("brew").purl(purl);
    package.arch.clone_from(&receipt.arch);
    if let Some(requires) = &receipt.requires {
        package = package.requires(requires.iter().cloned());
    }
    package.reason = receipt.is_requested.map(|is_requested| match is_requested {
        true => Reason::Requested,
        false => Reason::Dependency,
    });
    report.found(file.path(), license.into_iter().fold(package, Package::license));
}

/// The keg of `NAME/VERSION/.brew/NAME.rb`.
fn keg_of_formula(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/')?;
    let keg = folder.strip_suffix("/.brew")?;
    let name = keg.rsplit('/').nth(1)?;
    (file.strip_suffix(".rb")? == name).then_some(keg)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    const KEG: &str = "home/linuxbrew/.linuxbrew/Cellar/openssl@3/3.2.0_1";

    fn receipt(keg: &str, tap: &str, is_requested: bool) -> File {
        let text = format!(
            r#"{{"homebrew_version": "4.2.0", "installed_on_request": {is_requested}, "arch": "x86_64",
                "source": {{"tap": "{tap}", "spec": "stable", "versions": {{"stable": "3.2.0"}}}}}}"#
        );
        File::in_memory(format!("{keg}/INSTALL_RECEIPT.json"), text)
    }

    #[test]
    fn a_keg_with_a_receipt_is_installed() {
        let formula = File::in_memory(format!("{KEG}/.brew/openssl@3.rb"), "  license \"Apache-2.0\"\n");
        let report = Homebrew::detect(&[formula, receipt(KEG, CORE, false)]).unwrap();
        assert_eq!(report.unread, []);
        let [package] = report.packages().collect::<Vec<_>>()[..] else { panic!("{report:?}") };
        assert_eq!((package.name.as_str(), package.version.as_str()), ("openssl@3", "3.2.0_1"));
        assert_eq!(package.purl, "pkg:brew/openssl%403@3.2.0_1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("generic", &Scope::Namespace("brew".to_owned()), Evidence::Installed)
        );
        assert_eq!((package.arch.as_deref(), package.reason), (Some("x86_64"), Some(Reason::Dependency)));
        assert_eq!(package.licenses, ["Apache-2.0"]);
    }

    #[test]
    fn a_formula_of_another_tap_is_called_with_it() {
        let report = Homebrew::detect(&[receipt("usr/local/Cellar/Tool/1.0", "acme/tap", true)]).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!(
            (package.name.as_str(), package.purl.as_str()),
            ("acme/tap/Tool", "pkg:brew/acme/tap/tool@1.0")
        );
        assert_eq!(package.reason, Some(Reason::Requested));
    }

    #[test]
    fn a_keg_without_a_receipt_is_told_by_its_formula() {
        let formula = |name: &str| File::in_memory(format!("{KEG}/.brew/{name}.rb"), "");
        let report = Homebrew::detect(&[formula("openssl@3"), formula("patch")]).unwrap();
        assert_eq!(report.packages().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["openssl@3"]);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let file = File::in_memory(format!("{KEG}/INSTALL_RECEIPT.json"), "[]");
        let report = Homebrew::detect(&[file, receipt("Cellar/a b/1", CORE, true)]).unwrap();
        assert_eq!(report.findings, []);
        assert!(report.unread[0].error.to_string().contains("expected an object"));
        assert_eq!(report.unread[1].error, Error::malformed("its folders are no name and version"));
    }
}
