//! Feeds: what is held of each, and how each is to be fetched.

use std::collections::BTreeMap;

use limpid_model::PluginId;
use limpid_runtime::Snapshot;
use limpid_store::tables::feeds::{self, Feeds};
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::runs::{self, Runs};
use limpid_store::tables::sources::{self, Sources};
use limpid_store::{Store, View};

use crate::error::chain;
use crate::plugins::no_feed;
use crate::{Error, Settings, running};

/// A feed: its plugin, and what is held of it.
#[derive(Clone, Debug)]
pub struct FeedState {
    /// The feed's name.
    pub name: String,
    /// The plugin that is loaded for it; none where what is held was read by one that is gone.
    pub plugin: Option<PluginId>,
    /// What is held.
    pub row: feeds::Row,
    /// How its runs went.
    pub runs: runs::Row,
    /// Whether it is being fetched.
    pub is_running: bool,
    /// Whether the schedule fetches it.
    pub is_scheduled: bool,
    /// When this was so, in milliseconds since 1970.
    pub now: u64,
    /// Its sources that were taken in.
    pub sources: Vec<SourceState>,
}

/// A source that was taken in.
#[derive(Clone, Debug)]
pub struct SourceState {
    /// Its name.
    pub name: String,
    /// What is held of it.
    pub row: sources::Row,
    /// How it came; none where an early Limpid did not say so.
    pub fetch: Option<fetches::Row>,
}

/// All feeds: those that a plugin reads, and those of which something is held.
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

/// One feed.
///
/// # Errors
/// [`Error::NoFeed`] where no plugin reads it and nothing is held of it, and where the store
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
        sources.push(SourceState { name: key.source, row, fetch });
    }
    let runs = runs_of(view, &name)?;
    let is_running = running.is_running(&name);
    let is_scheduled = plugin.is_some() && settings.feeds.is_scheduled(&name);
    let now = settings.clock.now();
    Ok(FeedState { name, plugin, row, runs, is_running, is_scheduled, now, sources })
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
