//! What is gone from a registry is dropped after a while, and so are images that a tag pointed at before the last one.

use std::collections::BTreeSet;

use limpid_model::{Digest, Watch, WatchedTag};
use limpid_store::tables::names::Names;
use limpid_store::tables::tags::Tags;
use limpid_store::tables::watched::Watched;
use limpid_store::{Batch, View};

use super::Parts;
use super::follow::name;
use crate::names::Name;
use crate::{Error, catalog, tags, watched};

/// Targets of a tag that are kept however long ago they were: the one now and the one before.
const COMPARED: usize = 2;

impl Parts {
    /// Remembers which tags of a repository are gone, `seen` being all that are there, and drops those that have been
    /// gone for long. Returns how many were dropped.
    pub(super) fn drop_gone(
        &self,
        watch: &Watch,
        repository: &str,
        seen: &BTreeSet<String>,
    ) -> Result<u64, Error> {
        let grace = self.scanner.settings().watches.grace.as_millis();
        let grace = u64::try_from(grace).unwrap_or(u64::MAX);
        let is_over = |since: u64| since.saturating_add(grace) <= self.now();
        let rows = watched::followed(&self.scanner.store().view(), &watch.name, Some(repository))?;
        let (mut missing, mut over) = (Vec::new(), Vec::new());
        for (_, tag) in rows {
            let is_seen = seen.contains(&tag.tag);
            match tag.gone {
                Some(since) if is_over(since) => over.push((tag, is_seen)),
                None if !is_seen => {
                    let after = WatchedTag { gone: Some(self.now()), ..tag.clone() };
                    missing.push((Some(tag), after));
                }
                _ => self.drop_earlier(watch, &tag, is_over)?,
            }
        }
        watched::change(&self.scanner.writers().watches(), watch, missing)?;
        let mut dropped = 0;
        for (tag, is_seen) in over {
            self.drop_tag(watch, &tag)?;
            // One that is there and too old is remembered, so that nobody asks once more how old it is.
            if is_seen {
                let after = WatchedTag { job: None, gone: None, ..tag.clone() };
                watched::change(&self.scanner.writers().watches(), watch, vec![(Some(tag), after)])?;
            } else {
                let mut batch = Batch::default();
                batch.delete::<Watched>(&watched::key(&watch.name, repository, &tag.tag));
                self.scanner.writers().watches().commit(batch)?;
            }
            dropped += 1;
        }
        Ok(dropped)
    }

    /// Takes the name of a tag from its images, unless another watch follows it.
    fn drop_tag(&self, watch: &Watch, tag: &WatchedTag) -> Result<(), Error> {
        let view = self.scanner.store().view();
        if is_followed_by_others(&view, watch, tag)? {
            return Ok(());
        }
        let name = Name::of(&name(watch, &tag.repository, &tag.tag));
        let keys = view.keys::<Names>(|key| {
            key.text(&name.repository).text(name.tag.as_deref().unwrap_or_default());
        });
        for key in keys {
            self.leave(&key?.image, &name)?;
        }
        tracing::info!(
            watch = watch.name,
            "tag `{}` of `{}` is gone and was dropped",
            tag.tag,
            tag.repository
        );
        Ok(())
    }

    /// Drops what a tag pointed at long ago, but for what it points at and what it pointed at just before.
    fn drop_earlier(
        &self,
        watch: &Watch,
        tag: &WatchedTag,
        is_over: impl Fn(u64) -> bool,
    ) -> Result<(), Error> {
        let name = Name::of(&name(watch, &tag.repository, &tag.tag));
        let view = self.scanner.store().view();
        let mut rows = tags::rows(&view, &name)?;
        if rows.len() <= COMPARED {
            return Ok(());
        }
        let until: Vec<u64> = rows.iter().skip(1).map(|(key, _)| key.since).collect();
        let earlier = rows.len() - COMPARED;
        let ended = until.iter().take(earlier).take_while(|until| is_over(**until)).count();
        if ended == 0 {
            return Ok(());
        }
        let left = rows.split_off(ended);
        let kept: BTreeSet<Digest> = left.iter().flat_map(|(_, row)| row.images()).collect();
        for image in rows.iter().flat_map(|(_, row)| row.images()).collect::<BTreeSet<_>>() {
            if !kept.contains(&image) {
                self.leave(&image, &name)?;
            }
        }
        let mut batch = Batch::default();
        rows.iter().for_each(|(key, _)| batch.delete::<Tags>(key));
        self.scanner.writers().images().commit(batch)
    }

    fn leave(&self, image: &Digest, name: &Name) -> Result<(), Error> {
        catalog::leave_name(self.scanner.writers(), &self.scanner.0.kept, image, name)
    }
}

fn is_followed_by_others(view: &View<'_>, watch: &Watch, tag: &WatchedTag) -> Result<bool, Error> {
    for other in watched::all(view)? {
        if other.name == watch.name || other.spec.registry != watch.spec.registry {
            continue;
        }
        let key = watched::key(&other.name, &tag.repository, &tag.tag);
        let row = view.get::<Watched>(&key)?.map(|row| row.into_tag(key));
        if row.is_some_and(|row| row.gone.is_none() && row.job.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}
