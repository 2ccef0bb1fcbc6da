use std::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use xtask::sample::{Compression, advisories, debian};

use super::{Prober, holds};
use crate::api::Api;
use crate::limpid::Limpid;
use crate::service::{Interrupts, Service};
use crate::verify::tally::Comparison;

/// Scores that all change from day to day, and for how many days.
const SCORES: usize = 100_000;
const DAYS: usize = 8;

/// Reports of the past that are asked for at once.
const AT_ONCE: usize = 16;

/// How long one may take that is asked for by itself, and how long readiness may take whatever is asked.
const PROMPTLY: Duration = Duration::from_millis(100);
const READY: Duration = Duration::from_secs(1);

/// How much more may be kept in memory when all are asked for at once, in bytes.
const GROWTH: u64 = 128 << 20;

/// Reports of the past cost what their image rests on, and not what has changed since.
pub(super) fn check(limpid: &Limpid, folder: &Path) -> anyhow::Result<Comparison> {
    let service = Service::start(limpid, folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    let image = debian();
    let id = image.id()?;
    api.import("debian", advisories::debian_tracker().as_bytes())?;
    api.submit(&id, &image.docker_archive(Compression::Gzip)?)?;
    for day in 1..=DAYS {
        api.import("epss", scores(day).as_bytes())?;
    }
    let now = timed(&api, &format!("/v1/images/{id}/report"))?;
    let mut past = Vec::new();
    for revision in 1..DAYS {
        past.push(timed(&api, &format!("/v1/images/{id}/report?as-of=epss@{revision}"))?);
    }
    let before = holds(&service);
    let readiness = Prober::start(service.address(), "/readyz");
    let first = format!("/v1/images/{id}/report?as-of=epss@1");
    let at_once = thread::scope(|scope| {
        let asking: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (address, first) = (service.address(), &first);
                scope.spawn(move || timed(&Api::new(address), first))
            })
            .collect();
        let took = asking.into_iter().map(|one| one.join().map_err(|_| anyhow!("a client has panicked"))?);
        took.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let (readiness, after) = (readiness.stop()?, holds(&service));
    let longest = |times: &[Duration]| times.iter().max().copied().unwrap_or_default();
    let (alone, together) = (longest(&past), longest(&at_once));
    let what = format!(
        "{} ms now, {} at most for a revision of before, {} at most of {AT_ONCE} at once; /readyz {readiness}; \
         {} MiB before and {} after",
        now.as_millis(),
        alone.as_millis(),
        together.as_millis(),
        before >> 20,
        after >> 20
    );
    let mut differences = Vec::new();
    if alone > PROMPTLY {
        differences.push(format!("a report of the past took {} ms", alone.as_millis()));
    }
    if readiness.longest > READY {
        differences.push(format!("/readyz took {} ms", readiness.longest.as_millis()));
    }
    if after > before + GROWTH {
        differences.push(format!("{} MiB more were kept", (after - before) >> 20));
    }
    Ok(Comparison::new(what, differences))
}

fn timed(api: &Api, path: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    api.get(path)?;
    Ok(began.elapsed())
}

/// A document of EPSS of a day.
fn scores(day: usize) -> String {
    let mut text = format!(
        "#model_version:v2025.03.14,score_date:2026-01-{day:02}T00:00:00+0000\ncve,epss,percentile\n"
    );
    for number in 0..SCORES {
        let score = (number * 7 + day * 13) % 99_991;
        // Writing to a text does not fail.
        let _ = writeln!(text, "CVE-2024-{},0.{score:05},0.{score:05}", 1_000 + number);
    }
    text
}
