//! Finds Ruby gems.
//!
//! | File | States |
//! |---|---|
//! | `specifications/NAME-VERSION.gemspec` | a gem that RubyGems or Bundler installed, or a distribution |
//! | `specifications/default/*.gemspec` | a gem that came with Ruby |
//! | `bundler/gems/*/NAME.gemspec` | a gem that Bundler checked out of a repository |
//! | `Gemfile.lock`, `gems.locked` | gems that an application asks for |
//!
//! Of a specification the line that RubyGems itself reads says what it is of (`# stub: NAME VERSION PLATFORM PATHS`);
//! older ones have none, and are read line by line. Both are written by RubyGems. A specification that somebody wrote
//! is a program, which nobody runs here: where it has neither, it is *unread*.
//!
//! Gems of a repository, of a folder and of sources of plugins are [not RubyGems'](limpid_lockfile#what-is-stated).
//!
//! A default gem stays where it is when a newer one is installed, and both are stated. Lock files of gems and of tests
//! are [not an application's](limpid_lockfile::is_of_another). Gems in archives (`cache/*.gem`) are not installed.
//!
//! A gem needs its dependencies to run, as its specification has them, or what a lock file lists below it.
//!
//! Versions are ordered by the scheme `gem`; advisories are in the namespace `rubygems`.

pub mod gemspec;
pub mod lock;
mod upgrade;

use limpid_lockfile::{Origin, declare, is_of_another};
use limpid_plugin_sdk::detector::{Advice, Claim, Detector, File, Package, Reason, Report, System, Wish};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use gemspec::Gemspec;
use lock::Locked;

/// The largest specification that is read, in bytes. Those of gems with thousands of files have half a megabyte.
pub const MAX_GEMSPEC: u64 = 4 * 1024 * 1024;

/// The detector `ruby`.
#[derive(Debug)]
pub struct Ruby;

impl Detector for Ruby {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/specifications/*.gemspec"),
            Claim::alone("**/specifications/default/*.gemspec"),
            // A repository may hold several gems, each in a folder of its own.
            Claim::alone("**/bundler/gems/*/{*.gemspec,*/*.gemspec}"),
            Claim::alone("**/{Gemfile.lock,gems.locked}"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            if file.path().ends_with(".gemspec") { installed(file, report) } else { declared(file, report) }
        }))
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Ruby);

fn installed(file: &File, report: &mut Report) -> Result<(), Error> {
    let bytes = file.read_to_vec(MAX_GEMSPEC)?;
    let Gemspec { name, version, platform, licenses, requires } = match Gemspec::parse(&bytes) {
        Ok(gemspec) => gemspec,
        // Bundler writes what it evaluates; what it does not is of tests and examples of the repository.
        Err(_) if is_part_of_checkout(file.path()) => return Ok(()),
        Err(error) => return Err(error),
    };
    // The folder has only the beginning of the commit, and not whose repository it is.
    let origin = if is_of_checkout(file.path()) { Origin::commit("git", "", "") } else { Origin::Published };
    let package = package(&name, &version, platform.as_deref(), &origin);
    let package = match requires {
        Some(requires) => package.requires(requires),
        None => package,
    };
    report.found(file.path(), licenses.into_iter().fold(package, Package::license));
    Ok(())
}

/// Whether it is below the folder of a checkout.
fn is_part_of_checkout(path: &str) -> bool {
    path.rsplit('/').nth(3) == Some("gems") && path.rsplit('/').nth(4) == Some("bundler")
}

/// Whether Bundler checked it out of a repository.
fn is_of_checkout(path: &str) -> bool {
    let folders = path.rsplit('/').skip(1).collect::<Vec<_>>();
    folders.windows(2).any(|pair| pair == ["gems", "bundler"])
        && !folders.first().is_some_and(|folder| matches!(*folder, "specifications" | "default"))
}

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    if is_of_another(file.path()) {
        return Ok(());
    }
    declare(file, report, |declarations| {
        let gems = lock::read(file.reader(), declarations.problems())?;
        gems.into_iter().try_for_each(|gem| {
            let reason = if gem.is_requested { Reason::Requested } else { Reason::Dependency };
            let Locked { name, version, platform, origin, requires, .. } = gem;
            let package = package(&name, &version, platform.as_deref(), &origin).reason(reason);
            declarations.push(Package { requires, ..package })
        })
    })
}

/// A gem; of a platform where it holds what was compiled for that.
fn package(name: &str, version: &str, platform: Option<&str>, origin: &Origin) -> Package {
    let package = Package::new(name, version, "gem");
    let purl = Purl::new("gem", name).version(version);
    match platform {
        Some(platform) => {
            origin.state(package.arch(platform), "rubygems", purl.qualifier("platform", platform))
        }
        None => origin.state(package, "rubygems", purl),
    }
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    const GEMSPEC: &str = "# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.15.4 x86_64-linux lib\n\n\
                           Gem::Specification.new do |s|\n  s.licenses = [\"MIT\".freeze]\nend\n";

    #[test]
    fn a_specification_gives_an_installed_gem() {
        let path = "usr/local/bundle/specifications/nokogiri-1.15.4-x86_64-linux.gemspec";
        let report = Ruby::detect(&[File::in_memory(path, GEMSPEC)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("nokogiri", "1.15.4"));
        assert_eq!(package.purl, "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux");
        assert_eq!(
            (package.scheme.as_str(), &package.scope),
            ("gem", &Scope::Namespace("rubygems".to_owned()))
        );
        assert_eq!((package.evidence, package.arch.as_deref()), (Evidence::Installed, Some("x86_64-linux")));
        assert_eq!(package.licenses, ["MIT"]);
        assert_eq!(report.findings[0].path, path);
    }

    #[test]
    fn what_bundler_checked_out_or_found_in_a_folder_is_not_rubygems() {
        let scope = |path: &str, text: &str| {
            let report = Ruby::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            let package = report.packages().next().unwrap();
            assert_ne!(package.scope, Scope::Distribution);
            (package.scope == Scope::Namespace("rubygems".to_owned()), package.purl.clone())
        };
        let purl = "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux";
        for folder in ["specifications", "specifications/default"] {
            assert_eq!(scope(&format!("usr/bundle/{folder}/n-1.gemspec"), GEMSPEC), (true, purl.to_owned()));
        }
        for folder in ["a-0123456789ab", "a-0123456789ab/a"] {
            let path = format!("usr/bundle/bundler/gems/{folder}/n.gemspec");
            assert_eq!(scope(&path, GEMSPEC), (false, purl.to_owned()));
        }
        let git = "GIT\n  remote: https://example.org/a.git\n  revision: 0123\n  specs:\n    a (1.0)\n";
        let purl = "pkg:gem/a@1.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git%400123";
        assert_eq!(scope("app/Gemfile.lock", git), (false, purl.to_owned()));
        let folder = "PATH\n  remote: engines/a\n  specs:\n    a (1.0)\n";
        assert_eq!(scope("app/Gemfile.lock", folder), (false, "pkg:gem/a@1.0".to_owned()));
    }

    #[test]
    fn a_specification_that_is_code_is_named_with_the_reason() {
        let code = "Gem::Specification.new do |s|\n  s.name = 'a'\n  s.version = A::VERSION\nend\n";
        let unread = |path: &str| {
            let report = Ruby::detect(&[File::in_memory(path, code)]).unwrap();
            assert_eq!(report.findings, []);
            report.unread.iter().map(|unread| unread.error.to_string()).collect::<Vec<_>>()
        };
        let why = "unsupported: the specification is a program, which computes `version` in line 3";
        assert_eq!(unread("usr/lib/ruby/gems/3.1.0/specifications/a-1.gemspec"), [why]);
        assert_eq!(unread("usr/local/bundle/bundler/gems/a-0123456789ab/a.gemspec"), [why]);
        assert_eq!(unread("usr/local/bundle/bundler/gems/a-0123456789ab/spec/a.gemspec"), [""; 0]);
        let long = "#".repeat(MAX_GEMSPEC as usize + 1);
        let report = Ruby::detect(&[File::in_memory("specifications/a-1.gemspec", long)]).unwrap();
        assert_eq!(
            report.unread[0].error.to_string(),
            "unsupported: the file has 4194305 bytes, over this plugin's limit of 4194304"
        );
    }

    #[test]
    fn a_lock_file_gives_what_an_application_asks_for() {
        let text = "GEM\n  specs:\n    a (1.0)\n      b\n    b (2.0-java)\n\nDEPENDENCIES\n  a\n";
        let found = |path: &str| {
            let report = Ruby::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            let word = |it: &Package| (it.purl.clone(), it.evidence, it.reason);
            report.packages().map(word).collect::<Vec<_>>()
        };
        let expected = [
            ("pkg:gem/a@1.0".to_owned(), Evidence::Declared, Some(Reason::Requested)),
            ("pkg:gem/b@2.0?platform=java".to_owned(), Evidence::Declared, Some(Reason::Dependency)),
        ];
        assert_eq!(found("app/Gemfile.lock"), expected);
        assert_eq!(found("app/gems.locked"), expected);
        assert_eq!(found("usr/lib/ruby/gems/3.1.0/gems/rbs-2.1.0/Gemfile.lock"), []);
    }
}
