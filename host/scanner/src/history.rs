//! Reports as they would have been: what has changed since is taken back, change by change.

mod changes;
mod listed;
mod past;
mod record;
mod when;

use std::cmp::Ordering;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use limpid_formats::rfc3339;
use limpid_runtime::Snapshot;
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::history::History;
use limpid_store::tables::revisions::{self, Revisions};
use limpid_store::{Batch, Store, View};

use crate::plugins::no_feed;
use crate::settings::Clock;
use crate::{Error, Settings};
pub(crate) use changes::index_history;
pub use listed::ChangesAsked;
pub(crate) use listed::changes_of_feed;
pub(crate) use past::{AdvisoriesThen, AdvisoryThen, KnownThen, Past, Then};
pub(crate) use record::Record;
pub(crate) use when::{SourceChanges, changes_of_knowledge, changes_of_package, first_document};

/// Rows removed in one batch.
const ROWS: usize = 10_000;

/// A moment of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// A time, in milliseconds since 1970.
    Time(u64),
    /// When a feed had a revision, the last moment of it.
    Revision {
        /// Name of the feed.
        feed: String,
        /// Its revision.
        revision: u64,
    },
}

impl std::str::FromStr for AsOf {
    type Err = String;

    /// `2026-11-26T05:00:00Z`, or `debian@17`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((feed, revision)) = text.rsplit_once('@')
            && let Ok(revision) = revision.parse()
        {
            return Ok(Self::Revision { feed: feed.to_owned(), revision });
        }
        let time: Result<jiff::Timestamp, _> = text.parse();
        match time {
            // Before 1970 nothing was known of what was before 1970.
            Ok(time) => Ok(Self::Time(time.as_millisecond().try_into().unwrap_or(0))),
            Err(_) => Err(format!(
                "`{text}` is neither a time, as `2026-11-26T05:00:00Z`, nor a revision, as `debian@17`"
            )),
        }
    }
}

/// When changes of what feeds state are made, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Moments(AtomicU64);

impl Moments {
    /// When a change is made that is made now. Changes are taken back in the order of these, so that
    /// each is later than the one before, whatever the clock says. Asked for by whoever writes what feeds
    /// state.
    pub(crate) fn next(&self, clock: &Clock) -> u64 {
        let at = clock.now().max(self.0.load(Relaxed).saturating_add(1));
        self.0.store(at, Relaxed);
        at
    }

    /// Goes on where the last change of an earlier process was.
    pub(crate) fn remember(&self, view: &View<'_>) -> Result<(), Error> {
        let mut last = 0;
        for row in view.scan::<Revisions>(|_| ()) {
            last = row?.1.at.max(last);
        }
        self.0.store(last, Relaxed);
        Ok(())
    }
}

/// What was stated and known at a moment.
///
/// # Errors
/// [`Error::BeforeHistory`] where it is longer ago than is kept, [`Error::NoFeed`] and
/// [`Error::NoRevision`] where there was no such moment.
pub(crate) fn past(
    settings: &Settings,
    plugins: &Snapshot,
    view: &View<'_>,
    as_of: &AsOf,
) -> Result<Past, Error> {
    let oldest = oldest_moment(settings);
    let before_history = || Error::BeforeHistory { oldest: rfc3339(oldest) };
    let since = match as_of {
        AsOf::Time(time) => time.saturating_add(1),
        AsOf::Revision { feed, revision } => {
            end_of(plugins, view, feed, *revision)?.ok_or_else(before_history)?
        }
    };
    if since < oldest {
        return Err(before_history());
    }
    Past::new(view, since)
}

/// When a feed got the revision after one: the end of time where it has not, none where that is
/// not kept.
fn end_of(plugins: &Snapshot, view: &View<'_>, feed: &str, revision: u64) -> Result<Option<u64>, Error> {
    let name = feed.to_owned();
    let latest = match view.get::<Feeds>(&name)? {
        Some(row) => row.revision,
        None if plugins.feed(feed).is_some() => 0,
        None => return Err(no_feed(plugins, feed)),
    };
    match revision.cmp(&latest) {
        Ordering::Greater => Err(Error::NoRevision { feed: name, revision, latest }),
        Ordering::Equal => Ok(Some(u64::MAX)),
        Ordering::Less => {
            let next = revisions::Key { feed: name, revision: revision + 1 };
            Ok(view.get::<Revisions>(&next)?.map(|row| row.at))
        }
    }
}

/// The first moment of which all is kept.
pub(crate) fn oldest_moment(settings: &Settings) -> u64 {
    settings.clock.now().saturating_sub(settings.history)
}

/// Forgets what is longer ago than is kept.
///
/// # Errors
/// The store fails.
pub(crate) fn forget_history(store: &Store, settings: &Settings) -> Result<(), Error> {
    let oldest = oldest_moment(settings);
    let view = store.view();
    let mut batch = Batch::default();
    for row in view.scan::<Revisions>(|_| ()) {
        let (key, row) = row?;
        if row.at < oldest {
            batch.delete::<Revisions>(&key);
        }
    }
    for change in view.scan::<History>(|_| ()) {
        let (key, before) = change?;
        if key.at >= oldest {
            break;
        }
        changes::delete(&view, &mut batch, key, &before)?;
        if batch.len() >= ROWS {
            store.commit(std::mem::take(&mut batch))?;
        }
    }
    Ok(store.commit(batch)?)
}

#[cfg(test)]
mod tests;
