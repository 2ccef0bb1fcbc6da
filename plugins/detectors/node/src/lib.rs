//! Finds npm packages by their `package.json`.
//!
//! In `node_modules` each folder is a package, or one of a scope: that is where npm, yarn and pnpm install, below an
//! application and below a package that needs a version of its own. It is the package itself that names it, because
//! a folder may be called otherwise (`npm install NAME@npm:OTHER`). One that states no name or no version of itself is
//! unread: the package is there, and nobody can judge it. Files of that name below a package are its own parts, tests
//! and templates.
//!
//! Elsewhere a folder is a package by [npm's own rules](https://docs.npmjs.com/about-packages-and-modules): where
//! its file has a valid name and version. So programs are that were unpacked (`opt/yarn-v1.22.22`, what corepack
//! fetched, Debian's `usr/share/nodejs`). An application that is `private` came from no registry, and is not stated;
//! nor are manifests that name no package or version, which tell node how to run what is beside them
//! (`{"type": "module"}`), those in folders of tests, fixtures, examples and templates, and those of other programs'
//! extensions, which use the same file.
//!
//! Packages that Yarn leaves packed are members of zips (`.yarn/cache/*.zip`). What pnpm, Yarn and Bun link to from
//! `node_modules` is stated where it is (`node_modules/.pnpm`, `.store`, `.bun`), and the link is not another one.
//!
//! An installed package needs what its `dependencies` and `optionalDependencies` name. Which of several versions that is,
//! the host tells from where they lie. Lock files tell which is meant themselves; pnpm's name the peers of a package as well.
//! npm before version 5 wrote nothing of that.
//!
//! What lock files name is [declared](limpid_plugin_sdk::detector::Evidence::Declared): for whatever platform it is, and
//! whether or not it is installed. npm's are read in versions 1 to 3, Yarn's of all versions, pnpm's in versions 5 to
//! 9, and Bun's as text in versions 0 to 2. A package of a commit, an archive or a folder is
//! [not npm's](limpid_lockfile#what-is-stated); it has the address as `vcs_url` or `download_url`, and where its version is not
//! stated, the commit stands in its place.
//!
//! No manifest of more than [`MAX_FILE`] bytes is read, and no lock file of more than
//! [its bound](limpid_lockfile::MAX_FILE), or [`MAX_YAML`].

mod lock;
pub mod manifest;
mod packed;
mod place;
mod upgrade;

use limpid_lockfile::Origin;
use limpid_plugin_sdk::detector::{Advice, Claim, Detector, File, Package, Report, System, Wish};
use limpid_plugin_sdk::{Error, Purl, export_detector};

pub use lock::MAX_YAML;
pub use packed::{MAX_MANIFESTS, MAX_MEMBERS};

use manifest::{Manifest, Stated};
use place::Place;

/// The largest file that is read, in bytes. Old npm wrote the package's read-me into it.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The detector `node`.
#[derive(Debug)]
pub struct Node;

impl Detector for Node {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/package.json"),
            Claim::alone("**/.yarn/{cache,berry/cache}/*.zip"),
            Claim::alone("**/yarn/berry/cache/*.zip"),
            Claim::alone("**/{package-lock,npm-shrinkwrap}.json"),
            Claim::alone("**/node_modules/.package-lock.json"),
            Claim::alone("**/{yarn,bun}.lock"),
            Claim::alone("**/pnpm-lock.yaml"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            if file.name() != "package.json" {
                return match lock::Kind::of(file.path()) {
                    Some(kind) => lock::read(kind, file, report),
                    None if packed::is_of_cache(file.path()) => packed::read(file, report),
                    None => Ok(()),
                };
            }
            let place = Place::of(file.path());
            if place == Place::Part {
                return Ok(());
            }
            match (Manifest::parse(&file.read_to_vec(MAX_FILE)?)?, place) {
                (Stated::Package(manifest), place) if place == Place::Installed || manifest.is_of_npm() => {
                    report.found(file.path(), installed(manifest));
                }
                (stated, Place::Installed) => return Err(incomplete(&stated)),
                _ => {}
            }
            Ok(())
        }))
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Node);

fn installed(manifest: Manifest) -> Package {
    let Manifest { name, version, licenses, requires, .. } = manifest;
    let package = package(&name, &version, &Origin::Published);
    let package = match requires {
        Some(requires) => package.requires(requires),
        None => package,
    };
    licenses.into_iter().fold(package, Package::license)
}

/// Why nothing can be said of a package that is there.
fn incomplete(stated: &Stated) -> Error {
    match stated {
        Stated::Part { missing, stated } => {
            Error::malformed(format_args!("the package `{stated:.100}` states no {missing}"))
        }
        Stated::Package(_) | Stated::Marker => {
            Error::malformed("the package states neither name nor version")
        }
    }
}

fn package(name: &str, version: &str, origin: &Origin) -> Package {
    origin.state(Package::new(name, version, "npm"), "npm", purl(name, version))
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
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let report = Node::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        report.packages().map(|package| format!("{} {}", package.name, package.version)).collect()
    }

    #[test]
    fn a_program_or_an_application_outside_of_node_modules_is_a_package() {
        let yarn = r#"{"name": "yarn", "version": "1.22.22", "engines": {"node": ">=4.0.0"}}"#;
        assert_eq!(found("opt/yarn-v1.22.22/package.json", yarn), ["yarn 1.22.22"]);
        assert_eq!(found("app/package.json", r#"{"name": "shop", "version": "2.0.0"}"#), ["shop 2.0.0"]);
        assert_eq!(found("app/package.json", r#"{"name": "shop"}"#), [""; 0]);
        assert_eq!(found("opt/yarn/test/fixtures/package.json", yarn), [""; 0]);
        assert_eq!(found("app/dist/esm/package.json", r#"{"type": "module"}"#), [""; 0]);
    }

    #[test]
    fn a_private_application_is_no_package_of_npm_and_what_is_installed_is_one() {
        let private = r#"{"name": "shop", "version": "2.0.0", "private": true}"#;
        assert_eq!(found("app/package.json", private), [""; 0]);
        assert_eq!(found("app/node_modules/shop/package.json", private), ["shop 2.0.0"]);
    }

    #[test]
    fn the_manifest_of_another_programs_extension_is_no_package() {
        for more in
            [r#""engines": {"vscode": "^1.80.0"}"#, r#""engines": {"atom": "*"}"#, r#""unity": "2021.3""#]
        {
            let text = format!(r#"{{"name": "git", "version": "1.0.0", {more}}}"#);
            assert_eq!(found("opt/code/extensions/git/package.json", &text), [""; 0], "{more}");
        }
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
                ("npm", &Scope::Namespace("npm".to_owned()))
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
    fn what_states_no_version_or_is_damaged_is_named_where_it_is_installed() {
        let check = |path: &str, text: &str, unread: &[&str]| {
            let report = Node::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.findings, []);
            let reasons: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
            assert_eq!(reasons, unread, "{text:.40}");
        };
        check("app/package.json", r#"{"type": "module"}"#, &[]);
        check("node_modules/a/esm/package.json", r#"{"type": "module"}"#, &[]);
        let neither = "malformed: the package states neither name nor version";
        check("node_modules/a/package.json", r#"{"type": "module"}"#, &[neither]);
        let why = "malformed: the package `a` states no version";
        check("node_modules/a/package.json", r#"{"name": "a", "version": null}"#, &[why]);
        let why = "malformed: the package `1.0.0` states no name";
        check("node_modules/@b/a/package.json", r#"{"version": "1.0.0"}"#, &[why]);
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
