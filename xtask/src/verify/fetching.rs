//! Feeds fetched from a publisher on loopback that serves the documents of the corpus, against the
//! same documents handed in.

mod publisher;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use super::Setting;
use super::debian::TRACKER;
use super::tally::{Comparison, Tally};
use publisher::Publisher;

const ALPINE: &str = "feeds/alpine";

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    tally.check("feeds: debian, fetched and handed in", || {
        let tracker = setting.corpus.path(TRACKER);
        let publisher = Publisher::start()?;
        publisher.put("/tracker/data/json", fs::read(&tracker)?);
        let mirror = ("https://security-tracker.debian.org/", publisher.at("/"));
        compare(setting, "debian", mirror, &[tracker])
    });
    tally.check("feeds: alpine, fetched and handed in", || {
        let documents = alpine(&setting.corpus.path(ALPINE))?;
        let publisher = Publisher::start()?;
        let mut index = String::from("<html>");
        for (name, path) in &documents {
            publisher.put(&format!("/{name}"), fs::read(path)?);
            let release = name.split('/').next().unwrap_or_default();
            index.push_str(&format!("<a href=\"{release}/\">{release}/</a>"));
        }
        publisher.put("/", index.into_bytes());
        let mirror = ("https://secdb.alpinelinux.org/", publisher.at("/"));
        let paths: Vec<_> = documents.into_iter().map(|(_, path)| path).collect();
        compare(setting, "alpine", mirror, &paths)
    });
}

/// Documents of releases, as `v3.20/main.json`, and where they are.
fn alpine(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut documents = Vec::new();
    for release in fs::read_dir(folder).with_context(|| format!("`{}` cannot be read", folder.display()))? {
        let release = release?.path();
        if !release.is_dir() {
            continue;
        }
        for document in fs::read_dir(&release)? {
            let path = document?.path();
            let (Some(release), Some(name)) = (release.file_name(), path.file_name()) else { continue };
            let repository = name.to_string_lossy();
            let repository = repository.split('.').next().unwrap_or_default();
            documents.push((format!("{}/{repository}.json", release.to_string_lossy()), path));
        }
    }
    documents.sort();
    Ok(documents)
}

/// What is kept after fetching must be what is kept after handing in, and fetching again must bring
/// nothing.
fn compare(
    setting: &Setting<'_>,
    feed: &str,
    (from, to): (&str, String),
    documents: &[PathBuf],
) -> anyhow::Result<Comparison> {
    let folder = setting.fresh(&format!("fetching-{feed}"))?;
    let (fetched, handed_in) = (folder.join("fetched"), folder.join("handed-in"));
    let mirrors = format!("{{ mirrors = {{ \"{from}\" = [\"{to}\"] }} }}");
    let update = || setting.limpid.update(&fetched, feed, &mirrors);
    let first = update()?;
    let again = update()?;
    setting.limpid.import(&handed_in, feed, documents)?;
    let expected = namespaces(&setting.limpid.feeds(&handed_in)?, feed);
    let found = namespaces(&setting.limpid.feeds(&fetched)?, feed);
    let number = |run: &Value, field: &str| run.pointer(&format!("/0/{field}")).and_then(Value::as_u64);
    let brought = number(&first, "added").is_some_and(|added| added > 0);
    let nothing =
        ["ingested", "bytes", "added", "changed"].map(|field| number(&again, field)) == [Some(0); 4];
    Ok(Comparison::of("sources as they are when handed in", expected, found)
        .requiring(brought, "the first run brings advisories")
        .requiring(nothing, "the second run brings nothing"))
}

/// What each source of a feed states, whatever it is called.
fn namespaces(feeds: &Value, feed: &str) -> Vec<String> {
    let feeds = feeds.pointer("/feeds").and_then(Value::as_array).into_iter().flatten();
    let sources = feeds.filter(|other| other["name"] == feed).filter_map(|feed| feed["sources"].as_array());
    sources
        .flatten()
        .map(|source| {
            format!("{}: {} and {}", source["namespaces"], source["advisories"], source["rejected"])
        })
        .collect()
}
