//! Images of Debian against dpkg, tar, the security tracker's document, and the lists of advisories.

mod dpkg;
mod layers;
mod lists;
mod tracker;

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::tally::{Comparison, Tally};
use super::{Setting, read_zstd};
use crate::corpus::DebianImage;

pub(super) use dpkg::{Installed, Orders, compare_all, order_of, query};
pub(super) use layers::check as check_layers;

/// The tracker's document in the corpus.
pub(crate) const TRACKER: &str = "feeds/debian/tracker-derived.json.zst";

/// The lists of advisories in the corpus, and releases of which they have any.
const LISTS: [&str; 2] = ["feeds/debian/DSA-list.zst", "feeds/debian/DLA-list.zst"];
pub(super) const LISTED: [&str; 2] = ["bookworm", "bullseye"];

/// Checks that need no service.
pub(super) fn check(setting: &Setting<'_>, image: &DebianImage, tally: &mut Tally) {
    let suite = image.suite();
    tally.check(&format!("debian {suite}: packages"), || packages(setting, image));
    let mut reports = Vec::new();
    tally.check(&format!("debian {suite}: archive forms"), || {
        reports = scan_forms(setting, image)?;
        Ok(forms_agree(&reports))
    });
    if let Some((_, report)) = reports.first() {
        tally.check(&format!("debian {suite}: findings"), || findings(setting, image, report));
    }
    if LISTED.contains(&suite) {
        tally.check(&format!("debian {suite}: findings by lists"), || findings_by_lists(setting, image));
    }
}

/// The packages of the image against those of its status file.
fn packages(setting: &Setting<'_>, image: &DebianImage) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("packages")?;
    let truth = dpkg::query(&image.status(), &folder.join("admindir"))?;
    let inventory = setting.limpid.packages(&folder, &image.oci())?;
    // The image has packages of languages as well.
    let of_dpkg =
        array(&inventory, "/packages").iter().filter(|package| word(package, "/detector") == "dpkg");
    let found = of_dpkg.map(|package| {
        let word = |name| word(package, name);
        format!(
            "{} {} {} from {} {}",
            word("/name"),
            word("/version"),
            word("/arch"),
            word("/source_name"),
            word("/source_version")
        )
    });
    let expected = truth.iter().map(|package| {
        let dpkg::Installed { name, version, arch, source, source_version } = package;
        format!("{name} {version} {arch} from {source} {source_version}")
    });
    Ok(Comparison::of("packages as `dpkg-query` has them", expected, found))
}

type Reports = Vec<(&'static str, Value)>;

/// The report on each form of the image. Each has a store of its own: in one, the layers of the
/// second would be known from the first.
fn scan_forms(setting: &Setting<'_>, image: &DebianImage) -> anyhow::Result<Reports> {
    let forms = [("oci gzip", image.oci()), ("oci zstd", image.oci_zstd()), ("docker", image.docker())];
    let mut reports = Vec::new();
    for (form, archive) in forms {
        let data = setting.fresh("forms")?;
        setting.limpid.import(&data, "debian", &[setting.corpus.path(TRACKER)])?;
        reports.push((form, setting.limpid.scan(&data, &archive)?));
    }
    Ok(reports)
}

fn forms_agree(reports: &[(&'static str, Value)]) -> Comparison {
    let rows = |report: &Value| -> Vec<String> {
        array(report, "/findings").iter().map(ToString::to_string).collect()
    };
    let mut forms = reports.iter();
    let Some((first, report)) = forms.next() else { return Comparison::default() };
    let expected = rows(report);
    let mut all = Comparison::new(format!("{} findings of {first}", expected.len()), Vec::new())
        .requiring(!expected.is_empty(), "there are no findings");
    for (form, report) in forms {
        all = all.and(Comparison::of(&format!("the same of {form}"), expected.clone(), rows(report)));
    }
    all
}

/// What the report says against what the document says.
fn findings(setting: &Setting<'_>, image: &DebianImage, report: &Value) -> anyhow::Result<Comparison> {
    let admindir = setting.fresh("admindir")?;
    let installed = dpkg::query(&image.status(), &admindir)?;
    let document = read_zstd(&setting.corpus.path(TRACKER))?;
    let expected = tracker::findings(&document, image.suite(), &installed)?;
    let found: Vec<String> = array(report, "/findings").iter().map(row).collect();
    let gaps = gaps_of_debian(report);
    let fixable = expected.iter().filter(|row| !row.contains("fixed in -")).count();
    let what =
        format!("findings ({fixable} with a fix) as the tracker and `dpkg --compare-versions` have them");
    Ok(Comparison::of(&what, expected, found).and(Comparison::new("no gap in coverage", gaps)))
}

/// What a report by the lists says against what they say.
fn findings_by_lists(setting: &Setting<'_>, image: &DebianImage) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("lists")?;
    let installed = dpkg::query(&image.status(), &folder.join("admindir"))?;
    let paths = LISTS.map(|path| setting.corpus.path(path));
    let mut lists = Vec::new();
    for path in &paths {
        lists.push(crate::command::output(crate::command::command("zstd").arg("-dcq").arg(path))?);
    }
    let expected = lists::findings(&lists, image.suite(), &installed)?;
    let data = folder.join("data");
    setting.limpid.import(&data, "debian-advisories", &paths)?;
    let report = setting.limpid.scan(&data, &image.docker())?;
    let found: Vec<String> = array(&report, "/findings").iter().map(row).collect();
    let gaps = gaps_of_debian(&report);
    let some = !expected.is_empty();
    Ok(Comparison::of("findings as the lists and `dpkg --compare-versions` have them", expected, found)
        .and(Comparison::new("no gap in coverage", gaps))
        .requiring(some, "there are no findings"))
}

/// What is not known of the packages of Debian. That a release is out of support is true, and hides nothing of what a
/// document says; nor does it that nobody rates a finding, or publishes for what is no package of Debian.
fn gaps_of_debian(report: &Value) -> Vec<String> {
    let is_true = |gap: &Value| match word(gap, "/code") {
        "no-advisories" => !word(gap, "/message").contains("debian"),
        code => ["unsupported-distribution", "unrated-findings"].contains(&code),
    };
    let gaps = array(report, "/coverage/gaps").iter().filter(|gap| !is_true(gap));
    gaps.map(|gap| format!("coverage has the gap `{}`", word(gap, "/message"))).collect()
}

/// A finding of a report, as oracles write them.
pub(super) fn row(finding: &Value) -> String {
    format!(
        "{} {} {} {} fixed in {}",
        word(finding, "/vulnerability"),
        word(finding, "/package/name"),
        word(finding, "/package/version"),
        word(finding, "/status"),
        word(finding, "/fixed_version")
    )
}

/// The list at a place; none where there is none.
pub(super) fn array<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text at a place, or a dash.
pub(super) fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}

/// Unpacks an archive with tar itself.
fn unpack(archive: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut tar = crate::command::command("tar");
    tar.arg("-xf").arg(archive).arg("-C").arg(folder);
    crate::command::run(&mut tar).context("cannot unpack the archive")
}
