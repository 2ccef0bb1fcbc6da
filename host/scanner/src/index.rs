//! Indexing: the layers that are not known are read once, whole and verified; every detector sees
//! what it claims of them; and an image is there with all of it, or not at all.

mod adopt;
mod ahead;
pub(crate) mod detection;
mod flights;
mod keeper;
mod layer;
mod linked;
mod ownership;
mod parts;
pub(crate) mod plan;
mod progress;
mod rebuild;
mod rows;
mod whole;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use limpid_bytes::Stop;
use limpid_images::{FoundImage, ImageSource};
use limpid_model::{Digest, chain};
use limpid_store::{Batch, View};

use limpid_layers::ClaimSet;
use limpid_runtime::{Registry, Snapshot};
use limpid_store::Store;

use crate::attached::ImageAttached;
use crate::detectors;
use crate::detectors::components;
use crate::kept::KeptFiles;
use crate::refreshing::Refreshing;
use crate::writer::Writers;
use crate::{Error, Settings, origins, quotas, tags};
pub use adopt::AdoptedLayer;
pub(crate) use ahead::{Ahead, Aheads};
pub use detection::borrowed;
pub(crate) use flights::Flights;
use flights::{Flight, Owned, Turn};
use layer::ReadLayer;
use linked::Behind;
pub(crate) use ownership::{OtherClaims, keep_shared_ownership};
pub(crate) use parts::Answer;
use plan::{Outcomes, Plan, Unknown};
use progress::Counted;
pub use progress::Progress;
pub(crate) use rows::Fresh;
use rows::Rows;
pub(crate) use whole::{WholeFile, WholeFiles, detect};

/// What is attached to images, by image.
type AllAttached = BTreeMap<Digest, ImageAttached>;

/// Where images to be indexed come from, and who may end that.
#[derive(Clone, Copy)]
pub struct ImageInput<'s> {
    /// Where they come from.
    pub source: &'s dyn ImageSource,
    /// Ends what waits for it.
    pub stop: &'s Stop,
}

/// What indexing the images of a source gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The images of the source.
    pub images: Vec<Digest>,
    /// Layers that were read.
    pub layers_read: u64,
    /// Layers of which everything was known.
    pub layers_known: u64,
}

/// What detectors claim, with the kinds of files that are counted.
pub(crate) fn wanted(plugins: &Snapshot, settings: &Settings) -> Result<ClaimSet, Error> {
    Ok(detectors::claims(&detectors::loaded(plugins))?.with_kinds(Arc::clone(&settings.kinds)))
}

/// What indexing needs of the service.
#[derive(Clone, Copy)]
pub(crate) struct Indexer<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) registry: &'s Registry,
    pub(crate) settings: &'s Settings,
    pub(crate) kept: &'s KeptFiles,
    pub(crate) refreshing: &'s Refreshing,
    pub(crate) flights: &'s Flights,
}

impl Indexer<'_> {
    /// Indexes all images of a source.
    ///
    /// # Errors
    /// [`Error::Images`] where the source or a layer cannot be used; then nothing of it is kept.
    pub(crate) fn index(&self, input: ImageInput<'_>, progress: &Progress) -> Result<Indexed, Error> {
        self.index_with(input, None, progress, |_, _| Ok(()))
    }

    /// The same, with what was read ahead of its layers, and with something more to be written in the batch
    /// that makes the images known.
    pub(crate) fn index_with(
        &self,
        input: ImageInput<'_>,
        ahead: Option<&Ahead>,
        progress: &Progress,
        also: impl Fn(&Indexed, &mut Batch) -> Result<(), Error>,
    ) -> Result<Indexed, Error> {
        if let Some(ahead) = ahead {
            ahead.name(input)?;
        }
        let source = Counted { source: input.source, progress };
        let input = ImageInput { source: &source, ..input };
        let detectors = detectors::loaded(&self.registry.snapshot());
        let found = input.source.images(input.stop)?;
        quotas::require(self.store, &self.store.view(), self.settings, &found)?;
        let attached = self.attached(input, &found)?;
        let mut outcomes = Outcomes::default();
        if let Some(ahead) = ahead {
            let plan = Plan::new(*self, &self.store.view(), &found, &detectors, &outcomes)?;
            outcomes = ahead.hand_out(&plan, input.stop)?;
        }
        loop {
            let plan = Plan::new(*self, &self.store.view(), &found, &detectors, &outcomes)?;
            progress.expect(plan.unknown.len(), plan.unknown.values().map(|layer| layer.source.size).sum());
            outcomes.append(self.read_layers(input, &plan, progress)?);
            let is_settled =
                |view: &View<'_>| self.are_settled(view, (&found, &attached), &detectors, &outcomes);
            let was_settled = is_settled(&self.store.view())?;
            let behind = match was_settled {
                true => Behind::default(),
                false => self.behind_links(input, (&found, &attached), &detectors, &outcomes)?,
            };
            let behind = match behind {
                Behind::Known(behind) => behind,
                Behind::Unknown(layers) => {
                    outcomes.once_more.extend(layers);
                    continue;
                }
            };
            let Outcomes { read, .. } = &outcomes;
            let writer = self.writers.images();
            let view = writer.view();
            // An image that was deleted meanwhile may have taken layers along that were known.
            let is_planned = Plan::new(*self, &view, &found, &detectors, &outcomes)?.unknown.is_empty();
            if !is_planned || !behind.is_whole(&view, &detectors)? || was_settled && !is_settled(&view)? {
                continue;
            }
            quotas::require(self.store, &view, self.settings, &found)?;
            let indexed = Indexed {
                images: found.iter().map(|found| found.image.id).collect(),
                layers_read: read.len() as u64,
                layers_known: plan.known,
            };
            let mut batch = Batch::default();
            let mut kept = 0;
            for (diff_id, layer) in read.iter().chain(&behind.read) {
                kept += self.put_layer(&view, &mut batch, diff_id, layer)?;
            }
            let fresh = read.iter().chain(&behind.read);
            let fresh: Fresh = fresh.map(|(diff_id, layer)| (*diff_id, layer.found.clone())).collect();
            let rows = match indexed.images.first() {
                Some(first) => self.put_findings(&view, &mut batch, first, fresh)?,
                None => Rows::new(),
            };
            for (image, attached) in &attached {
                attached.put(&view, &mut batch, self.settings, image)?;
            }
            for found in &found {
                if was_settled {
                    self.put_again(&view, &mut batch, found)?;
                    continue;
                }
                let linked = behind.linked.get(&found.image.id);
                let found = (found, linked);
                self.put_image(&view, &mut batch, found, components(&detectors), &outcomes, &rows)?;
            }
            let images = found.iter().map(|found| &found.image);
            let digest = input.source.digest();
            tags::point(&view, &mut batch, images, digest, self.settings.clock.now())?;
            if let Some(reference) = input.source.reference() {
                origins::put(&mut batch, &indexed.images, reference, digest)?;
            }
            also(&indexed, &mut batch)?;
            writer.commit(batch)?;
            // The images are known: what fails from here on is done another time.
            if let Err(error) = self.kept.add(&writer, kept, self.settings.keep.total_bytes) {
                tracing::warn!(error = chain(&error), "kept files are over their budget for now");
            }
            if components(&detectors::loaded(&self.registry.snapshot())) != components(&detectors) {
                self.refreshing.ask();
            }
            return Ok(indexed);
        }
    }

    /// What is attached to images, as far as their source says.
    fn attached(&self, input: ImageInput<'_>, found: &[FoundImage]) -> Result<AllAttached, Error> {
        let attaching = &self.settings.attached;
        let of_image = |found: &FoundImage| {
            let attached = input.source.attached(found, attaching, input.stop)?;
            let (image, says_all) = (found.image.id, input.source.reference().is_some());
            Ok((image, ImageAttached::new(&self.store.view(), attaching, &image, (attached, says_all))?))
        };
        found.iter().map(of_image).collect()
    }

    /// Reads layers, several at a time, the longest first. One that cannot be read costs only itself; the
    /// first that fails for another reason ends it. Layers that another submission reads are waited for when
    /// nothing else is to be read.
    fn read_layers(
        &self,
        input: ImageInput<'_>,
        plan: &Plan<'_>,
        progress: &Progress,
    ) -> Result<Outcomes, Error> {
        let waiting = Mutex::new(plan.longest_first().into_iter());
        let elsewhere = Mutex::new(Vec::new());
        let outcome = Mutex::new(Ok(Outcomes::default()));
        let lock = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = || lock().is_err();
        let job = tracing::Span::current();
        let ended = |diff_id: Digest, read: Result<Landed, Error>, unknown: &Unknown<'_>| {
            progress.done(unknown.source.size);
            let mut outcome = lock();
            let Ok(outcomes) = outcome.as_mut() else { return };
            let read = read.map(|Landed { layer, flight }| {
                outcomes.flights.push(flight);
                layer
            });
            if let Err(error) = outcomes.add(diff_id, read, unknown.was_read) {
                *outcome = Err(error);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.settings.layers.clamp(1, plan.unknown.len().max(1)) {
                scope.spawn(|| {
                    let _job = job.enter();
                    while !is_over() {
                        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((diff_id, unknown)) = next else { break };
                        match self.flights.turn(&unknown.key()) {
                            Turn::Own(owned) => {
                                let _reading = progress.reading();
                                ended(diff_id, self.read_own(input, unknown, owned), unknown);
                            }
                            Turn::Others(flight) => elsewhere
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push((diff_id, unknown, flight)),
                        }
                    }
                    while !is_over() {
                        let next = elsewhere.lock().unwrap_or_else(PoisonError::into_inner).pop();
                        let Some((diff_id, unknown, flight)) = next else { break };
                        if let Some(read) = self.read_by_another(input, (unknown, flight), progress, &is_over)
                        {
                            ended(diff_id, read, unknown);
                        }
                    }
                });
            }
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_own(&self, input: ImageInput<'_>, unknown: &Unknown<'_>, owned: Owned) -> Result<Landed, Error> {
        let layer = Arc::new(layer::read(*self, input, unknown)?);
        let flight = owned.landed(&layer);
        Ok(Landed { layer, flight })
    }

    /// Waits for a layer that another submission reads, and reads it where that one fails. None where nobody
    /// needs it any more.
    fn read_by_another(
        &self,
        input: ImageInput<'_>,
        (unknown, mut flight): (&Unknown<'_>, Arc<Flight>),
        progress: &Progress,
        is_over: &dyn Fn() -> bool,
    ) -> Option<Result<Landed, Error>> {
        loop {
            let waited = {
                let _waiting = progress.waiting();
                flight.wait(input.stop, is_over)
            };
            match waited {
                Ok(Some(layer)) => return Some(Ok(Landed { layer, flight })),
                Ok(None) if is_over() => return None,
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
            match self.flights.turn(&unknown.key()) {
                Turn::Own(owned) => {
                    let _reading = progress.reading();
                    return Some(self.read_own(input, unknown, owned));
                }
                Turn::Others(other) => flight = other,
            }
        }
    }
}

/// A layer that was read, by whomever.
struct Landed {
    layer: Arc<ReadLayer>,
    flight: Arc<Flight>,
}

#[cfg(test)]
mod tests;
