//! The report as of 80 days ago, where scores of EPSS have come every day for 90 days.
//!
//! Image and advisories are those of [`reports`](super::reports). Each day has a document of 360,000 scores, always of
//! the same CVEs: all that the tracker names, whether or not they affect the image, and made up ones. On most days one
//! score in twenty changes. Those of all CVEs that the tracker names are among them, so that whatever the report rests
//! on changes every day; of the others each changes once in 42 days. On every fifteenth day all scores change, as with
//! a new model. A percentile changes with its score only, where FIRST's own are ranks among all CVEs, so that new CVEs
//! move them.
//!
//! No clock is moved. Changes are found by when they were made, and it is the same whether days or seconds lie between
//! them. So each day is a revision of the feed, and the report of 80 days ago is that as of `epss@10`. That as of
//! `epss@90`, for information, says the same as the present one: it costs what looking for changes does where there are
//! none.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::Setting;
use super::client::{Answer, Client};
use super::measurement::{Bar, Measurement};
use super::reports::{AFFECTING, FIXED, NOTHING_KEPT, SOURCES, cve, fill, tagged, times};
use crate::api::Api;
use crate::command::{command, output};
use crate::limpid::Limpid;
use crate::measure::{peak_memory, processor_time};
use crate::service::{Interrupts, Service};

const DAYS: usize = 90;
/// How long ago the report is.
const BACK: usize = 80;
const RECORDS: usize = 360_000;
/// Records of CVEs that the tracker names; they come first.
const NAMED: usize = AFFECTING + SOURCES * FIXED;
/// Scores that change on most days, and on every [`MODEL`]th all.
const CHANGED: usize = RECORDS / 20;
const MODEL: usize = 15;
/// The other records change in turn, each once in so many days.
const TURNS: usize = (RECORDS - NAMED) / (CHANGED - NAMED);

/// Reports of each moment.
const ASKED: usize = 50;

/// How long the store may take to have no more to tidy up after its start.
const TIDY: Duration = Duration::from_secs(120);
/// A service that uses less than a twentieth of a processor for so long has nothing to do.
const QUIET: Duration = Duration::from_secs(1);

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: {DAYS} days of {RECORDS} scores");
    let folder = setting.fresh("history")?;
    let limpid =
        setting.limpid.with_plugins(setting.limpid.plugins().to_owned()).with_settings(&[NOTHING_KEPT]);
    let image = fill(&limpid, &folder)?;
    let mut measurements = days(&limpid, &folder)?;
    measurements.extend(reports(&limpid, &folder, &image)?);
    Ok(measurements)
}

/// Ingests the documents of all days.
fn days(limpid: &Limpid, folder: &Path) -> anyhow::Result<Vec<Measurement>> {
    let mut service = Service::start(limpid, folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    let document = folder.join("scores.csv");
    let mut scores = Scores::new();
    let (mut first, mut few, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let peak = || peak_memory(service.id()).context("the service's memory is not known");
    let (mut disk, mut calm) = (0, 0);
    for day in 1..=DAYS {
        let expected = scores.come_to(day);
        fs::write(&document, scores.document())?;
        let started = Instant::now();
        let taken = api.import_file("epss", &document)?;
        let times = match expected {
            _ if day == 1 => &mut first,
            RECORDS => &mut all,
            _ => &mut few,
        };
        times.push(started.elapsed());
        let number = |field: &str| taken.get(field).and_then(Value::as_u64).unwrap_or_default();
        let written = number("added") + number("changed") + number("withdrawn");
        ensure!(written == expected as u64, "day {day}: {written} records are written, not {expected}");
        if day == 1 {
            disk = size(&folder.join("data"))?;
        }
        if day + 1 == MODEL {
            calm = peak()?;
        }
        if day % 10 == 0 {
            eprintln!("bench: day {day} of {DAYS}, ingested in {} ms", started.elapsed().as_millis());
        }
    }
    let peak = peak()?;
    service.stop()?;
    let after = size(&folder.join("data"))?;
    Ok(vec![
        Measurement::of_times(format!("ingest of {RECORDS} scores, the first day"), &first),
        Measurement::of_times("ingest of a day on which one score in twenty has changed", &few),
        Measurement::of_times("ingest of a day on which all scores have changed", &all),
        Measurement::of_bytes(
            format!("peak memory of the service, ingest of {} days", MODEL - 1),
            vec![calm],
        ),
        Measurement::of_bytes(
            format!("the same after {DAYS} days, on some of which all changed"),
            vec![peak],
        ),
        Measurement::of_bytes("on disk after the first day", vec![disk]),
        Measurement::of_bytes(format!("on disk after {DAYS} days"), vec![after]),
    ])
}

/// Asks for reports of now and of then.
fn reports(limpid: &Limpid, folder: &Path, image: &str) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: reports as of {BACK} days ago");
    let service = Service::start(limpid, folder, &Interrupts::default())?;
    let mut client = Client::of(service.address())?;
    let now = format!("/v1/images/{image}/report");
    let [then, latest] = [DAYS - BACK, DAYS].map(|revision| format!("{now}?as-of=epss@{revision}"));
    tagged(&mut client, &now)?;
    wait_for_quiet(&service)?;
    let peak = || peak_memory(service.id()).context("the service's memory is not known");
    let present = times(ASKED, || given(&mut client, &now))?;
    let before = peak()?;
    let first = times(1, || given(&mut client, &then))?;
    let past = times(ASKED, || given(&mut client, &then))?;
    let after = peak()?;
    let unchanged = times(ASKED, || given(&mut client, &latest))?;
    for (path, day) in [(&now, DAYS), (&latest, DAYS), (&then, DAYS - BACK)] {
        expect_scores_of(day, &given(&mut client, path)?.body).with_context(|| format!("GET {path}"))?;
    }
    let present = Measurement::of_times(format!("report anew, with {DAYS} days of scores"), &present);
    let past = Measurement::of_times(format!("report as of {BACK} days ago"), &past);
    let before = Measurement::of_bytes("peak memory of the service, reports of now", vec![before]);
    let after = Measurement::of_bytes(format!("the same after reports as of {BACK} days ago"), vec![after]);
    Ok(vec![
        past.beside(&present).with_bar(Bar::TimesFloor(3.0)),
        Measurement::of_times(format!("report as of {BACK} days ago, the first after a start"), &first),
        Measurement::of_times(
            format!("report as of `epss@{DAYS}`, since which nothing has changed"),
            &unchanged,
        )
        .beside(&present),
        after.beside(&before),
        before,
        present,
    ])
}

fn given(client: &mut Client, path: &str) -> anyhow::Result<Answer> {
    let answer = client.get(path, None)?;
    ensure!(answer.status == 200, "GET {path} is answered with {}", answer.status);
    Ok(answer)
}

/// Waits until the store has tidied up what was written.
fn wait_for_quiet(service: &Service) -> anyhow::Result<()> {
    let used = || processor_time(service.id()).context("the service's time is not known");
    let started = Instant::now();
    while started.elapsed() < TIDY {
        let before = used()?;
        thread::sleep(QUIET);
        if used()?.saturating_sub(before) < QUIET / 20 {
            return Ok(());
        }
    }
    bail!("after {} s the service is still busy", TIDY.as_secs())
}

/// Fails unless all findings of a report have the scores of a day.
fn expect_scores_of(day: usize, report: &[u8]) -> anyhow::Result<()> {
    let report: Value = serde_json::from_slice(report)?;
    let findings = report.get("findings").and_then(Value::as_array).context("there are no findings")?;
    let mut scores = Scores::new();
    for day in 1..=day {
        scores.come_to(day);
    }
    let expected: Vec<String> = (0..AFFECTING).map(|record| scores.score(record)).collect();
    for finding in findings {
        let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str);
        let id = text("/vulnerability").context("a finding has no vulnerability")?;
        let record = (0..AFFECTING).find(|record| cve(*record) == id).context("a finding of another")?;
        let score = text("/enrichments/0/ratings/0/value");
        let expected = expected.get(record).map(String::as_str);
        ensure!(score == expected, "the score of {id} is {score:?}, that of day {day} is {expected:?}");
    }
    Ok(())
}

/// What a folder takes on disk, in bytes.
fn size(folder: &Path) -> anyhow::Result<u64> {
    let said = output(command("du").args(["-s", "--block-size=1"]).arg(folder))?;
    let bytes = said.split_ascii_whitespace().next().and_then(|bytes| bytes.parse().ok());
    bytes.with_context(|| format!("`du` says {said}"))
}

/// The scores of a day: of each record the day on which it changed last.
struct Scores(Vec<usize>);

impl Scores {
    fn new() -> Self {
        Self(vec![0; RECORDS])
    }

    /// Changes what changes on a day, and says how many that are.
    fn come_to(&mut self, day: usize) -> usize {
        let mut count = 0;
        for (record, changed) in self.0.iter_mut().enumerate() {
            if day == 1 || day.is_multiple_of(MODEL) || record < NAMED || record % TURNS == day % TURNS {
                *changed = day;
                count += 1;
            }
        }
        count
    }

    /// As a feed of EPSS serves it.
    fn document(&self) -> String {
        let mut text =
            "#model_version:made-up,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\n".to_owned();
        for record in 0..RECORDS {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{},{},{}", id(record), self.score(record), self.part(record, 20));
        }
        text
    }

    fn score(&self, record: usize) -> String {
        self.part(record, 40)
    }

    /// A number from 0 to 1 that looks random: some bits of a hash of a record and the day on which it changed.
    fn part(&self, record: usize, shift: u32) -> String {
        let changed = self.0.get(record).copied().unwrap_or_default();
        let hash = ((record * 1_000 + changed) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("0.{:05}", (hash >> shift) % 100_000)
    }
}

/// The CVE of a record.
fn id(record: usize) -> String {
    /// Of a year. The tracker's are of 2025.
    const YEAR: usize = (RECORDS - NAMED).div_ceil(26);
    match record.checked_sub(NAMED) {
        None => cve(record),
        Some(other) => format!("CVE-{}-{}", 1999 + other / YEAR, 1_000 + other % YEAR),
    }
}
