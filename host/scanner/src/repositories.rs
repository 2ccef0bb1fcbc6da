//! What is known of repositories, and of the tags in them.

mod ages;
mod beside;
mod counting;
mod pointing;
mod repairs;
mod summaries;
mod tallies;
mod trend;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limpid_model::{Digest, Image, Page, PreviousTarget, Repository, Severity, Tag, TagChange, TaggedImage};
use limpid_store::tables::images::{Images, Indexing};
use limpid_store::tables::names::{self, Names};
use limpid_store::tables::tags::{Row, Tags};
use limpid_store::{Store, View};

use crate::names::Name;
use crate::report::Reporter;
use crate::settings::Owners;
use crate::{Error, images};
pub(crate) use ages::ages;
pub use beside::Summarizing;
pub(crate) use repairs::{repairs, repairs_of_owner};
pub(crate) use summaries::Summaries;
pub(crate) use tallies::Tallies;
use tallies::Tally;
pub(crate) use trend::trend;

/// Names that are read for one page of repositories, at most; the repository that exceeds it is the last one.
const NAMES_A_PAGE: usize = 50_000;

/// Images without a tag that are asked when they were indexed, of a repository that has no other.
const UNTAGGED: usize = 100;

/// Repositories by name, of an owner where one is asked for, from the one after `after` on, `limit` at most. Where few are
/// the owner's, another page may follow one that is not full.
pub(crate) fn repositories(
    store: &Store,
    (owners, owner): (&Owners, Option<&str>),
    after: Option<&str>,
    limit: usize,
) -> Result<Page<Repository, String>, Error> {
    if owner.is_some_and(|owner| !owners.has(owner)) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let view = store.view();
    let (from, mut others) = (after.map(above), None);
    let mut counting = Counting::new(&view, owners);
    let rows = view.scan_from::<Names>(
        |_| (),
        |key| {
            from.iter().for_each(|from| _ = key.text(from));
        },
    );
    for (read, row) in rows.enumerate() {
        let key = row?.0;
        if others.as_ref() == Some(&key.repository) {
            continue;
        }
        if !counting.is_at(&key.repository) {
            counting.finish()?;
            if counting.done.len() >= limit || read >= NAMES_A_PAGE {
                // The last one that was looked at, whoever it belongs to.
                let last = counting.done.last().map(|last| last.name.clone());
                return Ok(Page { items: counting.done, next: last.max(others) });
            }
            if owner.is_some_and(|owner| owners.of(&key.repository) != Some(owner)) {
                others = Some(key.repository);
                continue;
            }
        }
        counting.add(key);
    }
    counting.finish()?;
    Ok(Page { items: counting.done, next: None })
}

/// The least text above one: all keys that begin with a text come before those that begin with this one.
fn above(text: &str) -> String {
    format!("{text}\0")
}

/// Counts what is there, repository by repository.
struct Counting<'v> {
    view: &'v View<'v>,
    owners: &'v Owners,
    at: Option<(String, u64, BTreeSet<Digest>, String)>,
    done: Vec<Repository>,
}

impl<'v> Counting<'v> {
    const fn new(view: &'v View<'v>, owners: &'v Owners) -> Self {
        Self { view, owners, at: None, done: Vec::new() }
    }

    fn is_at(&self, repository: &str) -> bool {
        self.at.as_ref().is_some_and(|(name, ..)| name == repository)
    }

    fn add(&mut self, key: names::Key) {
        let (_, tags, images, last_tag) =
            self.at.get_or_insert_with(|| (key.repository.clone(), 0, BTreeSet::new(), String::new()));
        images.insert(key.image);
        if *last_tag != key.tag {
            *tags += 1;
            *last_tag = key.tag;
        }
    }

    fn finish(&mut self) -> Result<(), Error> {
        let Some((name, tags, images, _)) = self.at.take() else { return Ok(()) };
        let mut last_indexed = None;
        for row in self.view.scan::<Tags>(|key| {
            key.text(&name);
        }) {
            last_indexed = last_indexed.max(Some(row?.1.indexed));
        }
        if last_indexed.is_none() {
            let untagged: Vec<_> = images.iter().copied().take(UNTAGGED).collect();
            for (id, row) in untagged.iter().zip(self.view.multi_get::<Images>(&untagged)?) {
                last_indexed = last_indexed.max(row.map(|row| row.into_parts(*id).1.indexed_at));
            }
        }
        let owner = self.owners.of(&name).map(str::to_owned);
        self.done.push(Repository { name, owner, tags, images: images.len() as u64, last_indexed });
        Ok(())
    }
}

/// One repository.
///
/// # Errors
/// [`Error::NoRepository`] where no image is known by a name of it.
pub(crate) fn repository(store: &Store, owners: &Owners, name: &str) -> Result<Repository, Error> {
    let view = store.view();
    let repository = Name::of(name).repository;
    let mut counting = Counting::new(&view, owners);
    for key in view.keys::<Names>(|key| {
        key.text(&repository);
    }) {
        counting.add(key?);
    }
    counting.finish()?;
    counting.done.pop().ok_or(Error::NoRepository(name.to_owned()))
}

/// The name of a repository of which an image is known.
///
/// # Errors
/// [`Error::NoRepository`] where none is.
pub(crate) fn existing(view: &View<'_>, name: &str) -> Result<String, Error> {
    let repository = Name::of(name).repository;
    let mut keys = view.keys::<Names>(|key| {
        key.text(&repository);
    });
    let is_known = keys.next().transpose()?.is_some();
    drop(keys);
    if is_known { Ok(repository) } else { Err(Error::NoRepository(name.to_owned())) }
}

/// What the tags of a repository rest on.
pub(crate) struct TagsOf<'s> {
    pub(crate) reporter: Reporter<'s>,
    pub(crate) tallies: &'s Tallies,
}

/// Where a tag pointed since a moment.
type Pointed = (u64, Row);

impl TagsOf<'_> {
    /// Tags of a repository by name, from the one after `after` on, `limit` at most. Findings are counted in what a
    /// report has of the image.
    ///
    /// # Errors
    /// [`Error::NoRepository`] where no image is known by a name of it.
    pub(crate) fn tags(
        &self,
        name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Tag, String>, Error> {
        let repository = Name::of(name).repository;
        let view = self.reporter.store.view();
        let mut found: Vec<(String, Option<Pointed>, Pointed)> = Vec::new();
        let from = after.map(above);
        let rows = view.scan_from::<Tags>(
            |key| {
                key.text(&repository);
            },
            |key| {
                key.text(&repository);
                from.iter().for_each(|from| _ = key.text(from));
            },
        );
        let mut more = false;
        for row in rows {
            let (key, row) = row?;
            let is_full = found.len() >= limit;
            match found.last_mut() {
                Some((tag, before, now)) if *tag == key.tag => {
                    *before = Some(std::mem::replace(now, (key.since, row)));
                }
                _ if is_full => {
                    more = true;
                    break;
                }
                _ => found.push((key.tag, None, (key.since, row))),
            }
        }
        if found.is_empty() && after.is_none() {
            // One of which all images come by digest has no tags.
            existing(&view, name)?;
        }
        let next = found.last().filter(|_| more).map(|(tag, ..)| tag.clone());
        let items = found.into_iter().map(|(tag, before, now)| self.tag(&view, tag, before, now));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }

    fn tag(
        &self,
        view: &View<'_>,
        tag: String,
        before: Option<Pointed>,
        (since, row): Pointed,
    ) -> Result<Tag, Error> {
        let earlier = before.as_ref().map(|(_, row)| known(view, row)).transpose()?.unwrap_or_default();
        let mut images = Vec::new();
        for (image, indexing) in known(view, &row)? {
            let tally = self.tally(&image, &indexing)?;
            let of_platform = earlier.iter().find(|(other, _)| other.platform == image.platform);
            let change = match of_platform {
                Some((from, indexing)) => {
                    let before = self.tally(from, indexing)?;
                    let (added, removed) = (tally.beyond(&before), before.beyond(&tally));
                    Some(TagChange { from: from.id, added, removed })
                }
                None => None,
            };
            let (findings, created, platform) = (tally.by_severity.clone(), image.created, image.platform);
            images.push(TaggedImage { image: image.id, platform, created, findings, change });
        }
        let previous = before.map(|(since, row)| {
            let images = earlier.iter().map(|(image, _)| image.id).collect();
            PreviousTarget { digest: row.digest(), since, images }
        });
        Ok(Tag { tag, digest: row.digest(), since, indexed: row.indexed, images, previous })
    }

    fn tally(&self, image: &Image, indexing: &Indexing) -> Result<Arc<Tally>, Error> {
        self.tallies.of(self.reporter, image, indexing)
    }
}

/// The images of a target, as far as they are known.
fn known(view: &View<'_>, row: &Row) -> Result<Vec<(Image, Indexing)>, Error> {
    let mut known = Vec::new();
    for id in row.images() {
        match images::image(view, &id) {
            Ok(found) => known.push(found),
            Err(Error::NoImage(_)) => {}
            Err(error) => return Err(error),
        }
    }
    known.sort_by(|(a, _), (b, _)| {
        let words = |image: &Image| (image.platform.os.clone(), image.platform.architecture.clone());
        (words(a), a.id).cmp(&(words(b), b.id))
    });
    Ok(known)
}

/// Findings by severity.
pub(crate) type BySeverity = BTreeMap<Severity, u64>;

#[cfg(test)]
mod tests;
