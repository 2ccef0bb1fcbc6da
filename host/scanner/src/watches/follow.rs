//! What becomes of one tag.

use limpid_model::{Digest, ImageReference, JobState, Naming, Watch, WatchedTag, chain};
use limpid_store::View;
use limpid_store::tables::jobs::Jobs;

use super::registry::Unlisted;
use super::{Parts, stopped};
use crate::names::Name;
use crate::watched::{self, AGAIN, Again};
use crate::{Error, tags};

/// Why a tag could not be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Unlisted(#[from] Unlisted),
    #[error(transparent)]
    Scanner(#[from] Error),
}

/// A tag that was seen.
pub(super) struct Followed {
    pub(super) tag: WatchedTag,
    /// Whether it was submitted just now.
    pub(super) submitted: bool,
}

/// By which name a registry's tag is known.
pub(super) fn name(watch: &Watch, repository: &str, tag: &str) -> String {
    format!("{}/{repository}:{tag}", watch.spec.registry)
}

impl Parts {
    /// Submits what a tag points at, where it did not point there before and is not too old. `before` is what is known
    /// of the tag.
    pub(super) fn follow(
        &self,
        watch: &Watch,
        (repository, tag): (&str, &str),
        before: Option<&WatchedTag>,
        digest: Digest,
    ) -> Result<Followed, Failure> {
        let now = self.now();
        let fresh = || WatchedTag {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            digest,
            since: now,
            seen: now,
            gone: None,
            made: None,
            job: None,
            attached: Vec::new(),
            asked: None,
        };
        let mut after = before.filter(|before| before.digest == digest).cloned().unwrap_or_else(fresh);
        after.seen = now;
        // Whoever pushes it elsewhere meanwhile starts another job.
        let reference = ImageReference {
            reference: format!("{}@{digest}", name(watch, repository, tag)),
            platforms: watch.spec.platforms.clone(),
        };
        if watch.spec.max_age.is_some() && after.made.is_none() {
            // What does not say when it was made is as old as it is known.
            let made = self.lister.made(&reference, &self.stop)?;
            let made = made.iter().filter_map(|text| text.parse::<jiff::Timestamp>().ok());
            let newest = made.filter_map(|made| u64::try_from(made.as_millisecond()).ok()).max();
            after.made = Some(newest.unwrap_or(after.since));
        }
        if is_too_old(watch, &after, now) {
            // What was indexed when it was young enough is dropped as if it were gone.
            after.gone = after.job.map(|_| after.gone.unwrap_or(now));
            return Ok(Followed { tag: after, submitted: false });
        }
        after.gone = None;
        let view = self.scanner.store().view();
        if watched::refusal(&view, &after)?.is_some_and(|refusal| refusal.again == Again::Then) {
            after.job = None;
        }
        if is_lost(&view, &name(watch, repository, tag), &after)? {
            after.job = None;
        }
        drop(view);
        let submitted = after.job.is_none();
        if submitted {
            after.job = Some(self.submit(&reference, Naming::Tag).map_err(|error| match error {
                // What cannot be named costs only itself.
                Error::Images(_) => Failure::from(Unlisted::Failed(chain(&error))),
                error => error.into(),
            })?);
        }
        Ok(Followed { tag: after, submitted })
    }

    /// Where a tag points.
    pub(super) fn digest_of(
        &self,
        watch: &Watch,
        (repository, tag): (&str, &str),
        before: Option<&WatchedTag>,
    ) -> Result<Digest, Failure> {
        if self.stop.is_stopped() {
            return Err(stopped().into());
        }
        let known = before.map(|before| &before.digest);
        Ok(self.lister.digest(&watch.spec.registry, repository, tag, known, &self.stop)?)
    }
}

/// Whether what was indexed of a tag is not what is known under its name: it was deleted, something else was
/// submitted under that name, or the watch has another registry or wants further platforms since.
fn is_lost(view: &View<'_>, name: &str, tag: &WatchedTag) -> Result<bool, Error> {
    let Some(id) = tag.job else { return Ok(false) };
    if id == AGAIN {
        return Ok(true);
    }
    let job = view.get::<Jobs>(&id)?.map(|row| row.into_job(id).state);
    // What a job that nobody remembers has brought may have been all there was to bring.
    let least = match job {
        Some(JobState::Done) => true,
        Some(_) => return Ok(false),
        None => false,
    };
    let last = tags::rows(view, &Name::of(name))?.pop();
    Ok(match last {
        Some((_, row)) => row.digest().is_some_and(|digest| digest != tag.digest),
        None => least,
    })
}

fn is_too_old(watch: &Watch, tag: &WatchedTag, now: u64) -> bool {
    let most = watch.spec.max_age.map(|seconds| seconds.saturating_mul(1_000));
    most.zip(tag.made).is_some_and(|(most, made)| made.saturating_add(most) < now)
}
