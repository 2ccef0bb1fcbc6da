//! Where tags point, and where they pointed before: written in the batch of the images that move them.
//!
//! A tag points at a manifest, or at an index of manifests for several platforms, and so at one image or several.
//! Archives mostly do not say at which; then each submission speaks of the platforms that it brings.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Digest, Image, Platform};
use limpid_store::tables::images::Images;
use limpid_store::tables::names::Names;
use limpid_store::tables::tags::{self, Row, Tags};
use limpid_store::{Batch, Store, View};

use crate::names::Name;
use crate::{Error, filling};

/// Targets of a tag that are remembered: where it points, and where it pointed before.
pub(crate) const REMEMBERED: usize = 64;

/// Says that it is written where tags point.
const MARK: &str = "tags";

/// What a tag points at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Target {
    /// Digest of the manifest or index, where its source says it.
    digest: Option<Digest>,
    /// Its images, and what they run on.
    images: BTreeMap<Digest, Platform>,
}

impl Target {
    /// Where the tag points after a submission that says it points at `self`. None where that is no move: then
    /// `before` has all that is known of it.
    fn after(mut self, before: &mut Self) -> Option<Self> {
        let is_same = match (before.digest, self.digest) {
            // Images of an index may come one by one.
            (Some(before), Some(now)) => before == now,
            _ => self.images.keys().all(|image| before.images.contains_key(image)),
        };
        if is_same {
            before.digest = before.digest.or(self.digest);
            before.images.append(&mut self.images);
            return None;
        }
        if before.digest.is_none() && self.digest.is_none() {
            let platforms: Vec<_> = self.images.values().cloned().collect();
            let stays = before.images.iter().filter(|(_, platform)| !platforms.contains(platform));
            self.images.extend(stays.map(|(image, platform)| (*image, platform.clone())));
        }
        Some(self)
    }

    fn row(&self, indexed: u64) -> Row {
        Row::new(self.digest, self.images.keys().copied().collect(), indexed)
    }
}

/// Lets tags point at the images of a submission that have their names. `digest` is that of the manifest or index
/// by which its source found them, where it knows one.
pub(crate) fn point<'i>(
    view: &View<'_>,
    batch: &mut Batch,
    images: impl Iterator<Item = &'i Image>,
    digest: Option<Digest>,
    now: u64,
) -> Result<(), Error> {
    let mut targets: BTreeMap<Name, (Target, Option<Digest>)> = BTreeMap::new();
    for image in images {
        // One with a digest does not say where the tag before it points.
        let names = image.names.iter().filter(|name| !name.contains('@'));
        for name in names.map(|name| Name::of(name)).filter(|name| name.tag.is_some()) {
            let (target, manifest) = targets.entry(name).or_default();
            target.images.insert(image.id, image.platform.clone());
            *manifest = image.manifests.first().copied();
        }
    }
    for (name, (mut target, manifest)) in targets {
        // The manifest of one image of several is not what the tag points at.
        target.digest = digest.or_else(|| manifest.filter(|_| target.images.len() == 1));
        move_tag(view, batch, &name, target, now)?;
    }
    Ok(())
}

fn move_tag(view: &View<'_>, batch: &mut Batch, name: &Name, target: Target, now: u64) -> Result<(), Error> {
    let mut rows = rows(view, name)?;
    let Some((last, row)) = rows.last() else {
        return Ok(batch.put::<Tags>(&name.tag_key(now), &target.row(now))?);
    };
    let mut before = Target { digest: row.digest(), images: platforms(view, row)? };
    match target.after(&mut before) {
        None => batch.put::<Tags>(last, &before.row(now))?,
        Some(target) => {
            let since = now.max(last.since.saturating_add(1));
            batch.put::<Tags>(&name.tag_key(since), &target.row(now))?;
            let too_many = (rows.len() + 1).saturating_sub(REMEMBERED);
            rows.drain(..too_many).for_each(|(key, _)| batch.delete::<Tags>(&key));
        }
    }
    Ok(())
}

/// Where a tag has pointed, last where it does now.
pub(crate) fn rows(view: &View<'_>, name: &Name) -> Result<Vec<(tags::Key, Row)>, Error> {
    let rows = view.scan::<Tags>(|key| {
        key.text(&name.repository).text(name.tag.as_deref().unwrap_or_default());
    });
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The images of a target that are known still.
fn platforms(view: &View<'_>, row: &Row) -> Result<BTreeMap<Digest, Platform>, Error> {
    let ids: Vec<Digest> = row.images().collect();
    let known = ids.iter().zip(view.multi_get::<Images>(&ids)?);
    Ok(known.filter_map(|(id, row)| Some((*id, row?.into_parts(*id).0.platform))).collect())
}

/// Takes an image from what its tags point at. A tag that then points at nothing points where it pointed before, as
/// its name leads there; one that never pointed elsewhere is not known any more.
pub(crate) fn remove(view: &View<'_>, batch: &mut Batch, image: &Image) -> Result<(), Error> {
    let names: BTreeSet<Name> = image.names.iter().map(|name| Name::of(name)).collect();
    for name in names.iter().filter(|name| name.tag.is_some()) {
        remove_from(view, batch, &image.id, name)?;
    }
    Ok(())
}

/// The same of one tag.
pub(crate) fn remove_from(
    view: &View<'_>,
    batch: &mut Batch,
    image: &Digest,
    name: &Name,
) -> Result<(), Error> {
    for (key, row) in rows(view, name)? {
        let left: Vec<_> = row.images().filter(|other| other != image).collect();
        if left.is_empty() {
            batch.delete::<Tags>(&key);
        } else if left.len() < row.images().count() {
            batch.put::<Tags>(&key, &Row::new(row.digest(), left, row.indexed))?;
        }
    }
    Ok(())
}

/// Says where tags point, where a Limpid wrote images that did not: in the order in which they were indexed. Costs
/// one look-up where there is nothing to do.
pub(crate) fn index_tags(store: &Store) -> Result<(), Error> {
    filling::once(store, MARK, |view, filling| {
        let mut keys = view.keys::<Names>(|_| ()).peekable();
        while let Some(key) = keys.next() {
            let key = key?;
            let name = Name { repository: key.repository.clone(), tag: Some(key.tag.clone()) };
            let mut images = vec![key.image];
            while let Some(Ok(next)) = keys.next_if(|next| {
                next.as_ref().is_ok_and(|next| next.repository == key.repository && next.tag == key.tag)
            }) {
                images.push(next.image);
            }
            if !key.tag.is_empty() {
                put_history(view, filling.batch()?, &name, &images)?;
            }
        }
        Ok(())
    })
}

fn put_history(view: &View<'_>, batch: &mut Batch, name: &Name, images: &[Digest]) -> Result<(), Error> {
    let known = images.iter().zip(view.multi_get::<Images>(images)?);
    let mut known: Vec<_> = known.filter_map(|(id, row)| Some(row?.into_parts(*id))).collect();
    known.sort_by_key(|(image, indexing)| (indexing.indexed_at, image.id));
    let mut history: Vec<(u64, u64, Target)> = Vec::new();
    for (image, indexing) in known {
        let at = indexing.indexed_at;
        let target = Target { digest: None, images: [(image.id, image.platform)].into() };
        let Some((since, indexed, before)) = history.last_mut() else {
            history.push((at, at, target));
            continue;
        };
        *indexed = at;
        let since = at.max(since.saturating_add(1));
        let moved = target.after(before);
        history.extend(moved.map(|target| (since, at, target)));
    }
    let first = history.len().saturating_sub(REMEMBERED);
    for (since, indexed, target) in history.drain(first..) {
        batch.put::<Tags>(&name.tag_key(since), &target.row(indexed))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
