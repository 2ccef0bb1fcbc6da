//! What comes to be attached to images after they were indexed.
//!
//! Cosign, and clients of registries without lists of referrers, attach under tags that are named after the image: the
//! listing of a repository has them, and a request for each that fetches nothing says whether it is still the same. Lists
//! of referrers say nothing that could be asked for without fetching them, so that they are asked for now and then.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use limpid_model::{Digest, SeenAttached, Watch, WatchedTag};
use limpid_store::tables::images::Images;

use super::Parts;
use super::follow::{Failure, name};
use super::registry::{Referrers, Unlisted};
use crate::names::Name;
use crate::{Error, tags};

/// What tags of attached things begin with: the rest of the image's digest, and what it is.
const PREFIX: &str = "sha256-";

/// What those end with: the list of referrers, attestations, bills of materials.
const SUFFIXES: [&str; 3] = ["", ".att", ".sbom"];

/// Manifests of one tag to which something may be attached, and places at which something is, that are looked at.
const MANIFESTS: usize = 32;
const PLACES: usize = 64;

/// How the place is called that is no tag.
const REFERRERS: &str = "referrers of ";

/// What of a repository is known by its listing.
pub(super) struct Listed<'a> {
    tags: HashSet<&'a str>,
    /// Whether it was found to have no lists of referrers: one registry may stand before several, of which some have.
    has_no_referrers: Cell<bool>,
}

impl<'a> Listed<'a> {
    pub(super) fn new(tags: &'a [String]) -> Self {
        let tags = tags.iter().map(String::as_str).filter(|tag| tag.starts_with(PREFIX)).collect();
        Self { tags, has_no_referrers: Cell::new(false) }
    }
}

/// What is attached to what a tag points at.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) attached: Vec<SeenAttached>,
    pub(super) asked: Option<u64>,
    /// Why what refers to it is not known.
    pub(super) failure: Option<Unlisted>,
}

impl Parts {
    /// What is attached now to what a tag points at; none where that is not looked for.
    pub(super) fn attached(
        &self,
        watch: &Watch,
        (repository, tag): (&str, &str),
        (before, digest): (Option<&WatchedTag>, Digest),
        listed: &Listed<'_>,
    ) -> Result<Option<Seen>, Failure> {
        let settings = self.scanner.settings();
        let now = self.now();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let known = before.filter(|before| before.digest == digest);
        let age = known.map_or(0, |known| now.saturating_sub(known.since));
        if !settings.attached.asks() || age >= millis(settings.watches.attached) {
            return Ok(None);
        }
        let interval = millis(settings.watches.referrers);
        let last = known.and_then(|known| known.asked);
        let is_due = interval > 0 && last.is_none_or(|last| now.saturating_sub(last) >= interval);
        if listed.tags.is_empty() && !is_due && known.is_none_or(|known| known.attached.is_empty()) {
            return Ok(Some(Seen { asked: last, ..Seen::default() }));
        }
        let about = self.manifests(watch, (repository, tag), digest)?;
        let before = known.map_or(&[][..], |known| &known.attached);
        let mut seen = Seen { asked: last, ..Seen::default() };
        for manifest in &about {
            for suffix in SUFFIXES {
                let place = format!("{PREFIX}{}{suffix}", manifest.hex());
                if !listed.tags.contains(place.as_str()) {
                    continue;
                }
                let known = before.iter().find(|it| it.place == place).map(|it| &it.digest);
                match self.lister.digest(&watch.spec.registry, repository, &place, known, &self.stop) {
                    Ok(digest) => seen.attached.push(SeenAttached { place, digest }),
                    // Gone since it was listed.
                    Err(Unlisted::Absent) => {}
                    Err(failure) => return Err(failure.into()),
                }
            }
        }
        let earlier = || before.iter().filter(|it| it.place.starts_with(REFERRERS)).cloned();
        if is_due && !listed.has_no_referrers.get() {
            seen.asked = Some(now);
            match self.referrers((watch, repository), &about, listed) {
                Ok(referrers) => seen.attached.extend(referrers),
                // What is attached under tags is known all the same.
                Err(Failure::Unlisted(failure)) => {
                    seen.failure = Some(failure);
                    seen.attached.extend(earlier());
                }
                Err(failure) => return Err(failure),
            }
        } else {
            seen.attached.extend(earlier());
        }
        seen.attached.truncate(PLACES);
        Ok(Some(seen))
    }

    fn referrers(
        &self,
        (watch, repository): (&Watch, &str),
        about: &BTreeSet<Digest>,
        listed: &Listed<'_>,
    ) -> Result<Vec<SeenAttached>, Failure> {
        let mut found = Vec::new();
        let most = self.scanner.settings().attached.referrers();
        for manifest in about {
            match self.lister.referrers(&watch.spec.registry, repository, manifest, most, &self.stop) {
                Ok(Referrers::Unsupported) => {
                    listed.has_no_referrers.set(true);
                    return Ok(found);
                }
                Ok(Referrers::Listed(mut referrers)) => {
                    referrers.sort_unstable();
                    if !referrers.is_empty() {
                        let all: Vec<u8> = referrers.iter().flat_map(|it| *it.as_bytes()).collect();
                        let place = format!("{REFERRERS}{manifest}");
                        found.push(SeenAttached { place, digest: Digest::of(&all) });
                    }
                }
                Err(Unlisted::Absent) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(found)
    }

    /// The manifests of the images at which a tag points, and what it points at itself.
    fn manifests(
        &self,
        watch: &Watch,
        (repository, tag): (&str, &str),
        digest: Digest,
    ) -> Result<BTreeSet<Digest>, Error> {
        let view = self.scanner.store().view();
        let mut manifests = BTreeSet::from([digest]);
        let last = tags::rows(&view, &Name::of(&name(watch, repository, tag)))?.pop();
        let Some((_, row)) = last.filter(|(_, row)| row.digest() == Some(digest)) else {
            return Ok(manifests);
        };
        for id in row.images().take(MANIFESTS) {
            if let Some(row) = view.get::<Images>(&id)? {
                let known = row.into_parts(id).0.manifests;
                manifests.extend(known.into_iter().take(MANIFESTS.saturating_sub(manifests.len())));
            }
        }
        Ok(manifests)
    }
}

/// What is known of a tag, as if it had never been submitted, where something has come to be attached since, or has
/// changed: then it is submitted again.
pub(super) fn submitted_again(before: &WatchedTag, seen: &Seen) -> Option<WatchedTag> {
    let has_come = seen.attached.iter().any(|it| !before.attached.contains(it));
    (has_come && before.job.is_some()).then(|| WatchedTag { job: None, ..before.clone() })
}
