//! What revisions of a feed changed, and whom that affects.

use limpid_model::{AtMost, FeedChangeKind, FeedChanges};
use limpid_runtime::Snapshot;
use limpid_store::{Store, View};

use super::{Filter, page_of};
use crate::history::{ChangesAsked, changes_of_feed};
use crate::inventory::{Asked, Vulnerability};
use crate::{Error, Settings};

/// Images that are counted for one change, at most.
const COUNTED: usize = if cfg!(test) { 2 } else { 100 };

/// What revisions of a feed changed, as far as history holds, with the images that it affects now where these are asked
/// for.
///
/// # Errors
/// [`Error::NoFeed`] where nobody knows it, [`Error::NoRevision`] where there was no such revision.
pub(crate) fn changes(
    (store, settings): (&Store, &Settings),
    plugins: &Snapshot,
    feed: &str,
    (asked, counts_images): (&ChangesAsked, bool),
) -> Result<FeedChanges, Error> {
    let view = store.view();
    let mut changes = changes_of_feed(plugins, &view, feed, asked)?;
    if counts_images {
        for change in &mut changes.page.items {
            if matches!(change.kind, FeedChangeKind::Added | FeedChangeKind::Changed) {
                change.images = Some(affected_now(settings, &view, &change.position.id)?);
            }
        }
    }
    Ok(changes)
}

/// How many images a vulnerability affects now.
pub(crate) fn affected_now(settings: &Settings, view: &View<'_>, id: &str) -> Result<AtMost, Error> {
    let known = Vulnerability::find(view, id)?;
    let page = page_of(settings, view, &known, &Filter::default(), Asked::new(None, COUNTED))?;
    Ok(AtMost { counted: page.items.len() as u64, more: page.next.is_some() })
}
