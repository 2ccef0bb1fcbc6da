//! Finds Perl distributions of [CPAN](https://www.cpan.org/).
//!
//! | File | States |
//! |---|---|
//! | `.meta/NAME-VERSION/install.json` | a distribution that [cpanm](https://metacpan.org/pod/App::cpanminus) installed, by itself or for Carton |
//! | `.meta/NAME-VERSION/MYMETA.json` | its licences, and which modules it needs to run |
//! | `perllocal.pod` | modules that [`make install`](https://metacpan.org/pod/ExtUtils::Install) put there for any client, such as `cpan` |
//! | `auto/**/.packlist` | nothing; one of a module of which neither of the above tells the version is unread |
//! | `cpanfile.snapshot` | distributions that an application of [Carton](https://metacpan.org/pod/Carton) asks for |
//!
//! A distribution is called as the file that was uploaded (`libwww-perl`), and its version is what that file's name has,
//! without the suffix `-TRIAL`: `install.json` itself has the version of a module, which may be another, and where it is a
//! number may have lost a zero. The author is told by the file's place. `perllocal.pod` knows modules only: what is of no
//! distribution that cpanm recorded has the name that [almost all](local::DISTRIBUTIONS) have whose main module it is, and is
//! inferred. Its package URL is a generic one, because one of CPAN has the author in it.
//!
//! What a distribution needs are those of the same layer, or of the same snapshot, that provide the modules that it needs; Perl's
//! own modules are none of these.
//!
//! Versions are ordered by the scheme `cpan`; the namespace is `cpan`. OSV knows no such ecosystem. Perl itself is not found
//! here. What `Module::Build` installed for another client than cpanm is unread: it leaves no more than a list of files.

pub mod distribution;
pub mod installed;
pub mod local;
pub mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::{MAX_FILE, is_of_another};
use limpid_plugin_sdk::detector::{
    Claim, Detector, Evidence, Fact, File, Needs, Package, Problems, Providers, Report,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use distribution::Distribution;
use snapshot::Listed;

/// How many modules of a layer are remembered, in order not to state them twice.
const MAX_MODULES: usize = 200_000;

/// The detector `perl`.
#[derive(Debug)]
pub struct Perl;

impl Detector for Perl {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::together("**/.meta/*/{install,MYMETA}.json"),
            Claim::together("**/perllocal.pod"),
            Claim::together("**/auto/**/.packlist").head(1),
            Claim::alone("**/cpanfile.snapshot"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let (mut licenses, mut needed, mut needs) = (BTreeMap::new(), BTreeMap::new(), Needs::default());
        let (mut providers, mut kept) = (Providers::default(), Vec::new());
        for file in files.iter().filter(|file| file.name() == "MYMETA.json") {
            let bytes = file.read_to_vec(MAX_FILE);
            match bytes.and_then(|bytes| Ok((installed::licenses(&bytes)?, bytes))) {
                Ok((stated, bytes)) => {
                    licenses.insert(folder(file), stated);
                    needed.extend(
                        installed::modules_needed(&bytes, &mut needs).map(|modules| (folder(file), modules)),
                    );
                }
                Err(error) => report.unread(file.path(), error),
            }
        }
        let mut recorded = BTreeSet::new();
        for file in files.iter().filter(|file| file.name() == "install.json") {
            match file.read_to_vec(MAX_FILE).and_then(|bytes| installed::installed(&bytes)) {
                Ok(installed) => {
                    let modules = installed.modules.iter().map(String::as_str);
                    let needed = needed.remove(folder(file));
                    let names = needed.as_ref().map(|all| all.iter().map(|it| it.name.as_str()));
                    let number = providers.keep(&installed.distribution.name, modules, names);
                    kept.push((report.findings.len(), number));
                    let version = bare(&installed.distribution.version).to_owned();
                    let modules = installed.modules.into_iter().map(|module| (module, version.clone()));
                    recorded.extend(modules.take(MAX_MODULES.saturating_sub(recorded.len())));
                    let package = package(&installed.distribution);
                    let licenses = licenses.remove(folder(file)).unwrap_or_default();
                    report.found(file.path(), licenses.into_iter().fold(package, Package::license));
                }
                Err(error) => report.unread(file.path(), error),
            }
        }
        for (place, number) in kept {
            if let Some(Fact::Package(package)) = report.findings.get_mut(place).map(|it| &mut it.fact) {
                package.requires = providers.kept(number);
            }
        }
        let mut known: BTreeSet<String> = recorded.iter().map(|(module, _)| module.clone()).collect();
        for file in files {
            let read = match file.name() {
                "perllocal.pod" => inferred(file, &recorded, &mut known, &mut report),
                "cpanfile.snapshot" if !is_of_another(file.path()) => declared(file, &mut report),
                _ => Ok(()),
            };
            if let Err(error) = read {
                report.unread(file.path(), error);
            }
        }
        for file in files.iter().filter(|file| file.name() == ".packlist") {
            if module(file.path()).is_some_and(|module| !known.contains(&module)) {
                let why = "the version of the module is in no record of its layer";
                report.unread(file.path(), Error::unsupported(why));
            }
        }
        Ok(report)
    }
}

export_detector!(Perl);

/// What `make install` noted, without what cpanm recorded.
fn inferred(
    file: &File,
    recorded: &BTreeSet<(String, String)>,
    known: &mut BTreeSet<String>,
    report: &mut Report,
) -> Result<(), Error> {
    let mut problems = Problems::default();
    for (module, version) in local::modules(file.reader(), &mut problems)? {
        known.insert(module.clone());
        let key = (module, bare(&version).to_owned());
        if !recorded.contains(&key) {
            let distribution = Distribution { name: local::distribution(&key.0), version, author: None };
            report.found(file.path(), package(&distribution).evidence(Evidence::Inferred));
        }
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut providers = Providers::default();
    for Listed { distribution, needs } in
        snapshot::distributions(file.reader(), &mut providers, &mut problems)?
    {
        let requires = providers.kept(needs);
        let package = Package { requires, ..package(&distribution) };
        report.found(file.path(), package.evidence(Evidence::Declared));
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn package(distribution: &Distribution) -> Package {
    let Distribution { name, version, author } = distribution;
    let package = Package::new(name, version, "cpan").namespace("cpan");
    match author {
        Some(author) => package.purl(Purl::new("cpan", name).namespace(author).version(version)),
        None => package.purl(Purl::new("generic", name).version(version)),
    }
}

/// The module of `auto/Try/Tiny/.packlist`.
fn module(path: &str) -> Option<String> {
    let folders = path.strip_suffix("/.packlist")?;
    let (_, folders) =
        folders.rsplit_once("/auto/").or_else(|| folders.strip_prefix("auto/").map(|it| ("", it)))?;
    Some(folders.replace('/', "::"))
}

/// The folder of a file.
fn folder(file: &File) -> &str {
    file.path().rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `make install` may note `1.2.3` of `v1.2.3`.
fn bare(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Requirement, Scope};

    use super::*;

    const META: &str = "usr/local/share/perl/5.36.0/x86_64-linux-gnu/.meta";
    const LOCAL: &str = "usr/local/lib/x86_64-linux-gnu/perl/5.36.0/perllocal.pod";

    fn installed(name: &str, module: &str) -> File {
        let text = format!(
            r#"{{"name": "{module}", "target": "{module}", "version": 1.5, "dist": "{name}", "provides": {{}},
                "pathname": "E/ET/ETHER/{name}.tar.gz"}}"#
        );
        File::in_memory(format!("{META}/{name}/install.json"), text)
    }

    fn noted(module: &str, version: &str) -> String {
        format!("=head2 Sun Nov 5 10:00:00 2023: C<Module> L<{module}|{module}>\n\nC<VERSION: {version}>\n\n")
    }

    #[test]
    fn a_record_of_cpanm_is_installed_with_its_author_and_licence() {
        let meta = r#"{"name": "Try-Tiny", "license": ["mit"], "version": "0.31"}"#;
        let files = [
            File::in_memory(format!("{META}/Try-Tiny-0.31/MYMETA.json"), meta),
            installed("Try-Tiny-0.31", "Try::Tiny"),
        ];
        let report = Perl::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("Try-Tiny", "0.31"));
        assert_eq!(package.purl, "pkg:cpan/ETHER/Try-Tiny@0.31");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("cpan", &Scope::Namespace("cpan".to_owned()), Evidence::Installed)
        );
        assert_eq!(package.licenses, ["mit"]);
    }

    #[test]
    fn a_distribution_needs_those_that_provide_its_modules() {
        let needs = |report: &Report| -> Vec<String> {
            assert_eq!(report.unread, []);
            let stated = report.packages().filter_map(|package| Some((package, package.requires.as_ref()?)));
            let line = |(package, needed): (&Package, &Vec<_>)| {
                let names: Vec<&str> = needed.iter().map(|it: &Requirement| it.name.as_str()).collect();
                format!("{}: {}", package.name, names.join(" "))
            };
            stated.map(line).collect()
        };
        let meta = |modules: &str| format!(r#"{{"prereqs": {{"runtime": {{"requires": {{{modules}}}}}}}}}"#);
        let files = [
            File::in_memory(
                format!("{META}/HTTP-Tiny-1/MYMETA.json"),
                meta(r#""URI": 0, "strict": 0, "HTTP::Tiny": 0"#),
            ),
            File::in_memory(format!("{META}/URI-5/MYMETA.json"), meta("")),
            installed("HTTP-Tiny-1", "HTTP::Tiny"),
            installed("Other-1", "Other"),
            installed("URI-5", "URI"),
        ];
        assert_eq!(needs(&Perl::detect(&files).unwrap()), ["HTTP-Tiny: URI", "URI: "]);
        let text = "# carton snapshot format: version 1.0\nDISTRIBUTIONS\n  A-1.0\n    pathname: A/AB/ABC/A-1.0.tar.gz\n    \
                    provides:\n      A 1.0\n      A::X undef\n    requirements:\n      B::Y 0\n      perl 5.006\n      A::X 0\n  \
                    B-1.0\n    pathname: A/AB/ABC/B-1.0.tar.gz\n    provides:\n      B::Y 1.0\n  C-1.0\n    \
                    pathname: A/AB/ABC/C-1.0.tar.gz\n    requirements:\n      A 0\n      B::Y 0\n";
        let report = Perl::detect(&[File::in_memory("app/cpanfile.snapshot", text)]).unwrap();
        assert_eq!(needs(&report), ["A: B", "B: ", "C: A B"]);
    }

    #[test]
    fn what_make_noted_is_inferred_unless_cpanm_recorded_it() {
        let text =
            [noted("Try::Tiny", "0.31"), noted("LWP", "6.76"), noted("A::B", "v1.2.3"), noted("A", "1")];
        let files = [
            installed("Try-Tiny-0.31", "Try::Tiny"),
            installed("A-B-v1.2.3", "A::B"),
            installed("A-2", "A"),
            File::in_memory(LOCAL, text.concat()),
        ];
        let report = Perl::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let inferred: Vec<_> = report.packages().filter(|it| it.evidence == Evidence::Inferred).collect();
        let words: Vec<_> = inferred.iter().map(|it| format!("{} {}", it.name, it.version)).collect();
        assert_eq!(words, ["A 1", "libwww-perl 6.76"]);
        assert_eq!(inferred[1].purl, "pkg:generic/libwww-perl@6.76");
    }

    #[test]
    fn a_list_of_files_is_unread_where_no_record_has_its_module() {
        let list = |folder: &str| File::in_memory(format!("usr/local/lib/perl/auto/{folder}/.packlist"), "/");
        let files = [
            list("Try/Tiny"),
            list("LWP"),
            list("Built/Module"),
            installed("Try-Tiny-0.31", "Try::Tiny"),
            File::in_memory(LOCAL, noted("LWP", "6.76")),
        ];
        let report = Perl::detect(&files).unwrap();
        let unread: Vec<_> = report.unread.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(unread, ["usr/local/lib/perl/auto/Built/Module/.packlist"]);
        assert_eq!(report.packages().count(), 2);
    }

    #[test]
    fn a_snapshot_counts_where_an_application_is() {
        let text = "# carton snapshot format: version 1.0\nDISTRIBUTIONS\n  A-1.0\n    pathname: A/AB/ABC/A-1.0.tar.gz\n";
        let found = |path: &str| {
            let report = Perl::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().map(|it| (it.purl.clone(), it.evidence)).collect::<Vec<_>>()
        };
        assert_eq!(found("app/cpanfile.snapshot"), [("pkg:cpan/ABC/A@1.0".to_owned(), Evidence::Declared)]);
        assert_eq!(found("app/t/../tests/cpanfile.snapshot"), []);
    }

    #[test]
    fn a_damaged_file_costs_that_file() {
        let files = [
            File::in_memory("a/.meta/A-1/MYMETA.json", "{"),
            installed("A-1", "A"),
            File::in_memory("a/.meta/B-1/install.json", "[]"),
        ];
        let report = Perl::detect(&files).unwrap();
        assert_eq!(report.packages().count(), 1);
        let unread: Vec<_> = report.unread.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(unread, ["a/.meta/A-1/MYMETA.json", "a/.meta/B-1/install.json"]);
    }
}
