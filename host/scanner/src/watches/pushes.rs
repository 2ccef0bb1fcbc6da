//! What is pushed to a registry is looked at as soon as the registry says so.

use std::sync::PoisonError;

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
    let mut queue = parts.lock();
    for push in pushes {
        let is_name = is_repository(&push.repository) && is_tag(&push.tag);
        if !is_name || !covering.iter().any(|(watch, selection)| covers(watch, selection, &push)) {
            taken.ignored += 1;
        } else if queue.pushes.contains(&push) {
            taken.accepted += 1;
        } else if queue.pushes.len() >= parts.scanner.settings().watches.pushes {
            taken.put_off += 1;
        } else {
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

pub(super) fn work(parts: &Parts) {
    while let Some(push) = next(parts) {
        if let Err(failure) = look(parts, &push)
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

fn next(parts: &Parts) -> Option<Push> {
    let mut queue = parts.lock();
    loop {
        if parts.stop.is_stopped() {
            return None;
        }
        if let Some(push) = queue.pushes.pop_front() {
            return Some(push);
        }
        queue = parts.changed.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner).0;
    }
}

pub(super) fn look(parts: &Parts, push: &Push) -> Result<(), Failure> {
    let Push { repository, tag, .. } = push;
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
            tracing::info!(watch = watch.name, "`{repository}:{tag}` was pushed, and is submitted");
        }
        watched::change(&parts.scanner.writers().watches(), watch, vec![(before, followed.tag)])?;
    }
    Ok(())
}
