//! Many images: what one costs, how long it takes to say whom a vulnerability affects, and reports
//! beside an ingest. `limpid-bench` (tests/bench) makes the images.

mod views;

use std::fs;

use anyhow::Context;
use serde_json::Value;

use super::Setting;
use super::measurement::{Bar, Measurement};
use super::sandbox::{measured, numbers, program};
use crate::command::{command, output};
use crate::verify::{TRACKER, read_zstd};

/// What the floor of reports beside an ingest is.
pub(super) const FLOOR: &str = "\
Floor of reports beside an ingest: hashing that takes as long as the middle report where nothing else is done, as \
often, beside the same ingest: what the machine and its scheduler add by themselves.";

/// Ingested while reports are read.
const OSV: &str = "feeds/osv/bitnami-vulndb-osv.tar.zst";

/// Bytes that an image may take on disk, beyond what no other image holds.
const IMAGE_BYTES: f64 = 2_048.0;

/// How long a page may take.
const PAGE_MS: f64 = 100.0;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let folder = setting.fresh("inventory")?;
    let (tracker, packages) = (folder.join("tracker.json"), folder.join("Packages"));
    fs::write(&tracker, read_zstd(&setting.corpus.path(TRACKER))?.to_string())?;
    fs::write(&packages, output(command("apt-cache").arg("dumpavail"))?)?;
    let mut measurements = Vec::new();
    for images in &setting.images {
        eprintln!("bench: an inventory of {images} images");
        let mut program = program(setting, &setting.limpid, &folder.join("compiled"));
        program.arg("inventory").arg("--tracker").arg(&tracker).arg("--packages").arg(&packages);
        program.arg("--image").arg(setting.image.oci()).arg("--osv").arg(setting.corpus.path(OSV));
        program.arg("--folder").arg(folder.join("stores")).arg("--images").arg(images.to_string());
        let all = measured(&mut program)?;
        let one = all.get(0).context("`limpid-bench` measured no inventory")?;
        measurements.extend(of_size(*images, one)?);
        let asked = one.get("questions").and_then(Value::as_array).into_iter().flatten();
        let asked: Vec<_> = asked.filter_map(|question| question.get("vulnerability")?.as_str()).collect();
        let store = folder.join("stores").join(images.to_string());
        let served = folder.join("served");
        let of = |what: &str| format!("{images} images: {what}");
        measurements.extend(views::measure(setting, (&store, &served), &asked, of)?);
        fs::remove_dir_all(&served)?;
        fs::remove_dir_all(folder.join("stores"))?;
    }
    Ok(measurements)
}

#[expect(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
fn of_size(images: usize, measured: &Value) -> anyhow::Result<Vec<Measurement>> {
    let number = |name: &str| {
        let number = measured.get(name).and_then(Value::as_f64);
        number.with_context(|| format!("`limpid-bench` measured no `{name}`"))
    };
    let of = |what: &str| format!("{images} images: {what}");
    let quiet = Measurement::new(of("report"), "ms", numbers(measured, "reports_ms")?);
    let beside =
        Measurement::new(of("report, 200/s beside an ingest"), "ms", numbers(measured, "reports_beside_ms")?);
    let work = Measurement::new(of("hashing"), "ms", numbers(measured, "hashing_beside_ms")?);
    let last = |all: &Measurement| Measurement::new(of("99 in 100 are faster"), "ms", vec![all.quantile(99)]);
    let last = last(&beside).beside(&last(&work));
    let beside = beside.beside(&work);
    let jobs = |name: &str| anyhow::Ok(Measurement::new("", "ms", numbers(measured, name)?));
    let (quiet_jobs, jobs_beside) = (jobs("jobs_ms")?, jobs("jobs_beside_ms")?);
    let slowest = |all: &Measurement, what: &str| Measurement::new(of(what), "ms", vec![all.quantile(99)]);
    let each = number("bytes")? / images as f64;
    let mut measurements = vec![
        Measurement::new(of("on disk, each"), "B", vec![each]),
        Measurement::new(
            of("on disk, each, without packages of its own"),
            "B",
            vec![each - number("own_bytes")?],
        )
        .with_bar(Bar::Below(IMAGE_BYTES)),
        Measurement::new(of("made known, each"), "ms", vec![number("fill_s")? * 1_000.0 / images as f64]),
        quiet,
        beside,
        last.with_bar(Bar::Below(10.0)),
        jobs_beside.clone().called(of("an image is indexed beside an ingest")).beside(&quiet_jobs),
        slowest(&jobs_beside, "the slowest of these")
            .beside(&slowest(&quiet_jobs, ""))
            .with_bar(Bar::TimesFloor(1.2)),
    ];
    let summaries = measured.get("summaries").context("`limpid-bench` has counted no repositories")?;
    let of_summaries = |name: &str| summaries.get(name).and_then(Value::as_f64);
    let counted = of_summaries("counted_s").context("it is not known how long repositories were counted")?;
    let [repositories, findings] =
        ["repositories", "findings"].map(|name| of_summaries(name).unwrap_or_default());
    let what =
        of(&format!("{repositories} repositories with {findings} findings counted for the first time"));
    measurements.push(Measurement::new(what, "s", vec![counted]));
    let pages = Measurement::new("", "ms", numbers(summaries, "pages_ms")?);
    let what = of("a page of repositories by their findings, 95 in 100 are faster");
    measurements.push(Measurement::new(what, "ms", vec![pages.quantile(95)]).with_bar(Bar::Below(PAGE_MS)));
    if let Some(trend) = of_summaries("trend_ms") {
        measurements.push(Measurement::new(of("the trend of all over 30 days"), "ms", vec![trend]));
    }
    // The question that is furthest from its bar, and the one that names most images.
    let (mut questions, mut pages) = (Vec::new(), Vec::new());
    for question in measured.get("questions").and_then(Value::as_array).into_iter().flatten() {
        let named = question.get("images").and_then(Value::as_f64).context("a question names no number")?;
        let took = question.get("ms").and_then(Value::as_f64).context("a question took no time")?;
        questions.push((named, took, 50.0 + 0.002 * named));
        pages.extend(numbers(question, "pages_ms")?);
    }
    let pages = Measurement::new("", "ms", pages);
    let what = of("a page of affected images, 95 in 100 are faster");
    measurements.push(Measurement::new(what, "ms", vec![pages.quantile(95)]).with_bar(Bar::Below(PAGE_MS)));
    let worst = questions.iter().max_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)));
    let widest = questions.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    for (which, question) in [("the slowest question", worst), ("the widest question", widest)] {
        let (named, took, limit) = question.context("nothing was asked")?;
        let what = of(&format!("{which}, which names {named}"));
        measurements.push(Measurement::new(what, "ms", vec![*took]).with_bar(Bar::Below(*limit)));
    }
    Ok(measurements)
}
