//! What leads to repositories: lists of mirrors, and the catalog of extras.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use limpid_plugin_sdk::text::Lines;
use limpid_updateinfo::repository::{self, Located};
use limpid_updateinfo::text;
use serde::Deserialize;

/// Where all that is fetched begins.
const ORIGIN: &str = "https://cdn.amazonlinux.com/";

/// What the source of the catalog of extras is called.
pub(crate) const CATALOG: &str = "2/extras";

/// What the source of a mirror list ends in, behind the repository.
const MIRRORS: &str = "/mirrors";

/// Architectures of which there are repositories.
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// Repositories of Amazon Linux 2023, by their names in addresses.
const OF_2023: [&str; 3] = ["core", "kernel-livepatch", "nvidia"];

/// Bytes of the catalog; it has some 50 KiB.
const MAX_CATALOG: u64 = 4 << 20;
/// Topics of extras; there were 73 in 2026.
const MAX_TOPICS: usize = 1000;
/// Bytes of an address.
const MAX_ADDRESS: usize = 2048;

/// Where a run starts.
pub(crate) fn sources() -> Vec<Source> {
    let mut sources = vec![Source::whole(CATALOG, format!("{ORIGIN}2/extras-catalog.json"))];
    for architecture in ARCHITECTURES {
        sources.push(mirrors(
            &format!("2/core/{architecture}"),
            &format!("2/core/latest/{architecture}/mirror.list"),
        ));
        for repository in OF_2023 {
            sources.push(mirrors(
                &format!("2023/{repository}/{architecture}"),
                &format!("al2023/{repository}/mirrors/latest/{architecture}/mirror.list"),
            ));
        }
    }
    sources
}

fn mirrors(repository: &str, path: &str) -> Source {
    Source::whole(format!("{repository}{MIRRORS}"), format!("{ORIGIN}{path}"))
}

/// The repository whose mirror list a source is; none where it is no such source.
pub(crate) fn of_mirrors(source: &str) -> Option<&str> {
    source.strip_suffix(MIRRORS)
}

#[derive(Deserialize)]
struct Catalog {
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    n: String,
}

/// Asks for the mirror lists of all topics of the catalog of extras.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no catalog, or names no topic or too many.
pub(crate) fn follow_topics(catalog: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let catalog: Catalog = serde_json::from_reader(catalog.take(MAX_CATALOG))
        .map_err(|error| Error::malformed(format!("the document is no catalog of extras: {error}")))?;
    let topics: BTreeSet<&str> = catalog.topics.iter().map(|topic| topic.n.as_str()).collect();
    if topics.is_empty() || topics.len() > MAX_TOPICS {
        let count = topics.len();
        return Err(Error::malformed(format!("the catalog names {count} topics, not 1 to {MAX_TOPICS}")));
    }
    for topic in topics {
        if !is_name(topic) {
            sink.reject(text::shown(topic), Error::malformed("this cannot be the name of a topic"));
            continue;
        }
        for architecture in ARCHITECTURES {
            sink.follow(mirrors(
                &format!("2/extras/{topic}/{architecture}"),
                &format!("2/extras/{topic}/latest/{architecture}/mirror.list"),
            ));
        }
    }
    sink.identify(CATALOG);
    Ok(())
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// Asks for the index of a repository where a mirror list says that it is: at the first of its addresses below the
/// origin of the list. All of them have the same.
///
/// # Errors
///
/// [`Error::Malformed`] where there is no such address.
pub(crate) fn follow_mirror(repository: &str, list: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut lines = Lines::new(list, MAX_ADDRESS);
    while let Some(line) = lines.next()? {
        let address = line.text();
        let Some(path) = address.trim().strip_prefix(ORIGIN).map(|path| path.trim_end_matches('/')) else {
            continue;
        };
        if !line.cut && is_path(path) {
            sink.follow(repository::source(&format!("{repository}@{path}"), &format!("{ORIGIN}{path}")));
            sink.identify(&format!("{repository}{MIRRORS}"));
            return Ok(());
        }
    }
    Err(Error::malformed(format_args!("no line of the list is an address below `{ORIGIN}`")))
}

fn is_path(path: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    (1..=150).contains(&path.len())
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+-".contains(&byte))
        && path.split('/').all(is_part)
}

/// The repository of which the name of a source speaks: `2/core/x86_64@2/core/2.0/x86_64/0123`.
pub(crate) fn locate(name: &str) -> Option<Located> {
    let (name, path) = name.split_once('@')?;
    is_path(path).then(|| Located { name: name.to_owned(), address: format!("{ORIGIN}{path}") })
}
