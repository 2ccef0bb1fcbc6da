//! Which newer image of its base's repository an image may be built upon, and what that would change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use limpid_matching::{fingerprint, fold};
use limpid_model::report::Report;
use limpid_model::{BaseImage, Digest, Image, Recommendation};
use limpid_store::View;

use super::{Reporter, facts, matches};
use crate::history::Past;
use crate::revision::Revision;
use crate::{Error, images, inventory, names, unexamined};

/// What affects images that others are built upon, or may be: the same for all of these. What is known is of
/// one revision.
#[derive(Debug, Default)]
pub(crate) struct JudgedImages(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    revision: Option<Revision>,
    images: HashMap<Digest, Arc<Judged>>,
    /// By base image.
    newest: HashMap<Digest, Option<Newest>>,
}

impl Known {
    /// What is known at a revision, with room for more.
    fn at(&mut self, revision: &Revision) -> &mut Self {
        let is_full = self.images.len() >= KEPT || self.newest.len() >= KEPT;
        if self.revision.as_ref() != Some(revision) || is_full {
            *self = Self { revision: Some(revision.clone()), ..Self::default() };
        }
        self
    }
}

/// The newest image of a repository.
#[derive(Clone, Debug)]
struct Newest {
    id: Digest,
    names: Vec<String>,
    created: Option<String>,
    /// Whether all images of the repository were looked at.
    is_newest_known: bool,
}

/// Images that are kept at most.
const KEPT: usize = 256;

/// What affects an image.
#[derive(Debug)]
struct Judged {
    /// Findings by fingerprint.
    findings: BTreeMap<String, usize>,
    /// Whether nothing of it was left unread.
    is_complete: bool,
}

impl JudgedImages {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What affects an image; judged where that is not known at the reporter's revision.
    fn of(&self, reporter: Reporter<'_>, view: &View<'_>, image: &Digest) -> Result<Arc<Judged>, Error> {
        let Some(revision) = reporter.revision else { return judged(reporter, view, image).map(Arc::new) };
        if let Some(judged) = self.known().at(revision).images.get(image) {
            return Ok(Arc::clone(judged));
        }
        let judged = Arc::new(judged(reporter, view, image)?);
        self.known().at(revision).images.insert(*image, Arc::clone(&judged));
        Ok(judged)
    }

    /// The newest image of a base's repositories; looked for where it is not known at the reporter's revision.
    fn newest(
        &self,
        reporter: Reporter<'_>,
        view: &View<'_>,
        base: &BaseImage,
    ) -> Result<Option<Newest>, Error> {
        let Some(revision) = reporter.revision else { return newest(reporter, view, base) };
        if let Some(newest) = self.known().at(revision).newest.get(&base.id) {
            return Ok(newest.clone());
        }
        let newest = newest(reporter, view, base)?;
        self.known().at(revision).newest.insert(base.id, newest.clone());
        Ok(newest)
    }
}

/// The newest image of the repository of a report's base, where that is not the base itself.
pub(super) fn recommendation(
    reporter: Reporter<'_>,
    view: &View<'_>,
    report: &Report,
) -> Result<Option<Recommendation>, Error> {
    let Some(base) = &report.base else { return Ok(None) };
    let newest = reporter.judged.newest(reporter, view, base)?;
    // Where the image is in the repository of its own base, it may be the newest there.
    let Some(newest) = newest.filter(|newest| newest.id != report.image.id) else { return Ok(None) };
    let before = reporter.judged.of(reporter, view, &base.id)?;
    let after = reporter.judged.of(reporter, view, &newest.id)?;
    Ok(Some(Recommendation {
        id: newest.id,
        names: newest.names,
        created: newest.created,
        removes: more(&before.findings, &after.findings),
        adds: more(&after.findings, &before.findings),
        is_newest_known: newest.is_newest_known,
        is_complete: before.is_complete && after.is_complete,
    }))
}

/// How many findings of the first are not in the second.
fn more(first: &BTreeMap<String, usize>, second: &BTreeMap<String, usize>) -> usize {
    let other = |fingerprint| second.get(fingerprint).copied().unwrap_or(0);
    first.iter().map(|(fingerprint, count)| count.saturating_sub(other(fingerprint))).sum()
}

/// How new an image is: as it says itself, where it does, and then by when it was indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Age {
    created: Option<jiff::Timestamp>,
    indexed_at: u64,
}

impl Age {
    fn new(image: &Image, indexed_at: u64) -> Self {
        Self { created: image.created.as_deref().and_then(|created| created.parse().ok()), indexed_at }
    }
}

/// The newest image of the platform in the repositories of a base; none where that is the base itself.
fn newest(reporter: Reporter<'_>, view: &View<'_>, base: &BaseImage) -> Result<Option<Newest>, Error> {
    let mut left = reporter.settings.base_candidates;
    let mut candidates = BTreeSet::new();
    let mut is_newest_known = true;
    'repositories: for name in &base.names {
        for image in names::images_of_repository(view, name) {
            if left == 0 {
                is_newest_known = false;
                break 'repositories;
            }
            left -= 1;
            candidates.insert(image?);
        }
    }
    let (image, indexing) = images::image(view, &base.id)?;
    let platform = image.platform.clone();
    let mut newest = (Age::new(&image, indexing.indexed_at), image);
    for id in candidates {
        let (image, indexing) = images::image(view, &id)?;
        let age = Age::new(&image, indexing.indexed_at);
        if image.platform == platform && age > newest.0 {
            newest = (age, image);
        }
    }
    let newest = Some(newest.1).filter(|image| image.id != base.id);
    Ok(newest.map(|image| Newest {
        id: image.id,
        names: image.names,
        created: image.created,
        is_newest_known,
    }))
}

fn judged(reporter: Reporter<'_>, view: &View<'_>, digest: &Digest) -> Result<Judged, Error> {
    let (image, indexing) = images::image(view, digest)?;
    let facts = facts(view, &image, &indexing)?;
    let hidden = inventory::hidden_of(view, &image, &indexing)?;
    let contents = fold::fold(facts, &hidden, |_, _| ());
    let found = matches(view, &Past::default(), reporter.settings.owned_packages(), &contents)?;
    let remarks = unexamined::remarks(view, &image.id)?;
    let is_complete = contents.distribution.is_some()
        && !contents.packages.is_empty()
        && contents.unread.is_empty()
        && contents.failures.is_empty()
        && found.unordered.is_empty()
        && remarks.values().all(|remark| remark.unread.is_none());
    let mut findings = BTreeMap::new();
    for found in &found.matches {
        let Some(installed) = contents.packages.get(found.package) else { continue };
        *findings.entry(fingerprint(&found.first_name, &installed.package)).or_default() += 1;
    }
    Ok(Judged { findings, is_complete })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_image_says_of_its_age_counts_before_when_it_was_indexed() {
        let at = |created: Option<&str>, indexed_at| Age {
            created: created.map(|created| created.parse().unwrap()),
            indexed_at,
        };
        let (old, new) = (Some("2026-01-01T01:00:00+02:00"), Some("2026-01-01T00:00:00.5Z"));
        assert!(at(old, 9) < at(new, 1));
        assert!(at(None, 9) < at(old, 1));
        assert!(at(old, 1) < at(old, 2));
    }

    #[test]
    fn findings_are_counted_as_often_as_they_are_there() {
        let of = |counts: &[(&str, usize)]| {
            counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        let (before, after) = (of(&[("a", 3), ("b", 1)]), of(&[("a", 1), ("c", 2)]));
        assert_eq!((more(&before, &after), more(&after, &before)), (3, 2));
    }
}
