//! Watches as they are stored, and what they cover.

mod selection;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use limpid_model::{
    JobState, Listings, Page, Watch, WatchPhase, WatchSpec, WatchState, WatchedPosition, WatchedTag,
};
use limpid_store::tables::jobs::Jobs;
use limpid_store::tables::listings::Listings as ListingsTable;
use limpid_store::tables::watched::{self, Watched};
use limpid_store::tables::watches::{Row, Watches};
use limpid_store::{Batch, Store, View};

use crate::settings::Clock;
use crate::writer::{Writer, Writers};
use crate::{Error, WatchError};
pub(crate) use selection::{Selection, is_repository, is_tag};

/// Longest name of a watch, in bytes.
const NAME_BYTES: usize = 64;

/// Rows written in one batch.
const ROWS: usize = 1_000;

/// Watches whose registry is being listed.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<BTreeSet<String>>);

impl UnderWay {
    pub(crate) fn watches(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All watches, by name.
pub(crate) fn all(view: &View<'_>) -> Result<Vec<Watch>, Error> {
    view.scan::<Watches>(|_| ())
        .map(|row| row.map(|(name, row)| row.into_watch(name)).map_err(Error::from))
        .collect()
}

/// The watch of that name.
///
/// # Errors
/// [`Error::NoWatch`] where there is none.
pub(crate) fn watch(view: &View<'_>, name: &str) -> Result<Watch, Error> {
    let row = view.get::<Watches>(&name.to_owned())?;
    row.map(|row| row.into_watch(name.to_owned())).ok_or_else(|| Error::NoWatch(name.to_owned()))
}

/// How the listings of a watch went.
pub(crate) fn listings(view: &View<'_>, name: &str) -> Result<Listings, Error> {
    Ok(view.get::<ListingsTable>(&name.to_owned())?.map(Listings::from).unwrap_or_default())
}

/// All watches, and how their listings go.
pub(crate) fn states(store: &Store, under_way: &UnderWay) -> Result<Vec<WatchState>, Error> {
    let view = store.view();
    all(&view)?.into_iter().map(|watch| state_of(&view, under_way, watch)).collect()
}

/// One of them.
///
/// # Errors
/// [`Error::NoWatch`] where there is none of that name.
pub(crate) fn state(store: &Store, under_way: &UnderWay, name: &str) -> Result<WatchState, Error> {
    let view = store.view();
    state_of(&view, under_way, watch(&view, name)?)
}

fn state_of(view: &View<'_>, under_way: &UnderWay, watch: Watch) -> Result<WatchState, Error> {
    let is_listing = under_way.watches().contains(&watch.name);
    let phase = if is_listing { WatchPhase::Listing } else { WatchPhase::Waiting };
    Ok(WatchState { listings: listings(view, &watch.name)?, phase, watch })
}

/// In the place of a job: what a tag points at was submitted, but not for all platforms that are wanted now.
pub(crate) const AGAIN: u64 = u64::MAX;

/// Makes a watch, or changes the one of that name. Its registry is listed at once, and all that it follows is
/// submitted again where further platforms are wanted.
///
/// # Errors
/// [`Error::Watch`] where it makes no sense.
pub(crate) fn put(writers: &Writers, clock: &Clock, name: &str, mut spec: WatchSpec) -> Result<Watch, Error> {
    check(name, &mut spec).map_err(Error::Watch)?;
    let writer = writers.watches();
    let view = writer.view();
    let key = name.to_owned();
    let before = view.get::<Watches>(&key)?.map(|row| row.into_watch(key.clone()));
    let mut batch = Batch::default();
    if before.as_ref().is_some_and(|before| spec.platforms.exceed(&before.spec.platforms)) {
        for (key, tag) in followed(&view, name, None)? {
            if tag.job.is_some() {
                let again = WatchedTag { job: Some(AGAIN), ..tag };
                batch.put::<Watched>(&key, &(&again).into())?;
            }
        }
    }
    let watch = match before {
        // The service states the watches of its settings each time that it starts.
        Some(before) if before.spec == spec => return Ok(before),
        Some(before) => Watch { spec, ..before },
        None => Watch { name: key.clone(), created: clock.now(), spec },
    };
    batch.put::<Watches>(&key, &Row::from(&watch))?;
    put_due(&view, &mut batch, &key)?;
    writer.commit(batch)?;
    Ok(watch)
}

fn put_due(view: &View<'_>, batch: &mut Batch, name: &String) -> Result<(), Error> {
    let due = Listings { next: None, ..listings(view, name)? };
    Ok(batch.put::<ListingsTable>(name, &due.into())?)
}

/// Removes a watch, what it follows some rows at a time, and itself with the last of them. Images stay.
///
/// # Errors
/// [`Error::NoWatch`] where there is none of that name.
pub(crate) fn remove(writers: &Writers, name: &str) -> Result<(), Error> {
    watch(&writers.watches().view(), name)?;
    loop {
        let writer = writers.watches();
        let view = writer.view();
        let mut batch = Batch::default();
        let keys = view.keys::<Watched>(|key| {
            key.text(name);
        });
        for key in keys.take(ROWS) {
            batch.delete::<Watched>(&key?);
        }
        let is_last = batch.len() < ROWS;
        if is_last {
            batch.delete::<Watches>(&name.to_owned());
            batch.delete::<ListingsTable>(&name.to_owned());
        }
        writer.commit(batch)?;
        if is_last {
            return Ok(());
        }
    }
}

/// Lets the registry of a watch be listed at once. What was refused is submitted again.
///
/// # Errors
/// [`Error::NoWatch`] where there is none of that name.
pub(crate) fn list_now(writers: &Writers, name: &str) -> Result<(), Error> {
    let writer = writers.watches();
    let view = writer.view();
    watch(&view, name)?;
    let mut batch = Batch::default();
    for (key, tag) in followed(&view, name, None)? {
        if refusal(&view, &tag)?.is_some() {
            let again = WatchedTag { job: None, ..tag };
            batch.put::<Watched>(&key, &(&again).into())?;
        }
        if batch.len() >= ROWS {
            writer.commit(std::mem::take(&mut batch))?;
        }
    }
    put_due(&view, &mut batch, &name.to_owned())?;
    writer.commit(batch)
}

/// Under this code a job failed for which the registry had no answer, which it may have later.
const UNAVAILABLE: &str = "source-unavailable";

/// Why the image of a tag was refused, where it was, and where that is known still.
pub(crate) fn refusal(view: &View<'_>, tag: &WatchedTag) -> Result<Option<Refusal>, Error> {
    let Some(id) = tag.job else { return Ok(None) };
    let job = view.get::<Jobs>(&id)?.map(|row| row.into_job(id).state);
    Ok(match job {
        Some(JobState::Failed { code, message }) => Some(Refusal {
            why: message,
            again: if code == UNAVAILABLE { Again::Then } else { Again::Never },
        }),
        _ => None,
    })
}

/// That an image was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) why: String,
    pub(crate) again: Again,
}

/// Whether it makes sense to submit the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// With the next listing.
    Then,
    /// Not before somebody asks for it.
    Never,
}

/// What a watch follows, of one repository or of all.
pub(crate) fn followed(
    view: &View<'_>,
    watch: &str,
    repository: Option<&str>,
) -> Result<Vec<(watched::Key, WatchedTag)>, Error> {
    let rows = view.scan::<Watched>(|key| {
        key.text(watch);
        repository.iter().for_each(|repository| _ = key.text(repository));
    });
    rows.map(|row| {
        let (key, row) = row?;
        Ok((key.clone(), row.into_tag(key)))
    })
    .collect()
}

/// Tags that a watch follows, from the one after `after` on, `limit` at most.
///
/// # Errors
/// [`Error::NoWatch`] where there is none of that name.
pub(crate) fn tags(
    store: &Store,
    name: &str,
    after: Option<&WatchedPosition>,
    limit: usize,
) -> Result<Page<WatchedTag, WatchedPosition>, Error> {
    let view = store.view();
    watch(&view, name)?;
    let rows = view.scan_from::<Watched>(
        |key| {
            key.text(name);
        },
        |key| {
            key.text(name);
            // The least text above one.
            after.iter().for_each(|after| _ = key.text(&after.repository).text(&format!("{}\0", after.tag)));
        },
    );
    let mut items = Vec::new();
    for row in rows.take(limit.saturating_add(1)) {
        let (key, row) = row?;
        let tag = row.into_tag(key);
        items.push(WatchedTag { job: tag.job.filter(|job| *job != AGAIN), ..tag });
    }
    Ok(Page::of(items, limit, |last| WatchedPosition {
        repository: last.repository.clone(),
        tag: last.tag.clone(),
    }))
}

/// Changes rows of a watch, unless somebody else has changed them meanwhile: a listing and a push may come to the same
/// tag. Returns whether the watch is there still.
pub(crate) fn change(
    writer: &Writer<'_>,
    watch: &Watch,
    changes: Vec<(Option<WatchedTag>, WatchedTag)>,
) -> Result<Still, Error> {
    let view = writer.view();
    let now = view.get::<Watches>(&watch.name)?.map(|row| row.into_watch(watch.name.clone()));
    let Some(now) = now.filter(|now| now.created == watch.created) else { return Ok(Still::Gone) };
    let is_wanted_more = now.spec.platforms.exceed(&watch.spec.platforms);
    let mut batch = Batch::default();
    for (before, mut after) in changes {
        if is_wanted_more && after.job.is_some() && after.job != before.as_ref().and_then(|before| before.job)
        {
            after.job = Some(AGAIN);
        }
        let key = key(&watch.name, &after.repository, &after.tag);
        let known = view.get::<Watched>(&key)?.map(|row| row.into_tag(key.clone()));
        if known == before {
            batch.put::<Watched>(&key, &(&after).into())?;
        }
    }
    writer.commit(batch)?;
    Ok(Still::There)
}

/// Whether a watch is there still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Still {
    There,
    Gone,
}

pub(crate) fn key(watch: &str, repository: &str, tag: &str) -> watched::Key {
    watched::Key { watch: watch.to_owned(), repository: repository.to_owned(), tag: tag.to_owned() }
}

/// Whether one of these watches follows an image by a name of it, or has followed it.
pub(crate) fn know<'n>(
    view: &View<'_>,
    watches: &[Watch],
    names: impl Iterator<Item = &'n String> + Clone,
) -> Result<bool, Error> {
    for watch in watches {
        for name in names.clone() {
            let Some((repository, tag)) = selection::within(&watch.spec.registry, name) else { continue };
            if view.get::<Watched>(&key(&watch.name, &repository, &tag))?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn check(name: &str, spec: &mut WatchSpec) -> Result<(), WatchError> {
    let speakable = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !(1..=NAME_BYTES).contains(&name.len()) || !name.bytes().all(speakable) {
        return Err(WatchError::Name(name.chars().take(NAME_BYTES).collect()));
    }
    spec.registry = selection::registry(&spec.registry)?;
    for alias in &mut spec.aliases {
        *alias = selection::registry(alias)?;
    }
    if spec.repositories.is_empty() {
        return Err(WatchError::NoRepository);
    }
    for (what, number) in [("newest", spec.newest), ("max_age", spec.max_age), ("interval", spec.interval)] {
        if number == Some(0) {
            return Err(WatchError::Nothing(what));
        }
    }
    Selection::new(spec).map(|_| ())
}
