//! Images of which detectors claim files that were not kept are fetched again, so many an hour.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use limpid_model::{Digest, Naming, chain};
use limpid_store::View;
use limpid_store::tables::images::Images;

use super::{Parts, TICK};
use crate::detectors::{self, components};
use crate::{Error, origins};

const HOUR: Duration = Duration::from_secs(3_600);

pub(super) fn work(parts: &Parts) {
    let hourly = parts.scanner.settings().watches.refetches;
    let Some(pause) = HOUR.checked_div(u32::try_from(hourly).unwrap_or(u32::MAX)) else { return };
    let mut rested = None;
    let mut waiting = VecDeque::new();
    let mut last: Option<Instant> = None;
    while !parts.stop.is_stopped() {
        let loaded = components(&detectors::loaded(&parts.scanner.plugins()));
        // While images are being refreshed from what was kept, nobody knows which will lack something.
        let now = parts.scanner.0.refreshing.ended().map(|refreshes| (refreshes, loaded.clone()));
        if now.is_some() && now != rested {
            waiting = told(behind(&parts.scanner.store().view(), &loaded)).unwrap_or_default().into();
            rested = now;
        }
        if last.is_none_or(|last| last.elapsed() >= pause)
            && let Some(image) = waiting.pop_front()
        {
            if told(fetch(parts, &image, &loaded)).flatten().is_some() {
                last = Some(Instant::now());
            }
            continue;
        }
        let queue = parts.lock();
        drop(parts.changed.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner));
    }
}

fn told<T>(outcome: Result<T, Error>) -> Option<T> {
    outcome.inspect_err(|error| tracing::warn!("images cannot be fetched again: {}", chain(error))).ok()
}

/// Images that rest on other detectors than those that are loaded, newest first, as far as they can be fetched.
pub(super) fn behind(view: &View<'_>, loaded: &[Digest]) -> Result<Vec<Digest>, Error> {
    let mut found = Vec::new();
    if loaded.is_empty() {
        return Ok(Vec::new());
    }
    for row in view.scan::<Images>(|_| ()) {
        let (id, row) = row?;
        let indexing = row.into_parts(id).1;
        if indexing.detectors != loaded && origins::of(view, &id)?.is_some() {
            found.push((indexing.indexed_at, id));
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// Submits an image again, and returns its job. None where another submission was faster, or it is gone.
pub(super) fn fetch(parts: &Parts, image: &Digest, loaded: &[Digest]) -> Result<Option<u64>, Error> {
    let reference = {
        let view = parts.scanner.store().view();
        let Some(row) = view.get::<Images>(image)? else { return Ok(None) };
        if row.into_parts(*image).1.detectors == loaded {
            return Ok(None);
        }
        origins::of(&view, image)?
    };
    let Some(reference) = reference else { return Ok(None) };
    // A tag of its reference may point elsewhere by now.
    let job = parts.submit(&reference, Naming::Known)?;
    tracing::info!(job, "image {image} is fetched again: not all files were kept that detectors claim");
    Ok(Some(job))
}
