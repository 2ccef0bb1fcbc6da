//! Finds Alpine packages in apk's database of what is installed.
//!
//! The database is one text file: `lib/apk/db/installed`, since apk 3 `usr/lib/apk/db/installed`. Where a layer has
//! both, apk 3 reads the latter only, so a package that it names is stated by it alone. Of one file each package in
//! each of its versions counts once, as apk lists them.
//!
//! A package needs those that provide what it depends on (`D:`, `p:`).
//!
//! It is read as a stream; what is kept of it is bounded by
//! [`database::MAX_LINE`] for a field, [`Paths::MAX_BYTES`] for the paths of all packages and [`MAX_PACKAGES`] for
//! their names. A record that cannot be read costs that record.

pub mod database;
mod upgrade;
mod vendor;

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{
    Advice, Claim, Detector, Fact, File, Ownership, Package, Paths, Problems, Providers, Report, System, Wish,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use database::{Record, Records};

/// Where the database is, the newer place first.
const DATABASES: [&str; 2] = ["usr/lib/apk/db/installed", "lib/apk/db/installed"];

/// How many packages may be installed.
pub const MAX_PACKAGES: usize = 250_000;

/// The detector `apk`.
#[derive(Debug)]
pub struct Apk;

impl Detector for Apk {
    fn claims() -> Vec<Claim> {
        DATABASES.map(Claim::together).into()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut stated = Stated::default();
        for file in DATABASES.iter().filter_map(|path| files.iter().find(|file| file.path() == *path)) {
            if let Err(error) = read(file, &mut stated, &mut report) {
                report.unread(file.path(), error);
            }
        }
        for (place, number) in std::mem::take(&mut stated.needs) {
            if let Some(Fact::Package(package)) = report.findings.get_mut(place).map(|it| &mut it.fact) {
                package.requires = stated.providers.kept(number);
            }
        }
        Ok(report)
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Apk);

/// What was stated so far.
#[derive(Default)]
struct Stated {
    /// By the databases before this one, the names of packages.
    names: BTreeSet<String>,
    /// What counts the paths of all packages.
    paths: Paths,
    providers: Providers,
    /// Places of packages among the findings, and by what number it is known what each needs.
    needs: Vec<(usize, usize)>,
}

fn read(file: &File, stated: &mut Stated, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut records = Records::new(file.reader(), std::mem::take(&mut stated.paths));
    let (mut of_this, mut lacks_paths) = (BTreeSet::new(), false);
    let mut outcome = Ok(());
    while let Some(record) = records.next()? {
        match record {
            Ok(record) if stated.names.contains(&record.name) => {}
            Ok(mut record) => {
                // What is a package matters more than what is in it. All that follow lack the same.
                if let Some(why) = record.without.take().filter(|_| !lacks_paths) {
                    lacks_paths = true;
                    problems.push(why);
                }
                if of_this.insert([&record.name, &record.version, &record.arch].map(String::clone)) {
                    let needs = (!record.depends_on_more).then(|| capabilities(&record.depends));
                    let needs = stated.providers.keep(&record.name, capabilities(&record.provides), needs);
                    stated.needs.push((report.findings.len(), needs));
                    found(file.path(), record, report);
                }
            }
            Err(why) => problems.push(Error::malformed(why)),
        }
        if of_this.len() + stated.names.len() > MAX_PACKAGES {
            outcome = Err(Error::unsupported(format_args!("there are more than {MAX_PACKAGES} packages")));
            break;
        }
    }
    stated.paths = records.into_paths();
    stated.names.extend(of_this.into_iter().map(|[name, ..]| name));
    report.unread_parts(file.path(), problems);
    outcome
}

/// What a list of dependencies names: `so:libc.musl-x86_64.so.1`, `cmd:sh`, `busybox`. Versions that it wants are passed
/// over, and so is what must not be there.
fn capabilities(list: &str) -> impl Iterator<Item = &str> {
    let names = list.split_ascii_whitespace().filter(|one| !one.starts_with('!'));
    names.map(|one| one.split(['<', '>', '=', '~']).next().unwrap_or_default())
}

fn found(path: &str, record: Record, report: &mut Report) {
    let Record { name, version, arch, origin, license, paths, .. } = record;
    let purl = Purl::new("apk", &name).version(&version).qualifier("arch", &arch);
    // A package without an origin was built from the recipe of its own name.
    let origin = if origin.is_empty() { name.clone() } else { origin };
    let is_root = vendor::is_root(&name, &version);
    let origin = if is_root { vendor::bare(origin) } else { origin };
    let mut package = Package::new(&name, &version, "apk").purl(purl).source(origin, version);
    if is_root {
        package = package.qualifier("vendor", vendor::ROOT);
    }
    if !arch.is_empty() {
        package = package.arch(arch);
    }
    if !license.is_empty() {
        package = package.license(license);
    }
    report.found(path, package);
    if !paths.is_empty() {
        report.found(path, Ownership { package: name, paths });
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Requirement, Scope};

    use super::*;

    const INSTALLED: &str = "\
C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:ssl_client
V:1.36.1-r29
A:x86_64
o:busybox
L:GPL-2.0-only
F:usr
F:usr/bin
R:ssl_client
a:0:0:755
Z:Q1r0XJzPwYqRyVDmvpHdQyKPOs3Lc=

P:.build-deps
V:20240101.120000
A:noarch
";

    #[test]
    fn a_package_that_root_built_has_it_as_vendor_and_the_distributions_source() {
        let installed = "P:rootio-ssl_client\nV:1.36.1-r10071\nA:x86_64\no:rootio-busybox\n\n";
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", installed)]).unwrap();
        let packages: Vec<_> = report.packages().collect();
        assert_eq!(packages[0].qualifiers, [("vendor".to_owned(), "Root".to_owned())]);
        assert_eq!(packages[0].source.as_ref().unwrap().name, "busybox");
    }

    #[test]
    fn a_record_gives_a_package_and_what_it_owns() {
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", INSTALLED)]).unwrap();
        assert_eq!(report.unread, []);
        let packages: Vec<_> = report.packages().collect();
        let package = packages[0];
        assert_eq!((package.name.as_str(), package.version.as_str()), ("ssl_client", "1.36.1-r29"));
        assert_eq!(package.purl, "pkg:apk/ssl_client@1.36.1-r29?arch=x86_64");
        assert_eq!((package.scheme.as_str(), &package.scope), ("apk", &Scope::Distribution));
        assert_eq!(package.evidence, Evidence::Installed);
        let source = package.source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_str()), ("busybox", "1.36.1-r29"));
        assert_eq!(package.licenses, ["GPL-2.0-only"]);
        let paths = vec!["usr/bin/ssl_client".to_owned()];
        let ownership = Fact::Ownership(Ownership { package: "ssl_client".to_owned(), paths });
        assert_eq!(report.findings[1].fact, ownership);
        assert_eq!(report.findings.len(), 3, "a package without files owns nothing");
        assert_eq!(packages[1].source.as_ref().unwrap().name, ".build-deps");
    }

    #[test]
    fn a_package_needs_those_that_provide_what_it_depends_on() {
        let text = "P:musl\nV:1\np:so:libc.musl-x86_64.so.1=1\n\n\
                    P:busybox\nV:1\nD:so:libc.musl-x86_64.so.1\np:/bin/sh cmd:sh=1.37.0-r9\n\n\
                    P:tool\nV:1\nD:/bin/sh !musl-utils busybox>=1 so:libz.so.1 zlib~1\n\n\
                    P:zlib\nV:1\n\n";
        let long = format!("P:long\nV:1\nD:musl {}\n", "x".repeat(database::MAX_LINE));
        let old = File::in_memory("lib/apk/db/installed", long);
        let new = File::in_memory("usr/lib/apk/db/installed", text);
        let report = Apk::detect(&[old, new]).unwrap();
        let needs = report.packages().map(|package| {
            let names = |it: &Vec<_>| it.iter().map(|it: &Requirement| it.name.clone()).collect::<Vec<_>>();
            (package.name.as_str(), package.requires.as_ref().map(names))
        });
        let of = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            needs.collect::<Vec<_>>(),
            [
                ("musl", of(&[])),
                ("busybox", of(&["musl"])),
                ("tool", of(&["busybox", "zlib"])),
                ("zlib", of(&[])),
                ("long", None),
            ]
        );
    }

    #[test]
    fn both_databases_of_a_layer_state_a_package_once() {
        let record = |name: &str, version: &str| format!("P:{name}\nV:{version}\nA:x86_64\n\n");
        let old = [record("aa", "1.0-r0"), record("bb", "1.0-r0"), record("cc", "1.0-r0")].concat();
        let new = [record("aa", "1.0-r0"), record("bb", "2.0-r0"), record("bb", "2.0-r0")].concat();
        let files = [
            File::in_memory("lib/apk/db/installed", old.as_str()),
            File::in_memory("usr/lib/apk/db/installed", new),
        ];
        let report = Apk::detect(&files).unwrap();
        let word =
            |(path, package): (&str, &Package)| format!("{path}: {} {}", package.name, package.version);
        let paths = report.findings.iter().map(|finding| finding.path.as_str());
        let stated: Vec<_> = paths.zip(report.packages()).map(word).collect();
        assert_eq!(
            stated,
            [
                "usr/lib/apk/db/installed: aa 1.0-r0",
                "usr/lib/apk/db/installed: bb 2.0-r0",
                "lib/apk/db/installed: cc 1.0-r0",
            ]
        );
        assert_eq!(Apk::detect(&files[..1]).unwrap().packages().count(), 3);
    }

    #[test]
    fn each_version_that_apk_lists_is_stated() {
        let text = "P:aa\nV:1.0-r0\n\nP:aa\nV:2.0-r0\n\nP:aa\nV:1.0-r0\n";
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", text)]).unwrap();
        assert_eq!(report.packages().map(|it| it.version.as_str()).collect::<Vec<_>>(), ["1.0-r0", "2.0-r0"]);
    }

    #[test]
    fn a_package_is_stated_where_there_is_no_room_for_its_paths() {
        let directory = "d".repeat(Ownership::MAX_PATH - 2);
        let files = "R:f\n".repeat(Paths::MAX_BYTES / Ownership::MAX_PATH);
        let text = format!(
            "P:aa\nV:1\nF:{directory}\n{files}\nP:bb\nV:2\nF:{directory}\n{files}\nP:cc\nV:3\nF:\nR:{}\n",
            "c".repeat(4000)
        );
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", text)]).unwrap();
        assert_eq!(report.packages().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["aa", "bb", "cc"]);
        let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        assert_eq!(unread, ["unsupported: the paths that packages own take more than 64 MiB"]);
    }

    #[test]
    fn a_bad_record_costs_that_record_and_is_named() {
        let text = format!("P:broken\n\n{INSTALLED}");
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", text)]).unwrap();
        assert_eq!(report.packages().count(), 2);
        let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        assert_eq!(unread, ["malformed: record of `broken` at line 1 has no version (`V:`)"]);
    }
}
