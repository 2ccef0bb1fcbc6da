//! Finds PHP packages of [Composer](https://getcomposer.org/doc/).
//!
//! | File | States |
//! |---|---|
//! | `vendor/composer/installed.json` | packages that Composer installed |
//! | `composer.lock` | packages that an application asks for |
//!
//! The folder of installed packages may be called otherwise (`vendor-dir`), but in it the file has this path. Composer 2
//! writes an object with the list `packages`, Composer 1 the list alone.
//!
//! Packages of a folder beside the application are [not Packagist's](limpid_lockfile#what-is-stated).
//!
//! What is asked for only while somebody works on the application (`packages-dev` of a lock file) has the qualifier
//! `dev`, because `composer install --no-dev` leaves it out. Where it was installed all the same it is there, and has
//! none. Lock files of packages and of tests are [not an application's](limpid_lockfile::is_of_another).
//!
//! Names are in lower case, as Composer compares them. Versions are as the package writes them (`v1.0.0`, `dev-main`)
//! and ordered by the scheme `composer`; advisories are in the namespace of that name. PHP itself, its extensions and
//! packages of PEAR are not found: what PEAR registers is PHP's own form of values in files (`*.reg`), which nothing
//! documents.

pub mod composer;
mod upgrade;

use limpid_lockfile::{MAX_FILE, declare, is_of_another};
use limpid_plugin_sdk::detector::{
    Advice, Claim, Detector, File, Package, Problems, Providers, Report, System, Wish,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use composer::{Composed, Need};

/// The detector `php`.
#[derive(Debug)]
pub struct Php;

impl Detector for Php {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/composer/installed.json"), Claim::alone("**/composer.lock")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            if file.name() == "composer.lock" {
                return if is_of_another(file.path()) { Ok(()) } else { declared(file, report) };
            }
            let mut problems = Problems::default();
            let found = composer::installed(&file.read_to_vec(MAX_FILE)?, &mut problems)?;
            packages(found).for_each(|package| report.found(file.path(), package));
            report.unread_parts(file.path(), problems);
            Ok(())
        }))
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Php);

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    declare(file, report, |declarations| {
        let found = composer::locked(&file.read_to_vec(MAX_FILE)?, declarations.problems())?;
        packages(found).try_for_each(|package| declarations.push(package))
    })
}

/// The packages of one file, of which some need others.
fn packages(found: Vec<Composed>) -> impl Iterator<Item = Package> {
    fn texts(names: &[String]) -> impl Iterator<Item = &str> {
        names.iter().map(String::as_str)
    }
    let mut providers = Providers::default();
    let keep =
        |it: &Composed| providers.keep(&it.name, texts(&it.provides), it.requires.as_deref().map(texts));
    let numbers: Vec<_> = found.iter().map(keep).collect();
    found.into_iter().zip(numbers).map(move |(found, number)| {
        let requires = providers.kept(number);
        Package { requires, ..package(found) }
    })
}

fn package(found: Composed) -> Package {
    let Composed { name, version, licenses, need, origin, .. } = found;
    let purl = match name.split_once('/') {
        Some((vendor, name)) => Purl::new("composer", name).namespace(vendor),
        None => Purl::new("composer", &name),
    };
    let purl = purl.version(&version);
    let package = origin.state(Package::new(name, version, "composer"), "composer", purl);
    let package = licenses.into_iter().fold(package, Package::license);
    if need == Need::Development { package.qualifier("dev", "true") } else { package }
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn what_composer_installed_is_there() {
        let text = r#"{"packages": [{"name": "Monolog/Monolog", "version": "v2.9.1", "license": ["MIT"]}],
                       "dev": true, "dev-package-names": ["monolog/monolog"]}"#;
        let path = "srv/app/vendor/composer/installed.json";
        let report = Php::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("monolog/monolog", "v2.9.1"));
        assert_eq!(package.purl, "pkg:composer/monolog/monolog@v2.9.1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope),
            ("composer", &Scope::Namespace("composer".to_owned()))
        );
        assert_eq!((package.evidence, package.qualifiers.as_slice()), (Evidence::Installed, &[][..]));
        assert_eq!(package.licenses, ["MIT"]);
        assert_eq!(report.findings[0].path, path);
    }

    #[test]
    fn a_package_needs_those_that_provide_what_it_requires() {
        let text = r#"[
            {"name": "a/a", "version": "1", "require": {"php": ">=8", "ext-json": "*", "B/b": "1", "psr/log": "1"}},
            {"name": "b/b", "version": "1", "require": []},
            {"name": "c/c", "version": "1", "provide": {"psr/log": "1.0"}},
            {"name": "d/d", "version": "1", "require": 7}]"#;
        let report = Php::detect(&[File::in_memory("vendor/composer/installed.json", text)]).unwrap();
        assert_eq!(report.unread, []);
        let needs = report.packages().map(|package| {
            Some(package.requires.as_ref()?.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())
        });
        let expected = [Some(vec!["b/b", "c/c"]), Some(vec![]), Some(vec![]), None];
        assert_eq!(needs.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_lock_file_tells_what_is_for_development_only() {
        let text = r#"{"packages": [{"name": "a/a", "version": "1.0"}],
                       "packages-dev": [{"name": "b", "version": "2.0"}]}"#;
        let found = |path: &str| {
            let report = Php::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            let word = |it: &Package| (it.purl.clone(), it.evidence, it.qualifiers.len());
            report.packages().map(word).collect::<Vec<_>>()
        };
        let expected = [
            ("pkg:composer/a/a@1.0".to_owned(), Evidence::Declared, 0),
            ("pkg:composer/b@2.0".to_owned(), Evidence::Declared, 1),
        ];
        assert_eq!(found("app/composer.lock"), expected);
        assert_eq!(found("app/vendor/a/a/composer.lock"), []);
    }

    #[test]
    fn a_damaged_file_or_record_is_named_with_the_reason() {
        let check = |path: &str, text: &str, expected: &[&str]| {
            let report = Php::detect(&[File::in_memory(path, text)]).unwrap();
            let reasons: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
            assert_eq!(reasons, expected, "{text:.40}");
        };
        let (installed, lock) = ("vendor/composer/installed.json", "composer.lock");
        check(installed, "{", &["malformed: EOF while parsing an object at line 1 column 1"]);
        check(installed, r#"[{"name": "a/a"}]"#, &["malformed: record 1: `a/a` has no version"]);
        check(lock, "[]", &["malformed: invalid type: sequence, expected an object at line 1 column 0"]);
        let long = " ".repeat(MAX_FILE as usize + 1);
        let why = "unsupported: the file has 16777217 bytes, over this plugin's limit of 16777216";
        check(lock, &long, &[why]);
    }
}
