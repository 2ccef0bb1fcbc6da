//! Finds packages of Void Linux in the database of XBPS.
//!
//! | File in `var/db/xbps` | States |
//! |---|---|
//! | `pkgdb-0.38.plist` | all packages |
//! | `.NAME-files.plist` | the files of a package |
//!
//! The number is that of the first XBPS that wrote such a database, and all since have: older ones are another format.
//! Packages are of the distribution, which publishes no advisories. Their source is the template that they were built
//! from, where the database says so; sub-packages of a template have its version. The type `xbps` of package URLs is
//! none of the specification's. What a package needs are the packages that are, or provide, what it depends on to run.

pub mod escaped;
pub mod plist;

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{
    Claim, Detector, Fact, File, Package, Paths, Problems, Providers, Reason, Report,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use plist::Record;

/// Where the databases are.
const PLACE: &str = "var/db/xbps/";

/// What the database of all packages is called.
const PACKAGES: &str = "pkgdb-0.38.plist";

/// How many bytes what is kept of packages may have, as `Kept::count` counts them.
pub const MAX_KEPT: usize = 32 << 20;

/// What a package takes in memory beside its texts, in bytes.
const OVERHEAD: usize = 512;

/// How many licences are kept of a package.
pub const MAX_LICENSES: usize = 100;

/// What a file begins with that is compressed: XBPS reads such ones, and writes none.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The detector `xbps`.
#[derive(Debug)]
pub struct Xbps;

impl Detector for Xbps {
    fn claims() -> Vec<Claim> {
        [PACKAGES, ".*-files.plist"].map(|name| Claim::alone(format!("{PLACE}{name}"))).into()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut paths = Paths::default();
        Ok(Report::of_each(files, |file, report| read(file, &mut paths, report)))
    }
}

export_detector!(Xbps);

fn read(file: &File, paths: &mut Paths, report: &mut Report) -> Result<(), Error> {
    if file.read_at(0, 2) == GZIP {
        return Err(Error::unsupported("it is compressed"));
    }
    if file.name() == PACKAGES {
        return read_packages(file, report);
    }
    let package = file.name().strip_prefix('.').and_then(|name| name.strip_suffix("-files.plist"));
    let Some(package) = package.filter(|name| !name.is_empty()) else { return Ok(()) };
    let mut problems = Problems::default();
    let read = plist::read_paths(file.reader(), paths, &mut problems);
    if let Some(ownership) = paths.owned_by(package) {
        report.found(file.path(), ownership);
    }
    report.unread_parts(file.path(), problems);
    read
}

/// What is kept in memory.
#[derive(Default)]
struct Kept {
    /// Name, version and architecture of packages that were stated.
    stated: BTreeSet<[String; 3]>,
    bytes: usize,
    providers: Providers,
    /// Places of packages among the findings, and by what number it is known what each needs.
    needs: Vec<(usize, usize)>,
}

impl Kept {
    /// Counts what is kept of a package: name and version stand in its package URL as well, where a character may take
    /// three bytes.
    fn count(&mut self, record: &Record) -> Result<(), Error> {
        let Record { pkgver, architecture, license, source, source_revisions, .. } = record;
        let others = [architecture, license, source, source_revisions].map(|text| 4 * text.len());
        let related = record.related_bytes();
        self.bytes += OVERHEAD + 6 * pkgver.len() + others.iter().sum::<usize>() + related;
        if self.bytes > MAX_KEPT {
            return Err(Error::unsupported(format_args!(
                "its packages take more memory than the {} MiB that this plugin uses",
                MAX_KEPT >> 20
            )));
        }
        Ok(())
    }
}

fn read_packages(file: &File, report: &mut Report) -> Result<(), Error> {
    let (mut problems, mut kept) = (Problems::default(), Kept::default());
    let read = plist::read_packages(file.reader(), |record| {
        match record.and_then(|record| package(&record).map(|package| (record, package))) {
            Ok((record, Some(package))) => {
                let arch = package.arch.clone().unwrap_or_default();
                if kept.stated.insert([package.name.clone(), package.version.clone(), arch]) {
                    kept.count(&record)?;
                    let number = kept.providers.keep(&package.name, record.provided(), record.needs());
                    kept.needs.push((report.findings.len(), number));
                    report.found(file.path(), package);
                }
            }
            Ok((_, None)) => {}
            Err(why) => problems.push(Error::malformed(why)),
        }
        Ok(())
    });
    for (place, number) in kept.needs {
        if let Some(Fact::Package(package)) = report.findings.get_mut(place).map(|it| &mut it.fact) {
            package.requires = kept.providers.kept(number);
        }
    }
    report.unread_parts(file.path(), problems);
    read
}

/// The package of a record; none where it is not there. Files of it are there from unpacking on, and until all are
/// removed.
fn package(record: &Record) -> Result<Option<Package>, String> {
    let Record { key, state, pkgver, architecture, .. } = record;
    match state.as_str() {
        "not-installed" | "config-files" => return Ok(None),
        "unpacked" | "installed" | "broken" | "half-removed" => {}
        _ => return Err(format!("package `{key:.200}` has no state that XBPS knows, but `{state:.200}`")),
    }
    let (name, version) = record.name_and_version().ok_or_else(|| {
        format!("package `{key:.200}`: its `pkgver` is not `NAME-VERSION_REVISION`, but `{pkgver:.200}`")
    })?;
    let purl = Purl::new("xbps", name).version(version).qualifier("arch", architecture);
    let mut package = Package::new(name, version, "xbps").purl(purl);
    if !architecture.is_empty() {
        package = package.arch(architecture);
    }
    package.reason = Some(if record.is_automatic { Reason::Dependency } else { Reason::Requested });
    if let Some(source) = source(record) {
        package = package.source(source, version);
    }
    let licenses = record.license.split(',').map(str::trim).filter(|license| !license.is_empty());
    package.licenses = licenses.take(MAX_LICENSES).map(str::to_owned).collect();
    Ok(Some(package))
}

/// The template that a package was built from.
fn source(record: &Record) -> Option<&str> {
    let revisions = record.source_revisions.split_once(':').map_or("", |(template, _)| template);
    let is_name = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    [record.source.as_str(), revisions].into_iter().find(is_name)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Fact;

    use super::*;

    fn list(packages: &[(&str, &str)]) -> String {
        let package = |(pkgver, more): &(&str, &str)| {
            format!(
                "<key>{pkgver}</key><dict><key>architecture</key><string>x86_64</string><key>pkgver</key>\
                 <string>{pkgver}</string><key>state</key><string>installed</string>{more}</dict>"
            )
        };
        let packages: String = packages.iter().map(package).collect();
        format!("<plist version=\"1.0\"><dict>{packages}</dict></plist>")
    }

    fn string(key: &str, value: &str) -> String {
        format!("<key>{key}</key><string>{value}</string>")
    }

    fn detect(name: &str, content: impl Into<Vec<u8>>) -> Report {
        Xbps::detect(&[File::in_memory(format!("{PLACE}{name}"), content)]).unwrap()
    }

    #[test]
    fn a_record_gives_a_package_of_its_template() {
        let more = string("license", "GPL-2.0-or-later, 0BSD") + &string("source-revisions", "xz:9d3a1f0b1c");
        let report = detect(PACKAGES, list(&[("liblzma-5.4.5_1", &more)]));
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!(package.purl, "pkg:xbps/liblzma@5.4.5_1?arch=x86_64");
        assert_eq!(
            (package.name.as_str(), package.version.as_str(), package.scheme.as_str()),
            ("liblzma", "5.4.5_1", "xbps")
        );
        assert_eq!(package.licenses, ["GPL-2.0-or-later", "0BSD"]);
        let source = package.source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_str()), ("xz", "5.4.5_1"));
    }

    #[test]
    fn a_package_needs_those_that_provide_what_it_depends_on() {
        let array = |key: &str, values: &[&str]| {
            let values: String = values.iter().map(|value| format!("<string>{value}</string>")).collect();
            format!("<key>{key}</key><array>{values}</array>")
        };
        let long = "x".repeat(2000);
        let depends = ["glibc&gt;=2.38_1", "xz-5.4.5_1", "sh-[0-9]*", "lib-b&lt;2", "absent&gt;=1", "zlib"];
        let report = detect(
            PACKAGES,
            list(&[
                ("bash-5.2_1", &(array("run_depends", &depends) + &array("provides", &["sh-0_1"]))),
                (
                    "dash-0.5_1",
                    &(array("run_depends", &["glibc&gt;=2.38_1"]) + &array("provides", &["sh-0_1"])),
                ),
                ("glibc-2.38_1", ""),
                ("xz-5.4.5_1", &array("run_depends", &["sh-[0-9]*"])),
                ("lib-b-1.0_1", &array("run_depends", &[long.as_str()])),
                ("zlib-1.3_1", &string("run_depends", "glibc")),
            ]),
        );
        assert_eq!(report.unread, []);
        let needs = report.packages().map(|package| {
            Some(package.requires.as_ref()?.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())
        });
        let expected = [
            // What it provides itself is no other package.
            Some(vec!["glibc", "xz", "lib-b", "zlib"]),
            Some(vec!["glibc"]),
            Some(vec![]),
            Some(vec!["bash", "dash"]),
            None,
            None,
        ];
        assert_eq!(needs.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_source_is_told_in_two_ways() {
        let check = |more: &str, expected: Option<&str>| {
            let report = detect(PACKAGES, list(&[("a-1_1", more)]));
            let source = report.packages().next().unwrap().source.as_ref();
            assert_eq!(source.map(|source| source.name.as_str()), expected, "{more}");
        };
        check("", None);
        check(&string("sourcepkg", "b"), Some("b"));
        check(&(string("source-revisions", "c:1") + &string("sourcepkg", "b")), Some("b"));
        check(&string("source-revisions", "c:1"), Some("c"));
        check(&string("source-revisions", ""), None);
        check(&string("source-revisions", "c d:1"), None);
    }

    #[test]
    fn a_state_says_whether_a_package_is_there() {
        let check = |state: &str, found: usize, unread: usize| {
            let report = detect(PACKAGES, list(&[("a-1_1", &string("state", state))]));
            assert_eq!((report.packages().count(), report.unread.len()), (found, unread), "{state}");
        };
        for state in ["installed", "unpacked", "broken", "half-removed"] {
            check(state, 1, 0);
        }
        for state in ["not-installed", "config-files"] {
            check(state, 0, 0);
        }
        check("", 0, 1);
        check("what", 0, 1);
    }

    #[test]
    fn a_bad_record_costs_that_record_and_is_named() {
        let report = detect(PACKAGES, list(&[("a-1", ""), ("b-1_1", ""), ("b-1_1", "")]));
        let names: Vec<_> = report.packages().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["b"]);
        let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        let expected = "malformed: package `a-1`: its `pkgver` is not `NAME-VERSION_REVISION`, but `a-1`";
        assert_eq!(unread, [expected]);
    }

    #[test]
    fn files_belong_to_the_package_of_their_name() {
        let text = "<plist><dict><key>files</key><array><dict><key>file</key><string>/usr/bin/x</string></dict>\
                    </array></dict></plist>";
        let report = detect(".x-y-files.plist", text);
        let Fact::Ownership(ownership) = &report.findings[0].fact else { panic!("{report:?}") };
        assert_eq!(
            (ownership.package.as_str(), ownership.paths.as_slice()),
            ("x-y", &["usr/bin/x".into()][..])
        );
        assert_eq!(detect(".-files.plist", text), Report::default());
    }

    #[test]
    fn what_is_compressed_is_told() {
        let report = detect(PACKAGES, [0x1f, 0x8b, 8, 0]);
        assert_eq!(report.unread[0].error.to_string(), "unsupported: it is compressed");
    }

    #[test]
    fn memory_is_bounded() {
        let license = string("license", &"x".repeat(8000));
        let names: Vec<_> = (0..2000).map(|number| format!("p{number}-1_1")).collect();
        let packages: Vec<_> = names.iter().map(|name| (name.as_str(), license.as_str())).collect();
        let report = detect(PACKAGES, list(&packages));
        let found = report.packages().count();
        assert!((500..2000).contains(&found), "{found}");
        let error = report.unread[0].error.to_string();
        assert_eq!(error, "unsupported: its packages take more memory than the 32 MiB that this plugin uses");
    }
}
