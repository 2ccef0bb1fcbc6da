//! Finds packages in opkg's databases, which OpenWrt (up to 24.10) keeps in `usr/lib/opkg` and Yocto in
//! `var/lib/opkg`.
//!
//! | File | States |
//! |---|---|
//! | `status` | all packages, a stanza each |
//! | `info/NAME.control` | licence and source of a package |
//! | `info/NAME.list` | the files of a package |
//!
//! What a package needs are the packages that are, or provide, what its stanza of `status` depends on.
//!
//! opkg compares versions as dpkg does, so packages have the scheme `dpkg`. Licence and source of a package are
//! known where its control file lies in the same layer as `status`: layers that install more packages rewrite
//! `status` alone.

pub mod stanza;

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{
    Claim, Detector, Fact, File, Package, Paths, Problems, Providers, Reason, Report,
};
use limpid_plugin_sdk::text::Lines;
use limpid_plugin_sdk::{Error, Purl, export_detector};

use stanza::{Relations, Stanza, Stanzas};

/// Where the databases are. What the first states is not stated again.
const PLACES: [&str; 2] = ["usr/lib/opkg/", "var/lib/opkg/"];

/// How many bytes what is kept of packages may have, as `Kept::count` counts them.
pub const MAX_KEPT: usize = 32 << 20;

/// What a package takes in memory beside its texts, in bytes.
const OVERHEAD: usize = 256;

/// The detector `opkg`.
#[derive(Debug)]
pub struct Opkg;

impl Detector for Opkg {
    fn claims() -> Vec<Claim> {
        // Together, because `status` needs the control files.
        let files = |place: &str| format!("{place}{{status,info/*.control,info/*.list}}");
        PLACES.map(|place| Claim::together(files(place))).into()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut kept = Kept::default();
        let mut paths = Paths::default();
        for place in PLACES {
            let here = || files.iter().filter_map(|file| Some((file.path().strip_prefix(place)?, file)));
            let mut controls = Controls::new();
            for (_, file) in here().filter(|(path, _)| path.ends_with(".control")) {
                if let Err(error) = read_control(file, &mut controls, &mut kept) {
                    report.unread(file.path(), error);
                }
            }
            for (path, file) in here() {
                let read = match path.strip_prefix("info/").and_then(|name| name.strip_suffix(".list")) {
                    Some(package) => read_list(file, package, &mut paths, &mut report),
                    None if path == "status" => read_status(file, &controls, &mut kept, &mut report),
                    None => Ok(()),
                };
                if let Err(error) = read {
                    report.unread(file.path(), error);
                }
            }
        }
        kept.state_needs(&mut report);
        Ok(report)
    }
}

export_detector!(Opkg);

/// Control files by the names of their packages.
type Controls = BTreeMap<String, Stanza>;

/// What is kept in memory.
#[derive(Default)]
struct Kept {
    /// Name, version and architecture of packages that were stated.
    stated: BTreeSet<[String; 3]>,
    /// Places of packages among the findings, and what they depend on.
    needs: Vec<(usize, Relations)>,
    providers: Providers,
    bytes: usize,
}

impl Kept {
    /// Counts what is kept of a package: name and version stand in its package URL as well, where a character may take
    /// three bytes.
    fn count(&mut self, stanza: &Stanza) -> Result<(), Error> {
        let Stanza { package, version, architecture, license, source, relations, .. } = stanza;
        let texts = 6 * (package.len() + version.len()) + architecture.len() + license.len() + source.len();
        self.bytes += OVERHEAD + texts + relations.bytes();
        if self.bytes > MAX_KEPT {
            return Err(Error::unsupported(format_args!(
                "its packages take more memory than the {} MiB that this plugin uses",
                MAX_KEPT >> 20
            )));
        }
        Ok(())
    }

    /// A package that is stated next, of which what it depends on is kept until all are known.
    fn keep(&mut self, stanza: Stanza, report: &Report) {
        let Stanza { package, relations, .. } = stanza;
        self.providers.add(&package, relations.provided());
        self.needs.push((report.findings.len(), relations));
    }

    /// States which packages those need that were found.
    fn state_needs(&mut self, report: &mut Report) {
        for (place, relations) in &self.needs {
            if let Some(Fact::Package(package)) = report.findings.get_mut(*place).map(|it| &mut it.fact) {
                let needs = relations.needs();
                package.requires = needs.and_then(|needs| self.providers.needed(&package.name, needs));
            }
        }
    }
}

fn read_control(file: &File, controls: &mut Controls, kept: &mut Kept) -> Result<(), Error> {
    let Some(stanza) = Stanzas::new(file.reader()).next()? else {
        return Err(Error::malformed("it is empty"));
    };
    let mut stanza = stanza.map_err(Error::malformed)?;
    // `status` says the same.
    stanza.relations = Relations::default();
    kept.count(&stanza)?;
    controls.insert(stanza.package.clone(), stanza);
    Ok(())
}

fn read_status(file: &File, controls: &Controls, kept: &mut Kept, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut stanzas = Stanzas::new(file.reader());
    let ended = loop {
        let stanza = match stanzas.next() {
            Ok(Some(stanza)) => stanza,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        };
        match stanza.and_then(|stanza| Ok((stanza.is_installed()?, stanza))) {
            Ok((false, _)) => {}
            Ok((true, stanza)) => {
                let Stanza { package, version, architecture, .. } = &stanza;
                if !kept.stated.insert([package.clone(), version.clone(), architecture.clone()]) {
                    continue;
                }
                if let Err(error) = kept.count(&stanza) {
                    break Err(error);
                }
                let control = controls.get(package).filter(|control| control.version == *version);
                let package = found(&stanza, control);
                kept.keep(stanza, report);
                report.found(file.path(), package);
            }
            Err(why) => problems.push(Error::malformed(why)),
        }
    };
    report.unread_parts(file.path(), problems);
    ended
}

fn found(stanza: &Stanza, control: Option<&Stanza>) -> Package {
    let Stanza { package: name, version, architecture, .. } = stanza;
    let purl = Purl::new("opkg", name).version(version).qualifier("arch", architecture);
    let mut package = Package::new(name, version, "dpkg").purl(purl);
    if !architecture.is_empty() {
        package = package.arch(architecture);
    }
    package.reason =
        Some(if stanza.auto_installed == "yes" { Reason::Dependency } else { Reason::Requested });
    let mut said = control.into_iter().chain([stanza]);
    if let Some(source) = said.clone().find_map(Stanza::source) {
        package = package.source(source, version);
    }
    if let Some(stanza) = said.find(|stanza| !stanza.license.is_empty()) {
        package = package.license(&stanza.license);
    }
    package
}

fn read_list(file: &File, package: &str, paths: &mut Paths, report: &mut Report) -> Result<(), Error> {
    let mut lines = Lines::new(file.reader(), stanza::MAX_LINE);
    let mut read = Ok(());
    while let Some(line) = lines.next()? {
        // Newer releases add the mode and where a link leads.
        let path = line.split_once(b'\t').map_or(line.bytes, |(path, _)| path);
        if !line.cut && !path.ends_with(b"/") {
            read = paths.push(path);
        }
        if read.is_err() {
            break;
        }
    }
    if let Some(ownership) = paths.owned_by(package) {
        report.found(file.path(), ownership);
    }
    read
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Fact;

    use super::*;

    fn stanza(name: &str, version: &str) -> String {
        format!(
            "Package: {name}\nVersion: {version}\nStatus: install user installed\nArchitecture: mips_24kc\n\n"
        )
    }

    fn detect(files: &[(&str, &str)]) -> Report {
        let files: Vec<_> = files.iter().map(|(path, content)| File::in_memory(*path, *content)).collect();
        Opkg::detect(&files).unwrap()
    }

    #[test]
    fn what_is_installed_has_licence_and_source_of_its_control_file() {
        let control = "Package: libz\nVersion: 1.3-r1\nSourceName: zlib\nLicense: Zlib\n";
        let report = detect(&[
            ("usr/lib/opkg/info/libz.control", control),
            (
                "usr/lib/opkg/status",
                &(stanza("libz", "1.3-r1") + "Package: gone\nStatus: deinstall ok not-installed\n"),
            ),
        ]);
        assert_eq!(report.unread, []);
        let packages: Vec<_> = report.packages().collect();
        assert_eq!(packages.len(), 1);
        assert_eq!(packages[0].purl, "pkg:opkg/libz@1.3-r1?arch=mips_24kc");
        assert_eq!(
            (packages[0].scheme.as_str(), packages[0].licenses.as_slice()),
            ("dpkg", &["Zlib".into()][..])
        );
        assert_eq!(packages[0].source.as_ref().map(|source| source.name.as_str()), Some("zlib"));
    }

    #[test]
    fn a_package_needs_those_that_provide_what_it_depends_on() {
        let package = |name: &str, more: &str| {
            format!("Package: {name}\nVersion: 1\n{more}Status: install user installed\n\n")
        };
        let text = [
            package(
                "uhttpd",
                "Depends: libc, libubox (>= 2024), absent | px5g | libc\nPre-Depends: base-files\n",
            ),
            package(
                "libubox20240329",
                "Depends: libc\nProvides: libubox, libubox-any\nABIVersion: 20240329\n",
            ),
            package("libc", ""),
            package("px5g-mbedtls", "Provides: px5g\nDepends: px5g\n"),
            package("base-files", &format!("Depends: {}\n", "x, ".repeat(stanza::MAX_LINE))),
        ];
        let report = detect(&[("usr/lib/opkg/status", &text.concat())]);
        assert_eq!(report.unread, []);
        let needs = report.packages().map(|package| {
            Some(package.requires.as_ref()?.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())
        });
        let expected = [
            Some(vec!["libubox20240329", "libc", "px5g-mbedtls", "base-files"]),
            Some(vec!["libc"]),
            Some(vec![]),
            Some(vec![]),
            None,
        ];
        assert_eq!(needs.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_control_file_of_another_version_says_nothing() {
        let report = detect(&[
            ("var/lib/opkg/info/a.control", "Package: a\nVersion: 1\nLicense: MIT\nSource: b_1.bb\n"),
            ("var/lib/opkg/status", &stanza("a", "2")),
        ]);
        let package = report.packages().next().unwrap();
        assert_eq!((&package.source, package.licenses.len()), (&None, 0));
    }

    #[test]
    fn a_package_of_both_databases_is_stated_once() {
        let report = detect(&[
            ("usr/lib/opkg/status", &stanza("a", "1")),
            ("var/lib/opkg/status", &(stanza("a", "1") + &stanza("b", "1"))),
        ]);
        let names: Vec<_> = report.packages().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_list_states_what_a_package_owns() {
        let path = "usr/lib/opkg/info/a.list";
        let report = detect(&[(path, "/etc/a\n/usr/lib/x.so\t0120777\tx.so.1\n/usr/share/\n")]);
        let Fact::Ownership(ownership) = &report.findings[0].fact else { panic!("{report:?}") };
        assert_eq!((ownership.package.as_str(), ownership.paths.len()), ("a", 2));
        assert_eq!(ownership.paths, ["etc/a", "usr/lib/x.so"]);
    }

    #[test]
    fn a_bad_stanza_costs_that_stanza_and_is_named() {
        let report = detect(&[
            ("usr/lib/opkg/status", &format!("Package: odd\nStatus: what\n\n{}", stanza("a", "1"))),
            ("usr/lib/opkg/info/b.control", ""),
        ]);
        assert_eq!(report.packages().count(), 1);
        let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        let expected = "malformed: stanza of `odd` at line 1 has no status that opkg knows, but `what`";
        assert_eq!(unread, ["malformed: it is empty", expected]);
    }

    #[test]
    fn memory_is_bounded() {
        let version = "1".repeat(8000);
        let text: String = (0..1000).map(|number| stanza(&format!("p{number}"), &version)).collect();
        let report = detect(&[("usr/lib/opkg/status", &text)]);
        let found = report.packages().count();
        assert!((500..1000).contains(&found), "{found}");
        let error = report.unread[0].error.to_string();
        assert_eq!(error, "unsupported: its packages take more memory than the 32 MiB that this plugin uses");
    }
}
