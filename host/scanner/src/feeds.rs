//! Feeds: what is stored of each, and how each is to be fetched.

use std::collections::BTreeMap;

use limpid_model::chain;
use limpid_model::{
    Absent, FeedFailure, FeedRuns, FeedState, PluginId, Rejection, SilentNamespace, SourceDocument,
    SourceState,
};
use limpid_runtime::Snapshot;
use limpid_store::tables::feeds::{self, Feeds};
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::runs::{self, Runs};
use limpid_store::tables::sources::{self, Sources};
use limpid_store::{Store, View};

use crate::plugins::no_feed;
use crate::{Error, Settings, running};

/// All feeds: those that a plugin reads, and those of which something is stored.
///
/// # Errors
/// The store fails.
pub(crate) fn feeds(
    store: &Store,
    settings: &Settings,
    plugins: &Snapshot,
    running: &running::Runs,
) -> Result<Vec<FeedState>, Error> {
    let view = store.view();
    let mut feeds = BTreeMap::new();
    for feed in plugins.feeds() {
        feeds.insert(feed.name().to_owned(), (Some(feed.plugin().clone()), feeds::Row::default()));
    }
    for row in view.scan::<Feeds>(|_| ()) {
        let (name, row) = row?;
        feeds.entry(name).or_insert_with(|| (None, feeds::Row::default())).1 = row;
    }
    let state = |(name, (plugin, row))| feed_state(settings, running, &view, name, plugin, row);
    feeds.into_iter().map(state).collect()
}

/// Whether any source was ingested.
///
/// # Errors
/// The store fails.
pub(crate) fn has_sources(store: &Store) -> Result<bool, Error> {
    Ok(store.view().keys::<Sources>(|_| ()).next().transpose()?.is_some())
}

/// One feed.
///
/// # Errors
/// [`Error::NoFeed`] where no plugin reads it and nothing is stored of it, and where the store
/// fails.
pub(crate) fn feed(
    store: &Store,
    settings: &Settings,
    plugins: &Snapshot,
    running: &running::Runs,
    name: &str,
) -> Result<FeedState, Error> {
    let view = store.view();
    let plugin = plugins.feed(name).map(|feed| feed.plugin().clone());
    let row = view.get::<Feeds>(&name.to_owned())?;
    if plugin.is_none() && row.is_none() {
        return Err(no_feed(plugins, name));
    }
    feed_state(settings, running, &view, name.to_owned(), plugin, row.unwrap_or_default())
}

/// # Errors
/// [`Error::NoFeed`] where no plugin reads it and nothing is stored of it, and where the store fails.
pub(crate) fn check_known(store: &Store, plugins: &Snapshot, name: &str) -> Result<(), Error> {
    if plugins.feed(name).is_none() && store.view().get::<Feeds>(&name.to_owned())?.is_none() {
        return Err(no_feed(plugins, name));
    }
    Ok(())
}

fn feed_state(
    settings: &Settings,
    running: &running::Runs,
    view: &View<'_>,
    name: String,
    plugin: Option<PluginId>,
    row: feeds::Row,
) -> Result<FeedState, Error> {
    let rows = view.scan::<Sources>(|key| {
        key.text(&name);
    });
    let mut sources = Vec::new();
    for entry in rows {
        let (key, row) = entry?;
        let fetch = view.get::<Fetches>(&key)?;
        sources.push(source_state(key.source, row, fetch));
    }
    let runs = runs_of(view, &name)?;
    let runs = FeedRuns {
        last_run: runs.last_run,
        failing_since: runs.failing_since,
        failures: runs.failures,
        next_run: runs.next_run,
        absent: runs.absent.into_iter().map(|(source, reason)| Absent { source, reason }).collect(),
        is_running: running.is_running(&name),
        is_scheduled: plugin.is_some() && settings.feeds.is_scheduled(&name),
    };
    Ok(FeedState {
        name,
        plugin,
        read_by: row.plugin(),
        revision: row.revision,
        advisories: row.advisories,
        rejected: row.rejected,
        rejections: rejections(row.rejections),
        last_success: row.last_success,
        last_failure: row.last_failure.map(|(at, reason)| FeedFailure { at, reason }),
        runs,
        sources,
        now: settings.clock.now(),
    })
}

fn source_state(name: String, row: sources::Row, fetch: Option<fetches::Row>) -> SourceState {
    let silent = row.spoken.into_iter().filter(|spoken| spoken.silent_since.is_some());
    let silent =
        silent.map(|spoken| SilentNamespace { namespace: spoken.namespace, last_stated: spoken.last_stated });
    let document = fetch.map(|fetch| SourceDocument {
        address: Some(fetch.address).filter(|address| !address.is_empty()),
        fetched: fetch.fetched,
        bytes: fetch.bytes,
        changes: fetch.changes.count,
        rejections: rejections(fetch.rejections),
    });
    SourceState {
        name,
        ingested: row.ingested,
        dated: row.dated,
        advisories: row.advisories,
        rejected: row.rejected,
        silent: silent.collect(),
        namespaces: row.namespaces,
        document,
    }
}

fn rejections(stored: Vec<(String, String)>) -> Vec<Rejection> {
    stored.into_iter().map(|(id, reason)| Rejection { id, reason }).collect()
}

/// The runs of a feed. Where they cannot be read, it is as if there had been none: the feed is fetched anew,
/// and what is written then can be read.
pub(crate) fn runs_of(view: &View<'_>, feed: &str) -> Result<runs::Row, Error> {
    match view.get::<Runs>(&feed.to_owned()) {
        Ok(row) => Ok(row.unwrap_or_default()),
        Err(error @ limpid_store::Error::Corrupt { .. }) => {
            tracing::error!(
                "how feed `{feed}` was fetched cannot be read, so that it is due: {}",
                chain(&error)
            );
            Ok(runs::Row::default())
        }
        Err(error) => Err(error.into()),
    }
}
