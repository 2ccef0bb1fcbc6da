//! When what is stated has changed, for whoever follows it through time.

use std::collections::{BTreeSet, HashMap};

use limpid_store::View;
use limpid_store::tables::history::{History, Row};
use limpid_store::tables::history_names::HistoryNames;
use limpid_store::tables::history_subjects::HistorySubjects;
use limpid_store::tables::revisions::Revisions;
use limpid_store::tables::sources::Sources;

use crate::Error;

/// Feed and name of a source.
pub(crate) type Source = (String, String);

/// Changes of something: the sources that made them, and when. Times are milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) sources: BTreeSet<Source>,
    pub(crate) times: BTreeSet<u64>,
}

/// When what advisories state of a package has changed since a time.
pub(crate) fn changes_of_package(
    view: &View<'_>,
    (namespace, name): (&str, &str),
    since: u64,
) -> Result<Changes, Error> {
    let mut changes = Changes::default();
    for key in view.keys::<HistoryNames>(|key| {
        key.text(namespace).text(name);
    }) {
        let key = key?;
        if key.at >= since {
            changes.times.insert(key.at);
            changes.sources.insert((key.feed, key.source));
        }
    }
    Ok(changes)
}

/// When what is known of a vulnerability, whoever is affected, has changed since a time.
pub(crate) fn changes_of_knowledge(
    view: &View<'_>,
    vulnerability: &str,
    since: u64,
) -> Result<Changes, Error> {
    let mut changes = Changes::default();
    for key in view.keys::<HistorySubjects>(|key| {
        key.text(vulnerability);
    }) {
        let key = key?;
        // An advisory may go by the same identifier.
        if key.at >= since && !key.kind.is_empty() {
            changes.times.insert(key.at);
            changes.sources.insert((key.feed, key.source));
        }
    }
    Ok(changes)
}

/// When sources came to be known, and when they came to speak of other namespaces.
#[derive(Debug, Default)]
pub(crate) struct SourceChanges {
    times: HashMap<Source, BTreeSet<u64>>,
    /// Since when any source speaks of a namespace, of those of which one speaks now: 0 where that was so before
    /// what history holds.
    pub(crate) spoken_since: HashMap<String, u64>,
}

impl SourceChanges {
    /// Those since a time.
    pub(crate) fn since(view: &View<'_>, since: u64) -> Result<Self, Error> {
        let mut changes = Self::default();
        // What was there before each change: the namespaces, or nothing.
        let mut before: HashMap<Source, Vec<(u64, Vec<String>)>> = HashMap::new();
        for key in view.keys::<HistorySubjects>(|key| {
            key.text("").text("");
        }) {
            let key = key?;
            if key.at < since {
                continue;
            }
            let source = (key.feed.clone(), key.source.clone());
            changes.times.entry(source.clone()).or_default().insert(key.at);
            let namespaces = match view.get::<History>(&key.clone().into())? {
                Some(Row::Source(namespaces)) => namespaces,
                _ => Vec::new(),
            };
            before.entry(source).or_default().push((key.at, namespaces));
        }
        for row in view.scan::<Sources>(|_| ()) {
            let (key, row) = row?;
            let states = before.remove(&(key.feed, key.source)).unwrap_or_default();
            for namespace in row.namespaces {
                // The last time at which it did not speak of it.
                let silent = states.iter().rev().find(|(_, namespaces)| !namespaces.contains(&namespace));
                let began = silent.map_or(0, |(at, _)| *at);
                let known = changes.spoken_since.entry(namespace).or_insert(began);
                *known = (*known).min(began);
            }
        }
        Ok(changes)
    }

    /// When a source has changed.
    pub(crate) fn of(&self, source: &Source) -> impl Iterator<Item = u64> {
        self.times.get(source).into_iter().flatten().copied()
    }
}

/// When the first document of any feed came in, in milliseconds since 1970; 0 where that is longer ago than is
/// remembered, none where no document has come.
pub(crate) fn first_document(view: &View<'_>) -> Result<Option<u64>, Error> {
    let mut feeds: HashMap<String, (u64, u64)> = HashMap::new();
    for row in view.scan::<Revisions>(|_| ()) {
        let (key, row) = row?;
        let earliest = feeds.entry(key.feed).or_insert((key.revision, row.at));
        *earliest = (*earliest).min((key.revision, row.at));
    }
    for row in view.scan::<limpid_store::tables::feeds::Feeds>(|_| ()) {
        let (feed, row) = row?;
        if row.revision > 0 {
            feeds.entry(feed).or_insert((0, 0));
        }
    }
    Ok(feeds.into_values().map(|(revision, at)| if revision <= 1 { at } else { 0 }).min())
}
