//! Finds packages of NuGet, of which .NET programs and .NET itself are made.
//!
//! | File | States |
//! |---|---|
//! | `NAME.deps.json` | packages that a program was built with, or that a runtime consists of |
//! | a single-file program | the same, by the `NAME.deps.json` that is bundled in it |
//! | `packages.lock.json` | packages that a project asks for |
//!
//! **Runtimes.** A shared runtime (`shared/Microsoft.NETCore.App/8.0.1`) has a list of its own, which names the package
//! that it was made from, and a self-contained program names that as its *runtime pack*. From .NET Core 3.0 on it is
//! `Microsoft.NETCore.App.Runtime.linux-x64`, `Microsoft.AspNetCore.App.Runtime.linux-x64` and so on for each platform;
//! these are the names in advisories of .NET, for the platforms that Microsoft builds. A distribution that builds .NET
//! itself names its own platform (`rhel.8-x64`), of which those advisories say nothing: its own do. An SDK is found by the
//! lists of its tools; it has no package, and no advisory names it.
//!
//! **What is there.** A program's list also names packages of which no file was published: those that only refer to
//! others, and old parts of .NET that the runtime has itself. They have the evidence *declared*; a package with files
//! is *installed*. Projects of a list are the program itself, not packages.
//!
//! What a package needs are those that it refers to for the platform of the list, or for any that a lock file is for.
//!
//! NuGet ignores the case of names, and advisories spell them either way (`Microsoft.NetCore.App.Runtime.linux-x64`): they
//! are stated in lower case, and as they are written in the package URL. Versions are ordered by the scheme `nuget`;
//! advisories are in the namespace of that name.

pub mod bundle;
pub mod deps;
pub mod lock;

use limpid_lockfile::{MAX_FILE, declare, is_of_another};
use limpid_plugin_sdk::detector::{
    Claim, Detector, Evidence, File, Package, Problems, Reason, Report, Requirement,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

/// The detector `dotnet`.
#[derive(Debug)]
pub struct Dotnet;

/// How programs begin that may be a bundle: ELF, PE, and Mach-O of 64 bits.
const PROGRAMS: [&[u8]; 3] = [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe"];

/// A package that a file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it is written there.
    pub name: String,
    /// As it is written there.
    pub version: String,
    /// Whether any file of it is there.
    pub evidence: Evidence,
    /// Whether a project asks for it itself, where that is stated.
    pub reason: Option<Reason>,
    /// Packages that it needs, in lower case, of those that the file names; none where nobody says it.
    pub requires: Option<Vec<Requirement>>,
}

impl Detector for Dotnet {
    fn claims() -> Vec<Claim> {
        let lists = [Claim::alone("**/*.deps.json"), Claim::alone("**/packages.lock.json")];
        let programs = PROGRAMS.map(|begin| Claim::magic_alone(begin).holding(bundle::SIGNATURE));
        lists.into_iter().chain(programs).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            if file.name() == "packages.lock.json" {
                return if is_of_another(file.path()) { Ok(()) } else { declared(file, report) };
            }
            let mut problems = Problems::default();
            if file.name().ends_with(".deps.json") {
                for found in deps::read(&file.read_to_vec(MAX_FILE)?, &mut problems)? {
                    report.found(file.path(), package(found));
                }
            } else if let Some(list) = bundle::list(file)? {
                for found in deps::read(&list, &mut problems)? {
                    report.found_in(file.path(), bundle::MEMBER, package(found));
                }
            }
            report.unread_parts(file.path(), problems);
            Ok(())
        }))
    }
}

export_detector!(Dotnet);

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    declare(file, report, |declarations| {
        let packages = lock::read(&file.read_to_vec(MAX_FILE)?, declarations.problems())?;
        packages.into_iter().try_for_each(|found| declarations.push(package(found)))
    })
}

fn package(found: Found) -> Package {
    let Found { name, version, evidence, reason, requires } = found;
    let purl = Purl::new("nuget", &name).version(&version);
    let package = Package::new(name.to_lowercase(), version, "nuget").namespace("nuget").purl(purl);
    Package { reason, requires, ..package.evidence(evidence) }
}

/// A name and a version of which neither is empty.
fn is_named(name: &str, version: &str) -> bool {
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    is_word(name) && is_word(version)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Scope;

    use super::*;

    const RUNTIME: &str = r#"{
        "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64", "signature": ""},
        "targets": {".NETCoreApp,Version=v8.0/linux-x64": {
            "Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"runtime": {"System.Runtime.dll": {}}}}},
        "libraries": {"Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "package", "serviceable": true, "sha512": ""}}
    }"#;

    #[test]
    fn a_runtime_has_the_name_that_advisories_give_it() {
        let path = "usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/Microsoft.NETCore.App.deps.json";
        let report = Dotnet::detect(&[File::in_memory(path, RUNTIME)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!(package.name, "microsoft.netcore.app.runtime.linux-x64");
        assert_eq!(package.purl, "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1");
        assert_eq!(
            (package.version.as_str(), package.scheme.as_str(), &package.scope),
            ("8.0.1", "nuget", &Scope::Namespace("nuget".to_owned()))
        );
        assert_eq!((package.evidence, package.reason), (Evidence::Installed, None));
    }

    #[test]
    fn a_bundle_states_the_list_in_it() {
        let file = File::in_memory("app/shop", bundle::testing::bundled(6, RUNTIME.as_bytes()));
        let report = Dotnet::detect(&[file]).unwrap();
        assert_eq!(report.unread, []);
        assert_eq!(report.packages().count(), 1);
        let finding = &report.findings[0];
        assert_eq!((finding.path.as_str(), finding.member.as_deref()), ("app/shop", Some(bundle::MEMBER)));
    }

    #[test]
    fn a_lock_file_counts_where_a_project_is() {
        let text =
            r#"{"version": 1, "dependencies": {"net8.0": {"A": {"type": "Direct", "resolved": "1.0.0"}}}}"#;
        let count = |path: &str| {
            let report = Dotnet::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().filter(|it| it.evidence == Evidence::Declared).count()
        };
        assert_eq!(count("src/packages.lock.json"), 1);
        assert_eq!(count("src/tests/packages.lock.json"), 0);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let check = |path: &str, text: &[u8], expected: &str| {
            let report = Dotnet::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.findings, []);
            let reasons: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
            assert_eq!(reasons, [expected], "{path}");
        };
        check("a.deps.json", b"{", "malformed: EOF while parsing an object at line 1 column 1");
        check("packages.lock.json", b"{}", "malformed: it has no `dependencies`");
        let list = bundle::testing::bundled(6, b"{");
        check("shop", &list, "malformed: EOF while parsing an object at line 1 column 1");
        check(
            "a.deps.json",
            " ".repeat(MAX_FILE as usize + 1).as_bytes(),
            "unsupported: the file has 16777217 bytes, over this plugin's limit of 16777216",
        );
    }
}
