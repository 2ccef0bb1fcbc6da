//! Harbors that are asked to scan again what a change affects: each artifact once for each change, however many of its
//! vulnerabilities that is about.
//!
//! A scan that is asked for after a change was committed has seen all of it, and all before. So of each image it is
//! remembered up to which announcement its last scan has seen, and notices of those are done with. It is remembered in
//! memory only: a process that ends costs a scan that was not needed, never one that was.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use limpid_formats::harbor::{Rescan, RescannedArtifact};
use limpid_model::{Digest, HarborTarget, Image, ImageName, SubscriptionSpec, Target};
use limpid_store::View;
use limpid_store::tables::announced::Announced;
use limpid_store::tables::announcements::{Announcements, Stage};
use limpid_store::tables::outbox::Body;
use serde::Deserialize;

use super::Notifying;
use super::message::{Head, OutgoingMessage, message_id, pending, written};
use crate::{Error, SubscriptionError, images};

/// Notices that are looked at for one call.
const WINDOW: usize = 256;

/// Images of which it is remembered what their last scan has seen, of each subscription. Beyond, all are forgotten.
const REMEMBERED: usize = 100_000;

/// Most scans of a minute.
const MOST: u32 = 60_000;

/// Milliseconds of a minute.
const MINUTE: u64 = 60_000;

/// What the last scan of images has seen, by subscription.
#[derive(Debug, Default)]
pub(super) struct Rescans(Mutex<HashMap<String, HashMap<Digest, u64>>>);

/// That a message asks for scans of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rescanning {
    image: Digest,
    /// The last announcement that they will have seen.
    announcement: u64,
    /// How long nothing more is asked for afterwards, in milliseconds.
    pub(super) pause: u64,
}

impl Rescans {
    fn have_seen(&self, subscription: &str, image: &Digest, announcement: u64) -> bool {
        let all = self.all();
        all.get(subscription).and_then(|images| images.get(image)).is_some_and(|seen| *seen >= announcement)
    }

    /// Remembers that scans were begun.
    pub(super) fn begun(&self, subscription: &str, begun: Rescanning) {
        let mut all = self.all();
        let images = all.entry(subscription.to_owned()).or_default();
        if images.len() >= REMEMBERED {
            images.clear();
        }
        images.insert(begun.image, begun.announcement);
    }

    /// Forgets what was begun for a subscription.
    pub(super) fn forget(&self, subscription: &str) {
        self.all().remove(subscription);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, HashMap<Digest, u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the notices of a message have in common.
enum Common {
    /// A scan of their images has seen all of it.
    Seen,
    /// They are about this image, of which no scan has.
    Image(Digest),
}

impl Notifying<'_> {
    /// What is next to be asked of a Harbor: scans of the image of the first notice that waits, which are for all
    /// notices of that image. Where a scan has seen it already, it is done with, as others are of which that is so.
    pub(super) fn rescan(
        &self,
        view: &View<'_>,
        (subscription, head): (&str, Head),
        target: &HarborTarget,
    ) -> Result<OutgoingMessage, Error> {
        let last = last_announcement(view)?;
        let mut common = None;
        let mut notices = Vec::new();
        for row in pending(view, subscription, head.number).take(WINDOW) {
            let (key, row) = row?;
            let (image, announcement) = about(view, &row.body)?;
            let is_seen =
                |announcement| self.deliveries.rescans.have_seen(subscription, &image, announcement);
            let is_seen = announcement.is_some_and(is_seen);
            let of_all = common.get_or_insert(if is_seen { Common::Seen } else { Common::Image(image) });
            let belongs = match of_all {
                Common::Seen => is_seen,
                Common::Image(first) => image == *first && row.attempts == head.row.attempts,
            };
            if belongs {
                notices.push((key.number, row.id));
            }
        }
        let (mut rescan, mut rescanning) = (Rescan::default(), None);
        if let Some(Common::Image(image)) = common {
            rescan.artifacts = artifacts_of(view, &image, &target.registry)?;
            let pause =
                (MINUTE / u64::from(target.rate.max(1))).saturating_mul(rescan.artifacts.len() as u64);
            let begins = !rescan.artifacts.is_empty();
            rescanning = begins.then_some(Rescanning { image, announcement: last, pause });
        }
        let ids: Vec<&str> = notices.iter().map(|(_, id)| id.as_str()).collect();
        let body = written("a message", &rescan)?;
        Ok(OutgoingMessage {
            subscription: subscription.to_owned(),
            target: head.known.spec.target,
            id: message_id(&ids.join(" ")),
            body,
            notices,
            rescanning,
        })
    }

    /// Completes what is asked for where it is about a Harbor: its secret, where that stays, and that only its own
    /// images are meant.
    ///
    /// # Errors
    /// It makes no sense.
    pub(super) fn complete_harbor(&self, name: &str, spec: &mut SubscriptionSpec) -> Result<(), Error> {
        let Target::Harbor(target) = &mut spec.target else { return Ok(()) };
        let wrong = |why: &str| Err(Error::Subscription(SubscriptionError::Target(why.to_owned())));
        if target.username.is_empty() {
            return wrong("`harbor.username` is missing: the name of a robot account that may scan");
        }
        if target.registry.is_empty() || target.registry.contains('/') {
            return wrong("`harbor.registry` is the host of a registry, as names of images begin with it");
        }
        if !(1..=MOST).contains(&target.rate) {
            return wrong("`harbor.rate` is 1 to 60000 scans in a minute");
        }
        if target.password.is_empty() {
            let known = self.subscription(name).ok().map(|known| known.spec.target);
            match known {
                // It is told to nobody but whom it was for.
                Some(Target::Harbor(known))
                    if known.url == target.url && known.username == target.username =>
                {
                    target.password = known.password;
                }
                _ => return wrong("`harbor.password` is missing: the secret of the robot account"),
            }
        }
        if spec.filter.names.is_empty() {
            spec.filter.names.push(format!("{}/*", globset::escape(&target.registry)));
        }
        Ok(())
    }
}

/// The last announcement whose changes are committed.
fn last_announcement(view: &View<'_>) -> Result<u64, Error> {
    let mut last = 0;
    for row in view.scan::<Announcements>(|_| ()) {
        let (number, row) = row?;
        if row.stage != Stage::Staging {
            last = last.max(number);
        }
    }
    Ok(last)
}

/// The image that a notice is about, and the announcement that it is of, where that is known.
fn about(view: &View<'_>, body: &Body) -> Result<(Digest, Option<u64>), Error> {
    #[derive(Deserialize)]
    struct Notice {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        image: OfImage,
    }
    #[derive(Deserialize)]
    struct OfImage {
        digest: Digest,
    }
    let gone = |why: String| limpid_store::Error::Corrupt {
        table: <Announced as limpid_store::table::Table>::NAME,
        what: "row",
        why,
    };
    match body {
        Body::Announced { announcement, .. } => {
            let key = body.announced();
            let change = key.map(|key| view.get::<Announced>(&key)).transpose()?.flatten();
            let change =
                change.ok_or_else(|| gone(format!("a change of announcement {announcement} is gone")))?;
            Ok((change.image, Some(*announcement)))
        }
        Body::Own(body) => {
            let notice: Notice = serde_json::from_slice(body).map_err(|error| gone(error.to_string()))?;
            Ok((notice.data.image.digest, None))
        }
    }
}

/// The artifacts by which a registry has an image; none where the image is gone.
fn artifacts_of(view: &View<'_>, image: &Digest, registry: &str) -> Result<Vec<RescannedArtifact>, Error> {
    match images::image(view, image) {
        Ok((image, _)) => Ok(artifacts(&image, registry)),
        Err(Error::NoImage(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Those that names state by digest. Of a repository of which names state only tags, the first of the image's
/// manifests that it has.
fn artifacts(image: &Image, registry: &str) -> Vec<RescannedArtifact> {
    let mut repositories: BTreeMap<&str, BTreeSet<Digest>> = BTreeMap::new();
    for name in &image.names {
        let within = name.strip_prefix(registry).and_then(|rest| rest.strip_prefix('/'));
        let Some(within) = within else { continue };
        let digest: Option<Digest> = within.split_once('@').and_then(|(_, digest)| digest.parse().ok());
        repositories.entry(ImageName::read(within).repository).or_default().extend(digest);
    }
    let mut artifacts = Vec::new();
    // What has no project is of no Harbor.
    for (repository, digests) in repositories.into_iter().filter(|(name, _)| name.contains('/')) {
        let of = |digests| RescannedArtifact { repository: repository.to_owned(), digests };
        if digests.is_empty() && !image.manifests.is_empty() {
            artifacts.push(of(image.manifests.clone()));
        }
        artifacts.extend(digests.into_iter().map(|digest| of(vec![digest])));
    }
    artifacts
}

#[cfg(test)]
mod tests;
