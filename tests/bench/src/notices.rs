//! An ingest that raises many notices: how long it takes, in how much memory, and who waits for it meanwhile.
//!
//! All images share a base layer whose packages a document of the Debian feed says to be affected, a record each. All
//! subscriptions want all notices. Nothing is delivered, so that all of them wait in the end.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Context;
use limpid_model::{
    Digest, Distribution, Fact, Finding, LayerFindings, NoticeFilter, SubscriptionSpec, Target,
};
use limpid_runtime::Registry;
use limpid_scanner::{AdoptedLayer, Handed, Scanner, Trust, yield_to_others};
use serde_json::{Map, Value, json};

use crate::inventory::{digest, findings, image, milliseconds, package, scanner};

/// Images that become known in one batch.
const BATCH: usize = 1_000;

/// Reports that are read while nothing else is done.
const QUIET: usize = 500;

#[derive(clap::Args)]
pub(crate) struct Inputs {
    /// A directory for the store
    #[arg(long)]
    folder: PathBuf,
    /// How many images there are
    #[arg(long)]
    images: usize,
    /// How many records affect all of them
    #[arg(long)]
    records: usize,
    /// How many subscriptions want to be told
    #[arg(long)]
    subscriptions: usize,
    /// An expression that each of them has
    #[arg(long)]
    expression: Option<String>,
}

pub(crate) fn measure(registry: &Registry, inputs: &Inputs) -> anyhow::Result<Value> {
    let (scanner, _store) = scanner(registry, &inputs.folder)?;
    fill(&scanner, registry, inputs)?;
    for number in 0..inputs.subscriptions {
        scanner.put_subscription(&format!("s-{number}"), spec(inputs))?;
    }
    let sample: Vec<Digest> = (0..inputs.images).map(|number| digest("image", number)).collect();
    // What a feed states first is news to nobody.
    ingest(&scanner, inputs, &tracker("other", 1))?;
    let document = tracker("library", inputs.records);
    // From here on, the most memory is that of the ingest: proc_pid_clear_refs(5).
    fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")?;
    let ended = AtomicBool::new(false);
    let (seconds, beside, waits) = thread::scope(|scope| {
        let reading = scope.spawn(|| while_not(&ended, sample.iter(), |id| report(&scanner, id)));
        let changing = scope.spawn(|| {
            while_not(&ended, ["s-0"].iter(), |name| {
                let started = Instant::now();
                scanner.put_subscription(name, spec(inputs))?;
                Ok(milliseconds(started.elapsed()))
            })
        });
        let ingest = scope.spawn(|| {
            yield_to_others();
            let started = Instant::now();
            ingest(&scanner, inputs, &document)?;
            anyhow::Ok(started.elapsed().as_secs_f64())
        });
        let seconds = ingest.join();
        ended.store(true, Ordering::Relaxed);
        let panicked = |_| anyhow::anyhow!("a thread has panicked");
        let beside = reading.join().map_err(panicked)??;
        let waits = changing.join().map_err(panicked)??;
        anyhow::Ok((seconds.map_err(panicked)??, beside, waits))
    })?;
    let peak = peak()?;
    // Of what the ingest has brought, which is what most reports beside it were of.
    let quiet = sample.iter().cycle().take(QUIET).map(|id| report(&scanner, id));
    let quiet: Vec<_> = quiet.collect::<Result<_, _>>()?;
    let started = Instant::now();
    let notices: u64 = scanner.subscription_states()?.iter().map(|state| state.pending).sum();
    let first_count = milliseconds(started.elapsed());
    let started = Instant::now();
    scanner.subscription_states()?;
    Ok(json!({
        "notices": notices,
        "seconds": seconds,
        "peak_bytes": peak,
        "quiet_ms": quiet,
        "beside_ms": beside,
        "waits_ms": waits,
        "first_count_ms": first_count,
        "count_ms": milliseconds(started.elapsed()),
    }))
}

fn ingest(scanner: &Scanner, inputs: &Inputs, document: &Value) -> anyhow::Result<()> {
    let path = inputs.folder.join("tracker.json");
    fs::write(&path, document.to_string())?;
    let handed = Handed { source: None, name: "tracker.json", trust: Trust::Checked };
    scanner.ingest_document("debian", handed, fs::File::open(&path)?)?;
    Ok(())
}

fn report(scanner: &Scanner, id: &Digest) -> anyhow::Result<f64> {
    let started = Instant::now();
    scanner.report(id)?;
    Ok(milliseconds(started.elapsed()))
}

/// What something measures, a hundred times a second or less often, until something else has ended.
fn while_not<'a, T: 'a>(
    ended: &AtomicBool,
    of: impl Iterator<Item = &'a T> + Clone,
    measure: impl Fn(&T) -> anyhow::Result<f64>,
) -> anyhow::Result<Vec<f64>> {
    let mut measured = Vec::new();
    for item in of.cycle() {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        measured.push(measure(item)?);
        thread::sleep(std::time::Duration::from_millis(10));
    }
    Ok(measured)
}

fn spec(inputs: &Inputs) -> SubscriptionSpec {
    let target = Target::Webhook { url: "http://receiver.example".to_owned(), secret: "whsec_".to_owned() };
    let filter = NoticeFilter { expression: inputs.expression.clone(), ..NoticeFilter::default() };
    SubscriptionSpec { target, filter, period: None, enabled: true }
}

/// The security tracker's document, with a package of its own for each record.
fn tracker(package: &str, records: usize) -> Value {
    let record = |number: usize| {
        let release = json!({ "status": "resolved", "fixed_version": "2.0", "urgency": "low",
            "repositories": { "bookworm": "1.0" } });
        let id = format!("CVE-2026-{number:04}");
        (format!("{package}-{number}"), json!({ id: { "releases": { "bookworm": release } } }))
    };
    Value::Object((0..records).map(record).collect::<Map<_, _>>())
}

fn fill(scanner: &Scanner, registry: &Registry, inputs: &Inputs) -> anyhow::Result<()> {
    let plugins = registry.snapshot();
    let id = |name: &str| {
        let plugin = plugins.named(name).with_context(|| format!("there is no plugin `{name}`"))?;
        anyhow::Ok(plugin.id().clone())
    };
    let distribution = Distribution {
        id: "debian".to_owned(),
        version_id: "12".to_owned(),
        pretty_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        cpe: None,
        namespaces: vec!["debian:bookworm".to_owned(), "debian:12".to_owned()],
        supported_until: None,
    };
    let finding =
        Finding { path: "etc/os-release".into(), member: None, fact: Fact::Distribution(distribution) };
    let os_release = LayerFindings { findings: vec![finding], ..LayerFindings::default() };
    let packages = (0..inputs.records).map(|number| {
        ("var/lib/dpkg/status".to_owned(), package(&format!("library-{number}"), "1.0", "dpkg"))
    });
    let base = digest("base", 0);
    let found = vec![(id("os-release")?, os_release), (id("dpkg")?, findings(packages))];
    let mut layers = vec![AdoptedLayer::of_files(base, found)];
    for first in (0..inputs.images).step_by(BATCH) {
        let mut images = Vec::new();
        for number in first..(first + BATCH).min(inputs.images) {
            let own = [digest("config", number), digest("own", number)];
            layers.extend(own.map(|own| AdoptedLayer::of_files(own, Vec::new())));
            images.push(image(number, [base, own[0], own[1]]));
        }
        scanner.adopt(std::mem::take(&mut layers), images)?;
    }
    Ok(())
}

/// The most memory that this process has had: `VmHWM` of proc_pid_status(5), in bytes.
fn peak() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("there is no `VmHWM`")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().context("`VmHWM` is no number")?;
    Ok(kibibytes * 1_024)
}
