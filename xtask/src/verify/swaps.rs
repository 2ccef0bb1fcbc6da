//! Plugins that are replaced, refused and rolled back, time and again, while many clients are served.

mod builds;
mod clients;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use xtask::sample::{Compression, Image, advisories, alpine, debian};

use super::Setting;
use super::tally::{Comparison, Tally};
use crate::api::Api;
use crate::measure::resident_memory;
use crate::service::{Interrupts, Service};
use builds::{Builds, Swap};
use clients::{Client, Expected, Seen, is_refreshing};

const CLIENTS: usize = 64;
const SWAPS: usize = 200;

/// After so many swaps the service holds what it needs; from there on it must hold no more.
const SETTLED: usize = 50;

/// How much more it may hold in the end: a part of what it kept, or so many bytes.
const GROWTH: (u64, u64) = (5, 32 << 20);

/// What is kept of what was read and written is bounded, and full soon: what grows is something else.
const SMALL_CACHES: &[(&str, &str)] = &[
    ("LIMPID_STORE__CACHE_BYTES", "8000000"),
    ("LIMPID_STORE__RECENT_BYTES", "4000000"),
    ("LIMPID_STORE__WRITE_BYTES", "4000000"),
];

/// How long the service may take to do what is to be done after the last swap.
const REFRESH_LIMIT: Duration = Duration::from_secs(120);

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    tally.check(&format!("swaps: {SWAPS} of plugins, under {CLIENTS} clients"), || run(setting));
}

fn run(setting: &Setting<'_>) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("swaps")?;
    let limpid = setting.limpid.kept_in(&folder.join("program"))?.with_settings(SMALL_CACHES);
    let service = Service::start(&limpid, &folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    api.import("debian", advisories::debian_tracker().as_bytes())?;
    api.import("alpine", advisories::alpine_secdb().as_bytes())?;
    let shared = [debian(), alpine()].map(|image| expected(&api, &image));
    let shared: Vec<Expected> = shared.into_iter().collect::<Result<_, _>>()?;
    let mut builds = Builds::of(limpid.plugins())?;

    let started = Instant::now();
    let stop = AtomicBool::new(false);
    let (swapped, seen) = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| Client::new(&service, number, &shared, &stop))
            .map(|client| scope.spawn(move || client.run()))
            .collect();
        let swapped = swap(&service, &mut builds);
        stop.store(true, Ordering::Relaxed);
        let seen = clients.into_iter().map(|client| client.join());
        (swapped, seen.collect::<Result<Vec<Seen>, _>>())
    });
    let Ok(seen) = seen else { bail!("a client has panicked") };
    let mut seen = seen.into_iter().fold(Seen::default(), Seen::and);
    let memory = swapped?;
    let took = started.elapsed();
    await_refresh(&api, &shared)?;
    for expected in &shared {
        let report = report(&api, &expected.id)?;
        seen.check_settled(&report, expected, &builds.running);
    }
    Ok(compare(&seen, &memory, took))
}

fn compare(seen: &Seen, memory: &[u64], took: Duration) -> Comparison {
    let mebibytes = |bytes: u64| bytes >> 20;
    let after = |swaps: usize| memory.get(swaps - 1).copied().unwrap_or_default();
    let (settled, last) = (after(SETTLED), after(SWAPS));
    let mut differences = seen.differences.clone();
    if last > settled + (settled / GROWTH.0).max(GROWTH.1) {
        let kept: Vec<u64> =
            memory.iter().skip(SETTLED - 1).step_by(10).map(|kept| mebibytes(*kept)).collect();
        differences.push(format!("memory grows; in MiB, every ten swaps: {kept:?}"));
    }
    let what = format!(
        "{seen}; {} MiB after {SETTLED} swaps and {} after {SWAPS}; {:.0} swaps a minute",
        mebibytes(settled),
        mebibytes(last),
        SWAPS as f32 * 60.0 / took.as_secs_f32(),
    );
    Comparison::new(what, differences).requiring(seen.reports > SWAPS, "hardly any report was asked for")
}

/// Swaps plugins, and returns what the service kept in memory after each.
fn swap(service: &Service, builds: &mut Builds) -> anyhow::Result<Vec<u64>> {
    let api = Api::new(service.address());
    let mut memory = Vec::new();
    for number in 0..SWAPS {
        let swap = builds.next(number);
        let (method, path, body, expected) = match &swap {
            Swap::Good { name, component } => {
                ("PUT", format!("/v1/plugins/{name}"), component.as_slice(), 200)
            }
            Swap::Bad { name, bytes } => ("PUT", format!("/v1/plugins/{name}"), bytes.as_slice(), 422),
            Swap::Back { name } => ("POST", format!("/v1/plugins/{name}/rollback"), &[][..], 200),
        };
        let (status, answer) = api.send(method, &path, body)?;
        if status != expected {
            let answer = String::from_utf8_lossy(&answer);
            bail!("swap {number}: {method} {path} was answered with {status}, not {expected}: {answer}");
        }
        if status == 200 {
            builds.took(&serde_json::from_slice(&answer)?);
        }
        memory.push(resident_memory(service.id()).context("the service's memory is not known")?);
    }
    Ok(memory)
}

/// Submits an image, and says what its report holds while nothing changes.
fn expected(api: &Api, image: &Image) -> anyhow::Result<Expected> {
    let id = image.id()?;
    let report = api.submit(&id, &image.docker_archive(Compression::Gzip)?)?;
    Ok(Expected::of(id, &report))
}

fn report(api: &Api, id: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&api.get(&format!("/v1/images/{id}/report"))?)?)
}

fn await_refresh(api: &Api, images: &[Expected]) -> anyhow::Result<()> {
    let started = Instant::now();
    for image in images {
        while is_refreshing(&report(api, &image.id)?) {
            if started.elapsed() > REFRESH_LIMIT {
                bail!("what plugins have changed is not refreshed within {} s", REFRESH_LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}
