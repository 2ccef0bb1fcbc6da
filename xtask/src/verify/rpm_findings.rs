//! Findings in real databases of rpm, against programs that evaluate the same documents themselves: packages as
//! `rpm -qa` lists them, in rpm's own order of versions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;
use xtask::sample::{Compression, Image, Layer};

use super::Setting;
use super::debian::{array, row, word};
use super::tally::{Comparison, Tally};
use crate::command::{command, output, run};

/// What is asked of `rpm -qa`.
const FORMAT: &str =
    "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t%{MODULARITYLABEL}\\n";

/// What the judges share.
const VERSIONS: &str = include_str!("rpm_findings/versions.py");

/// A program that evaluates documents of a form.
#[derive(Clone, Copy, Debug)]
enum Judge {
    /// OVAL, whose objects name source packages.
    Oval,
    /// Records of OSV of an ecosystem.
    Osv(&'static str),
    /// CSAF documents of Red Hat for a release.
    Csaf(&'static str),
}

/// What is installed, and what is said of it.
struct Case {
    name: &'static str,
    os_release: &'static str,
    database: Database,
    feed: &'static str,
    /// A document of the corpus, or an archive of them.
    document: &'static str,
    judge: Judge,
    /// A gap in coverage that is true.
    gap: Option<&'static str>,
}

/// A database of the corpus.
#[derive(Clone, Copy, Debug)]
enum Database {
    Sqlite,
    BerkeleyDb,
}

const CASES: [Case; 3] = [
    Case {
        name: "mariner 2.0: OVAL",
        os_release: "ID=mariner\nVERSION_ID=\"2.0\"\n",
        database: Database::Sqlite,
        feed: "azure-linux",
        document: "feeds/azurelinux/cbl-mariner-2.0-oval.xml.zst",
        judge: Judge::Oval,
        gap: Some("unsupported-distribution"),
    },
    // Of the same sources, so that the same errata are there.
    Case {
        name: "rhel 8.0 as almalinux 8: OSV",
        os_release: "ID=\"almalinux\"\nVERSION_ID=\"8.0\"\n",
        database: Database::BerkeleyDb,
        feed: "osv",
        document: "feeds/almalinux/almalinux-osv.tar.zst",
        judge: Judge::Osv("AlmaLinux:8"),
        // AlmaLinux's records of OSV have no severities.
        gap: Some("unrated-findings"),
    },
    Case {
        name: "rhel 8.0: CSAF",
        os_release: "ID=\"rhel\"\nVERSION_ID=\"8.0\"\n",
        database: Database::BerkeleyDb,
        feed: "redhat",
        document: "feeds/redhat/redhat-csaf-vex-sample.tar.zst",
        judge: Judge::Csaf("8"),
        gap: None,
    },
];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    for case in &CASES {
        tally.check(&format!("findings by rpm, {}", case.name), || compare(setting, case));
    }
}

fn compare(setting: &Setting<'_>, case: &Case) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("rpm-findings")?;
    let (database, packages) = case.database.unpack(setting, &folder.join("database"))?;
    let layer = Layer::new("COPY rootfs /")
        .file("etc/os-release", case.os_release)
        .file(format!("var/lib/rpm/{}", crate::corpus::name(&database)), fs::read(&database)?);
    let document = setting.corpus.path(case.document);
    let (expected, kinds) = case.judge.rows(&folder, &packages, &document)?;
    let report = report(setting, &folder, layer, case.feed, &document)?;
    compare_report(&report, expected, &kinds, case.gap)
}

/// The report on an image of one layer, by one document.
fn report(
    setting: &Setting<'_>,
    folder: &Path,
    layer: Layer,
    feed: &str,
    document: &Path,
) -> anyhow::Result<Value> {
    let image = folder.join("image.tar");
    fs::write(&image, Image::new("example/rpm:1").with(layer).docker_archive(Compression::None)?)?;
    setting.limpid.import(folder, feed, &[document.to_owned()])?;
    setting.limpid.scan(folder, &image)
}

fn compare_report(
    report: &Value,
    expected: Vec<String>,
    kinds: &BTreeMap<String, usize>,
    gap: Option<&str>,
) -> anyhow::Result<Comparison> {
    let found = array(report, "/findings").iter().map(row);
    let some = !expected.is_empty();
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let gaps = array(report, "/coverage/gaps").iter().filter(|one| gap != Some(word(one, "/code")));
    let mut left: Vec<String> = gaps.map(|gap| format!("gap: {}", word(gap, "/message"))).collect();
    for list in ["unread_files", "plugin_failures", "unordered_versions", "unjudged_advisories"] {
        let rows = report
            .pointer(&format!("/coverage/{list}"))
            .and_then(Value::as_array)
            .with_context(|| format!("coverage has no `{list}`"))?;
        left.extend(rows.iter().map(|row| format!("{list}: {row}")));
    }
    Ok(Comparison::of(&format!("findings ({})", kinds.join("; ")), expected, found)
        .and(Comparison::new("nothing left out", left))
        .requiring(some, "there are no findings"))
}

impl Database {
    /// Its file in a folder, and a file of what rpm lists in it.
    fn unpack(self, setting: &Setting<'_>, folder: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
        fs::create_dir_all(folder)?;
        let mut rpm = command("rpm");
        rpm.args(["-qa", "--qf", FORMAT]).arg("--dbpath").arg(folder);
        let database = match self {
            Self::Sqlite => {
                let database = folder.join("rpmdb.sqlite");
                let file = setting.corpus.path("images/rpmdb/cbl-mariner-2.0-rpmdb.sqlite.zst");
                run(command("zstd").arg("-dqf").arg(file).arg("-o").arg(&database))?;
                database
            }
            Self::BerkeleyDb => {
                let file = setting.corpus.path("images/rpmdb/rhel8-2019-var-lib-rpm-bdb.tar.xz");
                run(command("tar").arg("-xJf").arg(file).arg("--strip-components=4").arg("-C").arg(folder))?;
                rpm.args(["--define", "_db_backend bdb_ro"]);
                folder.join("Packages")
            }
        };
        // rpm may write beside the database.
        let copy = folder.with_extension("copy");
        fs::create_dir_all(&copy)?;
        let copy = copy.join(crate::corpus::name(&database));
        fs::copy(&database, &copy)?;
        let packages = folder.join("packages.tsv");
        fs::write(&packages, output(&mut rpm)?)?;
        Ok((copy, packages))
    }
}

impl Judge {
    const fn script(self) -> &'static str {
        match self {
            Self::Oval => include_str!("rpm_findings/oval.py"),
            Self::Osv(_) => include_str!("rpm_findings/osv.py"),
            Self::Csaf(_) => include_str!("rpm_findings/csaf.py"),
        }
    }

    /// The findings, and how many there are of each kind.
    fn rows(
        self,
        folder: &Path,
        packages: &Path,
        document: &Path,
    ) -> anyhow::Result<(Vec<String>, BTreeMap<String, usize>)> {
        let (scripts, plain) = (folder.join("judge"), folder.join("documents"));
        fs::create_dir_all(&scripts)?;
        fs::create_dir_all(&plain)?;
        let script = scripts.join("judge.py");
        fs::write(scripts.join("versions.py"), VERSIONS)?;
        fs::write(&script, self.script())?;
        let mut python = command("python3");
        python.arg(&script).arg(packages);
        match self {
            Self::Oval => {
                let file = plain.join("oval.xml");
                run(command("zstd").arg("-dqf").arg(document).arg("-o").arg(&file))?;
                python.arg("source").arg(file);
            }
            Self::Osv(of) | Self::Csaf(of) => {
                run(command("tar").args(["--zstd", "-xf"]).arg(document).arg("-C").arg(&plain))?;
                python.arg(of).arg(&plain);
            }
        }
        let (mut rows, mut kinds) = (Vec::new(), BTreeMap::new());
        for line in output(&mut python)?.lines() {
            let [vulnerability, package, version, status, fix, kind] =
                line.split('\t').collect::<Vec<_>>()[..]
            else {
                bail!("the judge wrote `{line}`");
            };
            if status == "not_affected" {
                *kinds.entry(format!("beside them not affected, {kind}")).or_default() += 1;
                continue;
            }
            *kinds.entry(kind.to_owned()).or_default() += 1;
            rows.push(format!("{vulnerability} {package} {version} {status} fixed in {fix}"));
        }
        Ok((rows, kinds))
    }
}
