//! Findings of Ubuntu: packages in versions that the CVE tracker names, held against its files line by line, in the
//! order of `dpkg --compare-versions`.

mod tracker;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use xtask::sample::{Compression, Image, Layer};

use super::Setting;
use super::debian::{Installed, array, query, row, word};
use super::tally::{Comparison, Tally};
use crate::command::{command, run};
use tracker::{Subscription, Tracker};

/// The tracker in the corpus, as it was in June 2020.
const TRACKER: &str = "feeds/ubuntu/ubuntu-cve-tracker-2020-06-18.tar.zst";

/// Images of a series.
struct Case {
    series: &'static str,
    version: &'static str,
    subscription: Subscription,
}

const fn case(series: &'static str, version: &'static str, subscription: Subscription) -> Case {
    Case { series, version, subscription }
}

/// One series in extended support, and two in standard support.
const CASES: [Case; 4] = [
    case("trusty", "14.04", Subscription::None),
    case("trusty", "14.04", Subscription::Pro),
    case("xenial", "16.04", Subscription::None),
    case("bionic", "18.04", Subscription::None),
];

/// What an image with a subscription has.
const SOURCES: &str = "etc/apt/sources.list.d/ubuntu-esm-infra.list";

/// Images of each case: one has the first version of each package that is named, one the last, in the order of their
/// texts.
const IMAGES: usize = 2;

/// Gaps that are true: the series have been out of standard support for years, and much was never rated.
const GAPS: [&str; 2] = ["unsupported-distribution", "unrated-findings"];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    let tracker = match read(setting) {
        Ok(tracker) => tracker,
        Err(why) => return tally.failure("ubuntu: tracker", &why),
    };
    for case in &CASES {
        let Case { series, subscription, .. } = case;
        for place in 0..IMAGES {
            tally.check(&format!("ubuntu {series}{subscription}: findings in image {}", place + 1), || {
                compare(setting, &tracker, case, place)
            });
        }
    }
}

fn read(setting: &Setting<'_>) -> anyhow::Result<Tracker> {
    let folder = setting.fresh("ubuntu-tracker")?;
    run(command("tar").args(["--zstd", "-xf"]).arg(setting.corpus.path(TRACKER)).arg("-C").arg(&folder))?;
    Tracker::read(&folder)
}

fn compare(
    setting: &Setting<'_>,
    tracker: &Tracker,
    case: &Case,
    place: usize,
) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("ubuntu")?;
    let status = folder.join("status");
    fs::write(&status, packages(&tracker.versions(case.series), place))?;
    let installed = query(&status, &folder.join("admindir"))?;
    let (expected, kinds) = tracker.findings(case.series, case.subscription, &installed)?;
    let report = report(setting, &folder, case, &status)?;
    let found = array(&report, "/findings").iter().map(row);
    let gaps = array(&report, "/coverage/gaps").iter().filter(|gap| !GAPS.contains(&word(gap, "/code")));
    let mut left: Vec<String> = gaps.map(|gap| format!("gap: {}", word(gap, "/message"))).collect();
    for list in ["unread_files", "plugin_failures", "unordered_versions", "unjudged_advisories"] {
        let rows = report
            .pointer(&format!("/coverage/{list}"))
            .and_then(Value::as_array)
            .with_context(|| format!("coverage has no `{list}`"))?;
        left.extend(rows.iter().map(|row| format!("{list}: {row}")));
    }
    let proves = kinds.iter().all(|(_, count)| *count > 0);
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let what = format!("findings in {} packages ({})", installed.len(), kinds.join("; "));
    // Whatever is in extended support only has no fix.
    Ok(Comparison::of(&what, expected, found)
        .and(Comparison::new("nothing left out", left))
        .requiring(proves || case.series != "trusty", "some kind of finding is not there"))
}

/// A status file with a package for each source package, in one of its versions.
fn packages(versions: &BTreeMap<&str, BTreeSet<&str>>, place: usize) -> String {
    let mut status = String::new();
    for (number, (source, versions)) in versions.iter().enumerate() {
        let last = versions.len().saturating_sub(1);
        let Some(version) = versions.iter().nth(last * place / (IMAGES - 1)) else { continue };
        // Every second one is a binary package of another name and version.
        let (name, own, of) = match number % 2 {
            0 => ((*source).to_owned(), *version, String::new()),
            _ => (format!("{source}-bin"), "99:1-1", format!("Source: {source} ({version})\n")),
        };
        status.push_str(&format!(
            "Package: {name}\nStatus: install ok installed\nPriority: optional\nSection: misc\n\
             Maintainer: Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>\nArchitecture: amd64\n\
             {of}Version: {own}\nDescription: made up\n\n"
        ));
    }
    status
}

/// The report on an image of one layer.
fn report(setting: &Setting<'_>, folder: &Path, case: &Case, status: &Path) -> anyhow::Result<Value> {
    let Case { series, version, subscription } = case;
    let image = folder.join("image.tar");
    let mut layer = Layer::new("COPY rootfs /")
        .file("etc/os-release", format!("ID=ubuntu\nVERSION_ID=\"{version}\"\n"))
        .file("var/lib/dpkg/status", fs::read(status)?);
    if *subscription == Subscription::Pro {
        let source = format!("deb https://esm.ubuntu.com/infra/ubuntu {series}-infra-security main\n");
        layer = layer.file(SOURCES, source);
    }
    let archive = Image::new("example/ubuntu:1").with(layer).docker_archive(Compression::None)?;
    fs::write(&image, archive).with_context(|| format!("cannot write `{}`", image.display()))?;
    setting.limpid.import(folder, "ubuntu", &[setting.corpus.path(TRACKER)])?;
    setting.limpid.scan(folder, &image)
}
