//! What revisions of a feed changed, one change after the other.

use limpid_model::{FeedChange, FeedChangeKind, FeedChangePosition, FeedChanges, Page};
use limpid_runtime::Snapshot;
use limpid_store::View;
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::enrichments::{self, Enrichments};
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::history::{self, History, Row};
use limpid_store::tables::history_subjects::HistorySubjects;
use limpid_store::tables::revisions::{self, Revisions};

use crate::Error;
use crate::plugins::no_feed;

/// Changes and revisions that are looked at for one page: it ends there, full or not.
const LOOKED_AT: usize = if cfg!(test) { 20 } else { 20_000 };

/// Which changes of a feed are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangesAsked {
    /// The revision after which they begin; none for the one before `to`.
    pub from: Option<u64>,
    /// The last revision; none for the one that holds.
    pub to: Option<u64>,
    /// What became of what has changed; none for whatever.
    pub kind: Option<FeedChangeKind>,
    /// The last change of the page before.
    pub after: Option<FeedChangePosition>,
    /// How many, at most.
    pub limit: usize,
}

/// What revisions of a feed changed, as far as history holds.
///
/// # Errors
/// [`Error::NoFeed`] where nobody knows it, [`Error::NoRevision`] where there was no such revision.
pub(crate) fn changes_of_feed(
    plugins: &Snapshot,
    view: &View<'_>,
    feed: &str,
    asked: &ChangesAsked,
) -> Result<FeedChanges, Error> {
    let latest = match view.get::<Feeds>(&feed.to_owned())? {
        Some(row) => row.revision,
        None if plugins.feed(feed).is_some() => 0,
        None => return Err(no_feed(plugins, feed)),
    };
    let to = asked.to.unwrap_or(latest);
    let from = asked.from.unwrap_or_else(|| to.saturating_sub(1));
    if let Some(revision) = [to, from].into_iter().find(|revision| *revision > latest) {
        return Err(Error::NoRevision { feed: feed.to_owned(), revision, latest });
    }
    let forgotten = forgotten(view, feed, from, to)?;
    let mut listing = Listing { view, asked, items: Vec::new(), looked_at: 0, last: None };
    let after = asked.after.as_ref();
    let begin = after.map_or(from.saturating_add(1), |after| after.revision.max(from.saturating_add(1)));
    let mut is_last = true;
    for row in revisions_from(view, feed, begin) {
        let (key, row) = row?;
        if key.revision > to {
            break;
        }
        if !listing.read(&key, row.at, after.filter(|after| after.revision == key.revision))? {
            is_last = false;
            break;
        }
    }
    let next = listing.last.filter(|_| !is_last);
    Ok(FeedChanges { feed: feed.to_owned(), from, to, forgotten, page: Page { items: listing.items, next } })
}

fn revisions_from(
    view: &View<'_>,
    feed: &str,
    revision: u64,
) -> impl Iterator<Item = Result<(revisions::Key, revisions::Row), limpid_store::Error>> {
    view.scan_from::<Revisions>(
        move |key| {
            key.text(feed);
        },
        move |key| {
            key.text(feed).number(revision);
        },
    )
}

/// How many of the revisions after one up to another are not kept any more: the oldest go first.
fn forgotten(view: &View<'_>, feed: &str, from: u64, to: u64) -> Result<u64, Error> {
    let first = revisions_from(view, feed, from.saturating_add(1)).next().transpose()?;
    let first = first.map_or(u64::MAX, |(key, _)| key.revision).min(to.saturating_add(1));
    Ok(first.saturating_sub(from.saturating_add(1)))
}

/// A page in the making.
struct Listing<'a> {
    view: &'a View<'a>,
    asked: &'a ChangesAsked,
    items: Vec<FeedChange>,
    looked_at: usize,
    /// What was looked at last.
    last: Option<FeedChangePosition>,
}

impl Listing<'_> {
    /// Adds what a revision changed. Says whether there was room for all of it.
    fn read(
        &mut self,
        of: &revisions::Key,
        at: u64,
        after: Option<&FeedChangePosition>,
    ) -> Result<bool, Error> {
        self.looked_at += 1;
        let rows = self.view.scan_from::<History>(
            |key| {
                key.number(at).text(&of.feed).number(of.revision);
            },
            |key| {
                key.number(at).text(&of.feed).number(of.revision);
                if let Some(after) = after {
                    // The least text above that of the last change.
                    key.text(&after.source).text(&after.id).text(&format!("{}\0", after.known));
                }
            },
        );
        for row in rows {
            let (key, before) = row?;
            if self.items.len() >= self.asked.limit || self.looked_at >= LOOKED_AT {
                return Ok(false);
            }
            self.looked_at += 1;
            let position = FeedChangePosition {
                revision: key.revision,
                source: key.source.clone(),
                id: key.id.clone(),
                known: key.kind.clone(),
            };
            self.last = Some(position.clone());
            let Some(kind) = self.kind(&key, &before)? else { continue };
            if self.asked.kind.is_none_or(|asked| asked == kind) {
                self.items.push(FeedChange { kind, position, at, images: None });
            }
        }
        // Where nothing is left of it, the next page begins behind the revision.
        let behind = || FeedChangePosition {
            revision: of.revision.saturating_add(1),
            source: String::new(),
            id: String::new(),
            known: String::new(),
        };
        if self.looked_at >= LOOKED_AT {
            self.last = Some(behind());
            return Ok(false);
        }
        Ok(true)
    }

    /// What became of what was changed; none of a source that goes or speaks of something else: its advisories say so.
    fn kind(&self, key: &history::Key, before: &Row) -> Result<Option<FeedChangeKind>, Error> {
        Ok(match before {
            Row::Nothing if key.id.is_empty() => Some(FeedChangeKind::First),
            Row::Source(_) => None,
            Row::Nothing => Some(FeedChangeKind::Added),
            Row::Advisory(..) | Row::Enrichment(_) if self.is_there_after(key)? => {
                Some(FeedChangeKind::Changed)
            }
            Row::Advisory(..) | Row::Enrichment(_) => Some(FeedChangeKind::Withdrawn),
        })
    }

    /// Whether something was stated after a change: what the next change found there, or else what is stated now.
    fn is_there_after(&self, key: &history::Key) -> Result<bool, Error> {
        let history::Key { at, feed, source, id, kind, .. } = key.clone();
        let mut later = self.view.scan_from::<HistorySubjects>(
            |it| {
                it.text(&id).text(&kind).text(&feed).text(&source);
            },
            |it| {
                it.text(&id).text(&kind).text(&feed).text(&source).number(at.saturating_add(1));
            },
        );
        if let Some((next, _)) = later.next().transpose()? {
            let found = self.view.get::<History>(&next.into())?;
            return Ok(found.is_some_and(|found| found != Row::Nothing));
        }
        drop(later);
        if kind.is_empty() {
            return Ok(self.view.get::<Advisories>(&advisories::Key { feed, id, source })?.is_some());
        }
        Ok(self.view.get::<Enrichments>(&enrichments::Key { id, kind, feed, source })?.is_some())
    }
}
