//! Indexing: the layers that are not known are read once, whole and verified; every detector sees
//! what it claims of them; and an image is there with all of it, or not at all.

mod adopt;
pub(crate) mod detection;
mod keeper;
mod layer;
mod linked;
mod ownership;
pub(crate) mod plan;
mod progress;
mod rebuild;
mod rows;

use std::sync::{Arc, Mutex, PoisonError};

use limpid_bytes::Stop;
use limpid_images::ImageSource;
use limpid_model::{Digest, chain};
use limpid_store::Batch;

use limpid_layers::ClaimSet;
use limpid_runtime::{Registry, Snapshot};
use limpid_store::Store;

use crate::detectors;
use crate::detectors::components;
use crate::kept::KeptFiles;
use crate::refreshing::Refreshing;
use crate::writer::Writers;
use crate::{Error, Settings};
pub use adopt::AdoptedLayer;
pub use detection::borrowed;
use linked::Behind;
pub(crate) use linked::claims;
pub(crate) use ownership::{OtherClaims, keep_shared_ownership};
use plan::{Outcomes, Plan};
use progress::Counted;
pub use progress::Progress;
pub(crate) use rows::Fresh;
use rows::Rows;

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
    Ok(claims(&detectors::loaded(plugins))?.with_kinds(Arc::clone(&settings.kinds)))
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
}

impl Indexer<'_> {
    /// Indexes all images of a source.
    ///
    /// # Errors
    /// [`Error::Images`] where the source or a layer cannot be used; then nothing of it is kept.
    pub(crate) fn index(&self, input: ImageInput<'_>, progress: &Progress) -> Result<Indexed, Error> {
        self.index_with(input, progress, |_, _| Ok(()))
    }

    /// The same, with something more to be written in the batch that makes the images known.
    pub(crate) fn index_with(
        &self,
        input: ImageInput<'_>,
        progress: &Progress,
        also: impl Fn(&Indexed, &mut Batch) -> Result<(), Error>,
    ) -> Result<Indexed, Error> {
        let source = Counted { source: input.source, progress };
        let input = ImageInput { source: &source, ..input };
        let detectors = detectors::loaded(&self.registry.snapshot());
        let found = input.source.images(input.stop)?;
        let mut outcomes = Outcomes::default();
        loop {
            let plan = Plan::new(*self, &self.store.view(), &found, &detectors, &outcomes)?;
            progress.expect(plan.unknown.len(), plan.unknown.values().map(|layer| layer.source.size).sum());
            outcomes.append(self.read_layers(input, &plan, progress)?);
            let behind = match self.behind_links(input, &found, &detectors, &outcomes)? {
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
            if !is_planned || !behind.is_whole(&view, &detectors)? {
                continue;
            }
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
            for found in &found {
                let linked = behind.linked.get(&found.image.id);
                let found = (found, linked);
                self.put_image(&view, &mut batch, found, components(&detectors), &outcomes, &rows)?;
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

    /// Reads layers, several at a time. One that cannot be read costs only itself; the first that fails for
    /// another reason ends it.
    fn read_layers(
        &self,
        input: ImageInput<'_>,
        plan: &Plan<'_>,
        progress: &Progress,
    ) -> Result<Outcomes, Error> {
        let waiting = Mutex::new(plan.unknown.iter());
        let outcome = Mutex::new(Ok(Outcomes::default()));
        let lock = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| {
            for _ in 0..self.settings.layers.clamp(1, plan.unknown.len().max(1)) {
                scope.spawn(|| {
                    while lock().is_ok() {
                        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((diff_id, unknown)) = next else { break };
                        let read = layer::read(*self, input, unknown);
                        progress.done(unknown.source.size);
                        let mut outcome = lock();
                        let Ok(outcomes) = outcome.as_mut() else { break };
                        if let Err(error) = outcomes.add(*diff_id, read, unknown.was_read) {
                            *outcome = Err(error);
                        }
                    }
                });
            }
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
