//! Reports as they would have been: what has changed since is taken back, change by change.

mod past;
mod record;

use limpid_store::tables::history::History;
use limpid_store::{Batch, View};

use crate::settings::rfc3339;
use crate::{Error, Scanner};
pub(crate) use past::{Past, Then};
pub(crate) use record::Record;

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
        let time = time.ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
        time.map(Self::Time).ok_or_else(|| {
            format!("`{text}` is neither a time, as `2026-11-26T05:00:00Z`, nor a revision, as `debian@17`")
        })
    }
}

impl Scanner {
    /// What was said and known at a moment.
    ///
    /// # Errors
    /// [`Error::BeforeHistory`] where it is longer ago than is kept.
    pub(crate) fn past(&self, view: &View<'_>, as_of: &AsOf) -> Result<Past, Error> {
        let mut past = Past::default();
        let settings = self.settings();
        let oldest = settings.clock.now().saturating_sub(settings.history);
        let after = match as_of {
            AsOf::Time(time) => time.saturating_add(1),
            AsOf::Revision { feed, revision } => self.end_of(view, feed, *revision)?,
        };
        if after < oldest {
            return Err(Error::BeforeHistory { oldest: rfc3339(oldest) });
        }
        let rows = view.scan_from::<History>(
            |_| (),
            |key| {
                key.number(after);
            },
        );
        for row in rows {
            let (key, row) = row?;
            past.add(key, row);
        }
        Ok(past)
    }

    /// When a feed got the revision after one; the end of time where it has not.
    fn end_of(&self, view: &View<'_>, feed: &str, revision: u64) -> Result<u64, Error> {
        for key in view.keys::<History>(|_| ()) {
            let key = key?;
            if key.feed == feed && key.revision > revision {
                return Ok(key.at);
            }
        }
        Ok(u64::MAX)
    }

    /// Forgets what is longer ago than is kept.
    ///
    /// # Errors
    /// The store fails.
    pub fn forget_history(&self) -> Result<(), Error> {
        let settings = self.settings();
        let oldest = settings.clock.now().saturating_sub(settings.history);
        let view = self.store().view();
        let mut batch = Batch::default();
        for key in view.keys::<History>(|_| ()) {
            let key = key?;
            if key.at >= oldest {
                break;
            }
            batch.delete::<History>(&key);
            if batch.len() >= ROWS {
                self.store().commit(std::mem::take(&mut batch))?;
            }
        }
        Ok(self.store().commit(batch)?)
    }
}
