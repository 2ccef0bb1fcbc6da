//! Ingesting what publishers serve: into an empty store, again unchanged, and with a few changes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::Setting;
use super::measurement::{Bar, Measurement};
use crate::api::Api;
use crate::command::{command, run};
use crate::corpus::{Corpus, name};
use crate::measure::peak_memory;
use crate::service::{Interrupts, Service};

/// Trees of records in the form of OSV.
const TREES: [&str; 7] = [
    "feeds/osv/go-vulndb-osv.tar.zst",
    "feeds/osv/pypa-advisory-database.tar.zst",
    "feeds/osv/bitnami-vulndb-osv.tar.zst",
    "feeds/osv/k8s-cve-feed-osv.tar.zst",
    "feeds/osv/r-advisories.tar.zst",
    "feeds/almalinux/almalinux-osv.tar.zst",
    "feeds/debian/debian-elts-osv.tar.zst",
];
const ZIPS: &str = "feeds/osv/sample-union";
/// Ecosystems of the trees: what is of one ecosystem is one source, and of each there is one document.
const OF_TREES: [&str; 4] = ["AlmaLinux", "Debian", "Go", "PyPI"];
const KEV: [&str; 2] = [
    "feeds/kev/known_exploited_vulnerabilities.2025-08-25.json.zst",
    "feeds/kev/known_exploited_vulnerabilities.2026-01-27.json.zst",
];
/// What other feeds read.
const OTHERS: [(&str, &str); 7] = [
    ("debian", "feeds/debian/tracker-derived.json.zst"),
    ("alpine", "feeds/alpine/edge/main.json.zst"),
    ("alpine", "feeds/alpine/edge/community.json.zst"),
    ("alpine", "feeds/alpine/v3.20/main.partial.json"),
    ("alpine", "feeds/alpine/v3.18/main.partial.json"),
    ("nvd", "feeds/nvd/nvd-cve-api-2.0-one-page.json.zst"),
    ("epss", "feeds/epss/epss_scores-2026-08-16.csv.gz"),
];

/// Of so many records of a tree one is changed.
const UNCHANGED: usize = 100;

/// A document, and whose it is.
#[derive(Clone)]
struct Document {
    feed: &'static str,
    path: PathBuf,
}

/// What came of documents.
#[derive(Debug, Default)]
struct Pass {
    elapsed: Duration,
    /// Advisories, and what is known of vulnerabilities, that the documents state.
    stated: u64,
    written: u64,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let documents = documents(&setting.corpus)?;
    let folder = setting.fresh("advisories-changed")?;
    let (changed, expected) = changed(&setting.corpus, &folder)?;
    let (mut first, mut again, mut few) = (Vec::new(), Vec::new(), Vec::new());
    let (mut peak, mut disk) = (0, Vec::new());
    for number in 1..=setting.runs {
        eprintln!("bench: advisories, run {number} of {}", setting.runs);
        let folder = setting.fresh("advisories")?;
        let mut service = Service::start(&setting.limpid, &folder, &Interrupts::default())?;
        let api = Api::new(service.address());
        first.push(ingest_document(&api, &documents)?);
        again.push(ingest_document(&api, &documents)?);
        few.push(ingest_document(&api, &changed)?);
        peak = peak_memory(service.id()).context("the service's memory is not known")?.max(peak);
        service.stop()?;
        disk.push(size(&folder.join("data")));
    }
    if let Some(pass) = again.iter().find(|pass| pass.written > 0) {
        bail!("{} records were written of documents that have not changed", pass.written);
    }
    // Not all that changes in KEV's catalog is of use here.
    if let Some(pass) = few.iter().find(|pass| pass.written == 0 || pass.written > expected) {
        bail!("{} records were written where {expected} have changed", pass.written);
    }
    let stated = first.first().map_or(0, |pass| pass.stated);
    let elapsed = |passes: &[Pass]| passes.iter().map(|pass| pass.elapsed).collect::<Vec<_>>();
    #[expect(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
    let rate = first.iter().map(|pass| pass.stated as f64 / pass.elapsed.as_secs_f64()).collect();
    let whole = Measurement::of_times(format!("ingest of {stated} records, empty store"), &elapsed(&first));
    // Ten times faster than the first pass is a tenth of its time.
    let unchanged = Measurement::of_times("the same again, unchanged", &elapsed(&again));
    Ok(vec![
        Measurement::new("records ingested a second", "/s", rate).with_bar(Bar::AtLeast(50_000.0)),
        unchanged.beside(&whole).with_bar(Bar::TimesFloor(0.1)),
        whole,
        Measurement::of_times(format!("again with at most {expected} records changed"), &elapsed(&few)),
        Measurement::of_bytes("peak memory of the service, ingest, most of all runs", vec![peak])
            .with_bar(Bar::Below(300.0)),
        Measurement::of_bytes("on disk after all of it, documents included", disk),
    ])
}

/// All that a feed's plugin reads, in the first of its snapshots.
fn documents(corpus: &Corpus) -> anyhow::Result<Vec<Document>> {
    let mut documents = Vec::new();
    for tree in TREES {
        documents.push(Document { feed: "osv", path: corpus.path(tree) });
    }
    let ecosystems = corpus.path(ZIPS);
    for ecosystem in fs::read_dir(&ecosystems).context("there are no archives of OSV")? {
        let path = ecosystem?.path();
        if !OF_TREES.contains(&name(&path).as_str()) {
            documents.push(Document { feed: "osv", path: path.join("all.zip") });
        }
    }
    for (feed, path) in OTHERS.into_iter().chain([("kev", KEV[0])]) {
        documents.push(Document { feed, path: corpus.path(path) });
    }
    // The largest first, so that no processor is left with it in the end.
    documents.sort_by_key(|document| {
        std::cmp::Reverse(fs::metadata(&document.path).map_or(0, |metadata| metadata.len()))
    });
    Ok(documents)
}

/// Hands documents in, as many at a time as there are processors.
fn ingest_document(api: &Api, documents: &[Document]) -> anyhow::Result<Pass> {
    let waiting = Mutex::new(documents.iter());
    let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let started = Instant::now();
    let work = || -> anyhow::Result<Pass> {
        let mut pass = Pass::default();
        while let Some(document) = next() {
            let taken = api
                .import_file(document.feed, &document.path)
                .with_context(|| format!("`{}`", document.path.display()))?;
            let number = |field: &str| taken.get(field).and_then(Value::as_u64).unwrap_or_default();
            pass.stated += number("advisories");
            pass.written += number("added") + number("changed") + number("withdrawn");
        }
        Ok(pass)
    };
    let passes = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join()).collect::<Vec<_>>()
    });
    let mut all = Pass { elapsed: started.elapsed(), ..Pass::default() };
    for pass in passes {
        let pass = pass.map_err(|_| anyhow::anyhow!("a thread that hands documents in has panicked"))??;
        all.stated += pass.stated;
        all.written += pass.written;
    }
    Ok(all)
}

/// Documents of which a few records have changed, and how many: the trees of OSV, and KEV's second
/// snapshot.
fn changed(corpus: &Corpus, folder: &Path) -> anyhow::Result<(Vec<Document>, u64)> {
    let mut documents = Vec::new();
    let mut expected = kev(corpus)?;
    for tree in TREES {
        let to = folder.join(name(Path::new(tree)));
        expected += change(&corpus.path(tree), &to)?;
        documents.push(Document { feed: "osv", path: to });
    }
    documents.push(Document { feed: "kev", path: corpus.path(KEV[1]) });
    Ok((documents, expected))
}

/// Writes an archive again, in which one of so many records in JSON says something else. Returns how
/// many do.
fn change(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let (plain, written) = (to.with_extension("from"), to.with_extension(""));
    run(command("zstd").args(["-dqf"]).arg(from).arg("-o").arg(&plain))?;
    let mut archive = tar::Archive::new(File::open(&plain)?);
    let mut builder = tar::Builder::new(File::create(&written)?);
    let (mut records, mut count) = (0, 0);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let mut header = entry.header().clone();
        let path = entry.path()?.into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if path.extension().is_some_and(|extension| extension == "json")
            && let Ok(mut record) = serde_json::from_slice::<Value>(&bytes)
            && record.get("affected").is_some()
            && let Some(fields) = record.as_object_mut()
        {
            records += 1;
            if records % UNCHANGED == 0 {
                fields.insert("summary".to_owned(), Value::from("says something else"));
                bytes = serde_json::to_vec(&record)?;
                count += 1;
            }
        }
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, &path, bytes.as_slice())?;
    }
    builder.into_inner()?.flush()?;
    run(command("zstd").args(["-qf"]).arg(&written).arg("-o").arg(to).stdout(Stdio::null()))?;
    Ok(count)
}

/// In how many records the two snapshots of KEV differ.
fn kev(corpus: &Corpus) -> anyhow::Result<u64> {
    let [before, after] = KEV.map(|path| catalog(&corpus.path(path)));
    let (before, after) = (before?, after?);
    let fresh = after.iter().filter(|(id, record)| before.get(*id) != Some(record)).count();
    let gone = before.keys().filter(|id| !after.contains_key(*id)).count();
    Ok((fresh + gone) as u64)
}

fn catalog(path: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let catalog = crate::verify::read_zstd(path)?;
    let records = catalog.get("vulnerabilities").and_then(Value::as_array).into_iter().flatten();
    let named = records.filter_map(|record| {
        let id = record.get("cveID").and_then(Value::as_str)?;
        Some((id.to_owned(), record.clone()))
    });
    Ok(named.collect())
}

/// What a folder takes on disk, in bytes.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
