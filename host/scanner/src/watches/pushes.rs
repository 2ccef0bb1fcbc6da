//! What is pushed to a registry is looked at as soon as the registry says so.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use limpid_model::{Push, PushesTaken, Watch, chain};

use super::follow::Failure;
use super::registry::Unlisted;
use super::{Parts, TICK};
use crate::Error;
use crate::watched::{self, Selection, is_repository, is_tag};

/// Takes what a watch covers.
pub(super) fn take(parts: &Parts, pushes: Vec<Push>) -> Result<PushesTaken, Error> {
    let watches = watched::all(&parts.scanner.store().view())?;
    let covering = covering(&watches)?;
    let mut taken = PushesTaken::default();
    let all = pushes.len();
    let covered = pushes.into_iter().filter(|push| {
        let is_name = is_repository(&push.repository) && is_tag(&push.tag);
        is_name && covering.iter().any(|(watch, selection)| covers(watch, selection, push))
    });
    let covered: Vec<Push> = covered.collect();
    taken.ignored = (all - covered.len()) as u64;
    let most = parts.scanner.settings().watches.pushes;
    let mut queue = parts.lock();
    let mut waiting: HashSet<Push> = queue.pushes.iter().cloned().collect();
    for push in covered {
        if waiting.contains(&push) {
            taken.accepted += 1;
        } else if queue.pushes.len() >= most {
            taken.put_off += 1;
        } else {
            waiting.insert(push.clone());
            queue.pushes.push_back(push);
            taken.accepted += 1;
        }
    }
    drop(queue);
    parts.changed.notify_all();
    Ok(taken)
}

fn covering(watches: &[Watch]) -> Result<Vec<(&Watch, Selection)>, Error> {
    let enabled = watches.iter().filter(|watch| watch.spec.enabled);
    enabled.map(|watch| Ok((watch, Selection::new(&watch.spec).map_err(Error::Watch)?))).collect()
}

fn covers(watch: &Watch, selection: &Selection, push: &Push) -> bool {
    let mut names = watch.spec.aliases.iter().chain([&watch.spec.registry]);
    let is_there =
        push.registry.as_ref().is_none_or(|host| names.any(|name| name.eq_ignore_ascii_case(host)));
    is_there && selection.covers(&push.repository) && !selection.tags(vec![push.tag.clone()]).is_empty()
}

/// After how long a tag that has not moved is looked at again. CNCF's registry says that something was pushed when it has
/// the manifest, and points the tag there afterwards.
const AGAIN: Duration = Duration::from_secs(1);

/// What is next to be looked at.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) push: Push,
    /// Whether it was looked at before.
    is_again: bool,
}

pub(super) fn work(parts: &Parts) {
    while let Some(Next { push, is_again }) = next(parts) {
        let looked = look(parts, &push);
        let mut queue = parts.lock();
        queue.asking.remove(&push.registry);
        if matches!(looked, Ok(Looked::AsBefore)) && !is_again {
            let most = parts.scanner.settings().watches.pushes;
            if queue.again.len() < most {
                queue.again.push_back((Instant::now() + AGAIN, push.clone()));
            }
        }
        drop(queue);
        // One that waited for this registry may be next.
        parts.changed.notify_all();
        if let Err(failure) = looked
            && !parts.stop.is_stopped()
        {
            let Push { repository, tag, .. } = &push;
            tracing::warn!(
                "`{repository}:{tag}` was pushed, and waits for the next listing: {}",
                chain(&failure)
            );
        }
    }
}

pub(super) fn next(parts: &Parts) -> Option<Next> {
    let mut queue = parts.lock();
    loop {
        if parts.stop.is_stopped() {
            return None;
        }
        // One registry that does not answer keeps one thread, and those who wait for it.
        let is_free = |push: &Push| !queue.asking.contains(&push.registry);
        let now = Instant::now();
        let is_due = |(due, push): &(Instant, Push)| *due <= now && is_free(push);
        let next = if let Some(place) = queue.pushes.iter().position(is_free) {
            Next { push: queue.pushes.remove(place)?, is_again: false }
        } else if let Some(place) = queue.again.iter().position(is_due) {
            Next { push: queue.again.remove(place)?.1, is_again: true }
        } else {
            queue = parts.changed.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner).0;
            continue;
        };
        queue.asking.insert(next.push.registry.clone());
        return Some(next);
    }
}

/// What a push has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// A tag points elsewhere, and its image is submitted.
    Moved,
    /// Tags point where they did, or nowhere.
    AsBefore,
}

pub(super) fn look(parts: &Parts, push: &Push) -> Result<Looked, Failure> {
    let Push { repository, tag, .. } = push;
    let mut seen = Looked::AsBefore;
    let watches = watched::all(&parts.scanner.store().view())?;
    for (watch, selection) in covering(&watches)? {
        if !covers(watch, &selection, push) {
            continue;
        }
        let rows = watched::followed(&parts.scanner.store().view(), &watch.name, Some(repository))?;
        let mut tags: Vec<String> =
            rows.iter().filter(|(_, known)| known.gone.is_none()).map(|(key, _)| key.tag.clone()).collect();
        tags.push(tag.clone());
        // Of those that are followed already, it may not be among the newest.
        if !selection.tags(tags).contains(tag) {
            continue;
        }
        let before = rows.into_iter().find(|(key, _)| key.tag == *tag).map(|(_, known)| known);
        let digest = match parts.digest_of(watch, (repository, tag), before.as_ref()) {
            Err(Failure::Unlisted(Unlisted::Absent)) => continue,
            digest => digest?,
        };
        let followed = parts.follow(watch, (repository, tag), before.as_ref(), digest)?;
        if followed.submitted {
            seen = Looked::Moved;
            tracing::info!(watch = watch.name, "`{repository}:{tag}` was pushed, and is submitted");
        }
        watched::change(&parts.scanner.writers().watches(), watch, vec![(before, followed.tag)])?;
    }
    Ok(seen)
}
