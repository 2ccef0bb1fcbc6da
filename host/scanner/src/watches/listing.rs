//! One listing of a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use limpid_model::{Digest, Listings, Watch, WatchedTag};
use limpid_store::Batch;
use limpid_store::tables::listings::Listings as ListingsTable;
use limpid_store::tables::watches::Watches;

use super::attached::{Listed, Seen, submitted_again};
use super::follow::{Failure, Followed};
use super::registry::Unlisted;
use super::{Parts, stopped};
use crate::Error;
use crate::watched::{self, Refusal, Selection, Still, is_repository, is_tag};

/// Tags that are written in one batch.
const TAGS: usize = if cfg!(test) { 3 } else { 100 };

/// Failures of one listing that are remembered.
const FAILURES: usize = 20;

/// Tags of a repository that may fail one after the other before the others are not asked for.
const IN_A_ROW: usize = 3;

/// What comes of a listing.
struct Listing<'p> {
    parts: &'p Parts,
    watch: &'p Watch,
    selection: Selection,
    outcome: Mutex<Outcome>,
}

#[derive(Debug, Default)]
struct Outcome {
    why: Option<String>,
    failed: Vec<(String, String)>,
    failed_count: u64,
    repositories: u64,
    submitted: u64,
    dropped: u64,
    /// The registry wants to be left alone for so long.
    later: Option<Duration>,
    /// What ends the listing as a whole.
    error: Option<Error>,
}

/// Lists the registry of a watch, and remembers how that went.
///
/// # Errors
/// The store fails, or the service ends.
pub(super) fn list(parts: &Parts, watch: &Watch) -> Result<(), Error> {
    let began = parts.now();
    begin(parts, watch, began)?;
    let selection = Selection::new(&watch.spec).map_err(Error::Watch)?;
    let listing = Listing { parts, watch, selection, outcome: Mutex::default() };
    let repositories = listing.repositories()?;
    let waiting = Mutex::new(repositories.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..parts.scanner.settings().watches.requests.max(1) {
            scope.spawn(|| {
                while !listing.is_over() {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((repository, is_listed)) = next else { break };
                    listing.repository(&repository, is_listed);
                }
            });
        }
    });
    let outcome = listing.outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    match outcome.error {
        Some(error) => Err(error),
        None if parts.stop.is_stopped() => Err(stopped()),
        None => remember(parts, watch, began, outcome),
    }
}

/// Whether a repository is to be asked for its tags, or is known to be there no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Asked,
    Gone,
}

impl Listing<'_> {
    fn outcome(&self) -> std::sync::MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        let outcome = self.outcome();
        outcome.error.is_some() || outcome.later.is_some() || self.parts.stop.is_stopped()
    }

    /// The repositories that are covered, and those of which something is known.
    fn repositories(&self) -> Result<BTreeMap<String, Presence>, Error> {
        let view = self.parts.scanner.store().view();
        let rows = watched::followed(&view, &self.watch.name, None)?;
        let known: BTreeSet<String> = rows.into_iter().map(|(key, _)| key.repository).collect();
        let mut names: BTreeSet<String> = self.selection.names.iter().cloned().collect();
        let mut is_complete = true;
        if self.selection.asks_for_catalog() {
            match self.catalog() {
                Ok(found) => names.extend(found.into_iter().filter(|name| self.selection.covers(name))),
                Err(failure) => {
                    is_complete = false;
                    self.outcome().why =
                        Some(format!("the repositories of the registry cannot be listed: {failure}"));
                    self.leave_alone(&failure);
                }
            }
        }
        let mut repositories = BTreeMap::new();
        for name in known {
            // Where the registry does not say what it has, what was there is asked for by its name.
            let is_gone = !names.contains(&name) && (is_complete || !self.selection.covers(&name));
            repositories.insert(name, if is_gone { Presence::Gone } else { Presence::Asked });
        }
        repositories.extend(names.into_iter().map(|name| (name, Presence::Asked)));
        Ok(repositories)
    }

    fn catalog(&self) -> Result<Vec<String>, Unlisted> {
        let found = self.parts.lister.repositories(&self.watch.spec.registry, &self.parts.stop)?;
        Ok(self.named(found, "the registry", is_repository))
    }

    /// What of a list can be used as names.
    fn named(&self, mut found: Vec<String>, what: &str, is_name: fn(&str) -> bool) -> Vec<String> {
        let bad: Vec<_> = found.iter().filter(|name| !is_name(name)).take(1).cloned().collect();
        if let Some(bad) = bad.first() {
            found.retain(|name| is_name(name));
            let bad: String = bad.chars().take(100).collect();
            self.fail(what, format!("it lists `{}`, which is no name", bad.escape_debug()));
        }
        found
    }

    fn fail(&self, repository: &str, why: String) {
        let mut outcome = self.outcome();
        outcome.failed_count += 1;
        if outcome.failed.len() < FAILURES {
            outcome.failed.push((repository.to_owned(), why));
        }
    }

    fn leave_alone(&self, failure: &Unlisted) {
        if let Unlisted::Later { after, .. } = failure {
            let mut outcome = self.outcome();
            outcome.later = outcome.later.max(Some(*after));
        }
    }

    fn repository(&self, repository: &str, presence: Presence) {
        let followed = match presence {
            Presence::Asked => self.follow(repository),
            Presence::Gone => Ok(Some(BTreeSet::new())),
        };
        let cleaned = match followed {
            Ok(Some(seen)) => self.parts.drop_gone(self.watch, repository, &seen).map_err(Failure::from),
            Ok(None) => Ok(0),
            Err(failure) => Err(failure),
        };
        match cleaned {
            Ok(dropped) => {
                let mut outcome = self.outcome();
                outcome.dropped += dropped;
                outcome.repositories += u64::from(presence == Presence::Asked);
            }
            Err(Failure::Unlisted(failure)) => {
                self.leave_alone(&failure);
                self.fail(repository, failure.to_string());
            }
            Err(Failure::Scanner(error)) => {
                self.outcome().error.get_or_insert(error);
            }
        }
    }

    /// Follows the tags of a repository. Returns those that are there and followed; none where that is not known of
    /// all of them.
    fn follow(&self, repository: &str) -> Result<Option<BTreeSet<String>>, Failure> {
        let found = match self.parts.lister.tags(&self.watch.spec.registry, repository, &self.parts.stop) {
            Err(Unlisted::Absent) => Vec::new(),
            found => found?,
        };
        let found = self.named(found, repository, is_tag);
        let listed = Listed::new(&found);
        let tags = self.selection.tags(found.clone());
        let rows = watched::followed(&self.parts.scanner.store().view(), &self.watch.name, Some(repository))?;
        let known: BTreeMap<String, WatchedTag> = rows.into_iter().map(|(key, tag)| (key.tag, tag)).collect();
        let mut seen = BTreeSet::new();
        let (mut in_a_row, mut is_complete) = (0, true);
        for tags in tags.chunks(TAGS) {
            let mut changes = Vec::with_capacity(tags.len());
            for tag in tags {
                let before = known.get(tag);
                let followed = self
                    .parts
                    .digest_of(self.watch, (repository, tag), before)
                    .and_then(|digest| self.follow_tag((repository, tag), before, digest, &listed));
                match followed {
                    Ok(followed) => {
                        in_a_row = 0;
                        seen.insert(tag.clone());
                        self.outcome().submitted += u64::from(followed.submitted);
                        changes.push((before.cloned(), followed.tag));
                    }
                    // Gone since it was listed.
                    Err(Failure::Unlisted(Unlisted::Absent)) => {}
                    Err(Failure::Unlisted(failure)) => {
                        in_a_row += 1;
                        is_complete = false;
                        self.leave_alone(&failure);
                        self.fail(repository, format!("tag `{tag}`: {failure}"));
                        if in_a_row >= IN_A_ROW || self.is_over() {
                            self.put(changes)?;
                            return Ok(None);
                        }
                    }
                    Err(failure) => {
                        self.put(changes)?;
                        return Err(failure);
                    }
                }
            }
            self.put(changes)?;
        }
        Ok(is_complete.then_some(seen))
    }

    /// Follows a tag. What is attached is looked for first: what comes while the image is being indexed is seen next time.
    fn follow_tag(
        &self,
        (repository, tag): (&str, &str),
        before: Option<&WatchedTag>,
        digest: Digest,
        listed: &Listed<'_>,
    ) -> Result<Followed, Failure> {
        // It costs itself, and not the image.
        let fail = |failure: &Unlisted| {
            self.leave_alone(failure);
            self.fail(repository, format!("what is attached to tag `{tag}`: {failure}"));
        };
        let seen = match self.parts.attached(self.watch, (repository, tag), (before, digest), listed) {
            Err(Failure::Unlisted(failure)) => {
                fail(&failure);
                None
            }
            seen => seen?,
        };
        if let Some(failure) = seen.as_ref().and_then(|seen| seen.failure.as_ref()) {
            fail(failure);
        }
        let same = before.filter(|before| before.digest == digest);
        let again = same.zip(seen.as_ref()).and_then(|(before, seen)| submitted_again(before, seen));
        let mut followed =
            self.parts.follow(self.watch, (repository, tag), again.as_ref().or(before), digest)?;
        if let Some(Seen { attached, asked, .. }) = seen {
            followed.tag.attached = attached;
            followed.tag.asked = asked;
        }
        Ok(followed)
    }

    fn put(&self, changes: Vec<(Option<WatchedTag>, WatchedTag)>) -> Result<(), Error> {
        match watched::change(&self.parts.scanner.writers().watches(), self.watch, changes)? {
            Still::There => Ok(()),
            Still::Gone => Err(Error::NoWatch(self.watch.name.clone())),
        }
    }
}

/// Says that the listing that was asked for is under way: it is due still for a process that comes after this one.
fn begin(parts: &Parts, watch: &Watch, now: u64) -> Result<(), Error> {
    let writer = parts.scanner.writers().watches();
    let view = writer.view();
    let listings = watched::listings(&view, &watch.name)?;
    if listings.next.is_some() || view.get::<Watches>(&watch.name)?.is_none() {
        return Ok(());
    }
    let mut batch = Batch::default();
    batch.put::<ListingsTable>(&watch.name, &Listings { next: Some(now), ..listings }.into())?;
    writer.commit(batch)
}

/// Writes how a listing went, and when the next one is due.
fn remember(parts: &Parts, watch: &Watch, began: u64, mut outcome: Outcome) -> Result<(), Error> {
    let settings = &parts.scanner.settings().watches;
    let writer = parts.scanner.writers().watches();
    let view = writer.view();
    let current = view.get::<Watches>(&watch.name)?.map(|row| row.into_watch(watch.name.clone()));
    let Some(current) = current.filter(|current| current.created == watch.created) else { return Ok(()) };
    // What was refused is no failure of the registry, which is not asked sooner for that.
    let is_complete = outcome.why.is_none() && outcome.failed_count == 0;
    let (mut tags, mut gone) = (0, 0);
    for (key, tag) in watched::followed(&view, &watch.name, None)? {
        tags += u64::from(tag.gone.is_none());
        gone += u64::from(tag.gone.is_some());
        if let Some(Refusal { why, .. }) = watched::refusal(&view, &tag)? {
            outcome.failed_count += 1;
            if outcome.failed.len() < FAILURES {
                outcome.failed.push((key.repository, format!("tag `{}`: {why}", key.tag)));
            }
        }
    }
    let before = watched::listings(&view, &watch.name)?;
    let now = parts.now();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let interval = watch.spec.interval.map_or(settings.interval, Duration::from_secs);
    let failures = if is_complete { 0 } else { before.failures.saturating_add(1) };
    let wait = match failures {
        0 => interval,
        failures => {
            settings.retry.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX)).min(interval)
        }
    };
    let next = began.saturating_add(millis(wait)).max(now.saturating_add(outcome.later.map_or(0, millis)));
    let listings = Listings {
        last: Some(now),
        last_complete: if is_complete { Some(now) } else { before.last_complete },
        // Somebody asked for another one meanwhile, or the watch was changed.
        next: before.next.filter(|_| current == *watch).map(|_| next),
        failures,
        why: outcome.why,
        failed: outcome.failed,
        failed_count: outcome.failed_count,
        repositories: outcome.repositories,
        tags,
        gone,
        submitted: outcome.submitted,
        dropped: outcome.dropped,
    };
    let (name, repositories) = (&watch.name, listings.repositories);
    match listings
        .why
        .clone()
        .or_else(|| listings.failed.first().map(|(what, why)| format!("`{what}`: {why}")))
    {
        Some(why) => tracing::warn!(watch = name, "watch `{name}` is not listed as a whole: {why}"),
        None => tracing::info!(
            watch = name,
            "watch `{name}` is listed: {tags} tags of {repositories} repositories, {} submitted, {} dropped",
            listings.submitted,
            listings.dropped
        ),
    }
    let mut batch = Batch::default();
    batch.put::<ListingsTable>(name, &listings.into())?;
    writer.commit(batch)
}
