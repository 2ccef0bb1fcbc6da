//! Which images are removed by themselves, and who does it. What a watch follows stays, and so does an image upon which
//! another was built that stays.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use limpid_bytes::Stop;
use limpid_model::{AuditRecord, Digest, ExpiredImage, Image, chains};
use limpid_store::tables::images::Images;
use limpid_store::{Store, View};

use crate::kept::KeptFiles;
use crate::names::Name;
use crate::settings::DAY;
use crate::settings::{RetentionRule, RetentionRules};
use crate::workers::{Beside, attempt};
use crate::writer::Writers;
use crate::{Error, Scanner, Settings, access, catalog, tags, watched, yield_to_others};

/// Images that one run removes. The next one goes on.
const A_RUN: usize = 10_000;

/// What it takes to remove images that have expired.
pub(crate) struct Expiring<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) settings: &'s Settings,
    pub(crate) kept: &'s KeptFiles,
    pub(crate) records: &'s access::Records,
}

/// An image, as far as rules look at it.
struct Known {
    id: Digest,
    indexed_at: u64,
    names: Vec<String>,
    /// Why it goes, where each repository of it lets it go that was asked so far.
    why: Option<String>,
    stays: bool,
}

impl Expiring<'_> {
    /// The images that expire by the rules of the settings, those that were submitted longest ago first.
    ///
    /// # Errors
    /// The store fails, or a rule has a glob that is none.
    pub(crate) fn plan(&self) -> Result<Vec<ExpiredImage>, Error> {
        let rules = self.settings.retention.rules().map_err(Error::BadRetention)?;
        if !rules.remove_something() {
            return Ok(Vec::new());
        }
        let (view, now) = (self.store.view(), self.settings.clock.now());
        let mut images = known(&view)?;
        judge(&view, &rules, &mut images, now)?;
        let followed = followed(&view)?;
        images.retain(|image| !image.stays && image.why.is_some() && !followed.contains(&image.id));
        let bases = bases_of_others(&view, &images)?;
        images.retain(|image| !bases.contains(&image.id));
        images.sort_by_key(|image| (image.indexed_at, image.id));
        let expired = |Known { id, indexed_at, names, why, .. }| {
            Some(ExpiredImage { image: id, names, indexed_at, why: why? })
        };
        Ok(images.into_iter().filter_map(expired).collect())
    }

    /// Removes those images, one by one, and records each. One that was submitted again meanwhile stays.
    ///
    /// # Errors
    /// Those of [`Self::plan`]. What was removed before stays removed.
    pub(crate) fn run(&self, stop: &Stop) -> Result<Vec<ExpiredImage>, Error> {
        let mut removed = Vec::new();
        for expired in self.plan()?.into_iter().take(A_RUN) {
            if stop.is_stopped() {
                break;
            }
            let is_same = |image: &Image, indexed_at: u64| {
                indexed_at == expired.indexed_at && image.names == expired.names
            };
            match catalog::delete_if(self.writers, self.kept, &expired.image, is_same) {
                // Somebody has deleted it.
                Ok(false) | Err(Error::NoImage(_)) => continue,
                Ok(true) => {}
                Err(error) => return Err(error),
            }
            let ExpiredImage { image, why, .. } = &expired;
            tracing::info!(image = %image, "image `{image}` is removed: {why}");
            access::record((self.writers, self.records), self.settings, record(&expired))?;
            removed.push(expired);
        }
        Ok(removed)
    }
}

/// For the record of changes.
fn record(expired: &ExpiredImage) -> AuditRecord {
    AuditRecord {
        time: 0,
        number: 0,
        who: "retention".to_owned(),
        token: None,
        address: None,
        method: "DELETE".to_owned(),
        path: format!("/v1/images/{}", expired.image),
        detail: Some(expired.why.clone()),
        status: 204,
        request: String::new(),
    }
}

fn known(view: &View<'_>) -> Result<Vec<Known>, Error> {
    let rows = view.scan::<Images>(|_| ());
    rows.map(|row| {
        let (id, row) = row?;
        let (image, indexing) = row.into_parts(id);
        let (indexed_at, names) = (indexing.indexed_at, image.names);
        Ok(Known { id, indexed_at, names, why: None, stays: false })
    })
    .collect()
}

/// Asks the rules of all repositories. An image of several goes where all of them let it go.
fn judge(view: &View<'_>, rules: &RetentionRules, images: &mut [Known], now: u64) -> Result<(), Error> {
    let mut by_repository: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (place, image) in images.iter().enumerate() {
        let repositories: BTreeSet<_> = image.names.iter().map(|name| Name::of(name).repository).collect();
        if repositories.is_empty() {
            by_repository.entry(None).or_default().push(place);
        }
        for repository in repositories {
            by_repository.entry(Some(repository)).or_default().push(place);
        }
    }
    for (repository, mut places) in by_repository {
        let (rule, setting) = rules.of(repository.as_deref());
        let age = |place: &usize| images.get(*place).map(|image| (image.indexed_at, image.id));
        places.sort_by_key(|place| std::cmp::Reverse(age(place)));
        for (rank, place) in places.into_iter().enumerate() {
            let Some(image) = images.get_mut(place) else { continue };
            // Those without a name are no repository, of which some could stay.
            let rank = repository.as_ref().map(|_| rank as u64);
            match reason(view, (&rule, &setting), rank, image, now)? {
                Some(why) => _ = image.why.get_or_insert(why),
                None => image.stays = true,
            }
        }
    }
    Ok(())
}

/// Why an image goes by a rule, where it does. `rank` is how many of its repository were submitted after it.
fn reason(
    view: &View<'_>,
    (rule, setting): (&RetentionRule, &str),
    rank: Option<u64>,
    image: &Known,
    now: u64,
) -> Result<Option<String>, Error> {
    let RetentionRule { days, untagged_days, keep, most } = *rule;
    if rank.is_some_and(|rank| rank < keep) {
        return Ok(None);
    }
    if let Some(rank) = rank.filter(|rank| most > 0 && *rank >= most) {
        return Ok(Some(format!(
            "{rank} images of its repository were submitted after it, and `{setting}.most` is {most}"
        )));
    }
    let past = |since: u64| now.saturating_sub(since) / DAY;
    let age = past(image.indexed_at);
    if days > 0 && age >= days {
        return Ok(Some(format!("it was last submitted {age} days ago, and `{setting}.days` is {days}")));
    }
    if untagged_days > 0
        && let Some(since) = untagged_since(view, image)?
        && past(since) >= untagged_days
    {
        let age = past(since);
        return Ok(Some(format!(
            "no tag has pointed to it for {age} days, and `{setting}.untagged_days` is {untagged_days}"
        )));
    }
    Ok(None)
}

/// Since when no tag points to an image; none where one does, or where that is not known.
fn untagged_since(view: &View<'_>, image: &Known) -> Result<Option<u64>, Error> {
    let mut since = image.indexed_at;
    for name in image.names.iter().map(|name| Name::of(name)).filter(|name| name.tag.is_some()) {
        let rows = tags::rows(view, &name)?;
        let Some((key, row)) = rows.last() else { return Ok(None) };
        if row.images().any(|pointed| pointed == image.id) {
            return Ok(None);
        }
        since = since.max(key.since);
    }
    Ok(Some(since))
}

/// Images to which tags point that a watch follows.
fn followed(view: &View<'_>) -> Result<HashSet<Digest>, Error> {
    let mut followed = HashSet::new();
    for watch in watched::all(view)? {
        for (_, tag) in watched::followed(view, &watch.name, None)? {
            if tag.gone.is_some() {
                continue;
            }
            let name = Name::of(&format!("{}/{}:{}", watch.spec.registry, tag.repository, tag.tag));
            let rows = tags::rows(view, &name)?;
            followed.extend(rows.last().into_iter().flat_map(|(_, row)| row.images().collect::<Vec<_>>()));
        }
    }
    Ok(followed)
}

/// Those of some images upon which others were built.
fn bases_of_others(view: &View<'_>, images: &[Known]) -> Result<HashSet<Digest>, Error> {
    let ids: HashSet<Digest> = images.iter().map(|image| image.id).collect();
    let mut by_chain: HashMap<Digest, Vec<Digest>> = HashMap::new();
    for id in &ids {
        let Some(row) = view.get::<Images>(id)? else { continue };
        if let Some(chain) = chains(&row.into_parts(*id).0).pop() {
            by_chain.entry(chain).or_default().push(*id);
        }
    }
    let mut bases = HashSet::new();
    if by_chain.is_empty() {
        return Ok(bases);
    }
    for row in view.scan::<Images>(|_| ()) {
        let (id, row) = row?;
        if ids.contains(&id) {
            continue;
        }
        // What has the same layers was not built upon it.
        for chain in chains(&row.into_parts(id).0).iter().rev().skip(1) {
            bases.extend(by_chain.get(chain).into_iter().flatten().copied());
        }
    }
    Ok(bases)
}

/// Removes images that have expired, from time to time, until it is dropped.
#[derive(Debug)]
pub struct Retention {
    /// None where there is nothing to do.
    _thread: Option<Beside>,
}

impl Retention {
    /// Starts the thread, where the settings have any rule.
    ///
    /// # Errors
    /// A rule has a glob that is none, or no thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let rules = scanner.settings().retention.rules().map_err(Error::BadRetention)?;
        let start = || Beside::start("retention", move |stop| work(&scanner, stop));
        Ok(Self { _thread: rules.remove_something().then(start).transpose()? })
    }
}

fn work(scanner: &Scanner, stop: &Stop) {
    yield_to_others();
    while !stop.wait(scanner.settings().retention.interval) {
        let removed = attempt("images are not removed by retention", || scanner.expiring().run(stop));
        if let Some(removed) = removed.filter(|removed| !removed.is_empty()) {
            tracing::info!(images = removed.len(), "{} images are removed by retention", removed.len());
        }
    }
}

#[cfg(test)]
mod tests;
