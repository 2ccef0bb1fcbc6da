//! Finds npm packages by the `package.json` of each folder in `node_modules`.
//!
//! That is where npm, yarn and pnpm install, below an application and below a package that needs a
//! version of its own: so each of these files is a package that is there, and with the file goes
//! what it states. It is the package itself that names it, because a folder may be called otherwise
//! (`npm install NAME@npm:OTHER`).
//!
//! Other files of that name (a package's own parts, tests and templates) are not asked for. One that
//! names no package or version only tells node how to run what is beside it (`{"type": "module"}`),
//! and states nothing. Packages that yarn leaves packed (`.yarn/cache/*.zip`) are not found.

pub mod manifest;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use manifest::Manifest;

/// The largest file that is read, in bytes. Old npm wrote the package's read-me into it.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The detector `node`.
#[derive(Debug)]
pub struct Node;

impl Detector for Node {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/node_modules/*/package.json"),
            Claim::alone("**/node_modules/@*/*/package.json"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            if is_of_package(file.path())
                && let Some(manifest) = Manifest::parse(&file.read_to_vec(MAX_FILE)?)?
            {
                report.found(file.path(), package(manifest));
            }
            Ok(())
        }))
    }
}

export_detector!(Node);

/// Whether the folder of this file may be that of a package. Others in `node_modules` are of scopes
/// (`@babel`) and of tools (`.bin`, `.cache`): no name of a package begins like these.
fn is_of_package(path: &str) -> bool {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    !folder.starts_with(['@', '.'])
}

fn package(manifest: Manifest) -> Package {
    let Manifest { name, version, licenses } = manifest;
    let package = Package::new(&name, &version, "semver").namespace("npm").purl(purl(&name, &version));
    licenses.into_iter().fold(package, Package::license)
}

/// The package URL, in
/// [lower case](https://github.com/package-url/purl-spec/blob/main/types/npm-definition.json): names
/// with upper case are of packages from before npm forbade it.
fn purl(name: &str, version: &str) -> Purl {
    let name = name.to_lowercase();
    match name.split_once('/') {
        Some((scope, name)) if scope.starts_with('@') => Purl::new("npm", name).namespace(scope),
        _ => Purl::new("npm", name),
    }
    .version(version)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn folders_of_scopes_and_tools_are_no_packages() {
        let check = |path: &str, expected: bool| assert_eq!(is_of_package(path), expected, "{path}");
        check("node_modules/a/package.json", true);
        check("app/node_modules/@a/b/package.json", true);
        check("node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", true);
        check("node_modules/@a/package.json", false);
        check("node_modules/.cache/package.json", false);
        check("node_modules/@a/.b/package.json", false);
    }

    #[test]
    fn a_manifest_gives_a_package() {
        let check = |name: &str, purl: &str| {
            let path = "app/node_modules/folder/package.json";
            let text = format!(r#"{{"name": "{name}", "version": "1.0.0-rc.1+5", "license": "MIT"}}"#);
            let report = Node::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            let packages: Vec<_> = report.packages().collect();
            let package = packages[0];
            assert_eq!((package.name.as_str(), package.version.as_str()), (name, "1.0.0-rc.1+5"));
            assert_eq!(package.purl, purl);
            assert_eq!(
                (package.scheme.as_str(), &package.scope),
                ("semver", &Scope::Namespace("npm".to_owned()))
            );
            assert_eq!((package.evidence, &package.source), (Evidence::Installed, &None));
            assert_eq!(package.licenses, ["MIT"]);
            assert_eq!(report.findings[0].path, path);
        };
        check("left-pad", "pkg:npm/left-pad@1.0.0-rc.1%2B5");
        check("@babel/core", "pkg:npm/%40babel/core@1.0.0-rc.1%2B5");
        check("JSONStream", "pkg:npm/jsonstream@1.0.0-rc.1%2B5");
        check("@odd", "pkg:npm/%40odd@1.0.0-rc.1%2B5");
        check("a/b", "pkg:npm/a%2Fb@1.0.0-rc.1%2B5");
    }

    #[test]
    fn a_marker_states_nothing_and_a_damaged_file_is_named() {
        let check = |path: &str, text: &str, unread: &[&str]| {
            let report = Node::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.findings, []);
            let reasons: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
            assert_eq!(reasons, unread, "{text:.40}");
        };
        check("node_modules/a/package.json", r#"{"type": "module"}"#, &[]);
        check("node_modules/.cache/package.json", "{", &[]);
        check("node_modules/@a/package.json", r#"{"name": "a", "version": "1.0.0"}"#, &[]);
        check(
            "node_modules/a/package.json",
            "{",
            &["malformed: EOF while parsing an object at line 1 column 1"],
        );
        let long = " ".repeat(MAX_FILE as usize + 1);
        let why = "unsupported: the file has 4194305 bytes, over this plugin's limit of 4194304";
        check("node_modules/a/package.json", &long, &[why]);
    }
}
