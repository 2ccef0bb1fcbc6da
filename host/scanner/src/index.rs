//! Indexing: the layers that are not known are read once, whole and verified; every detector sees
//! what it claims of them; and an image is there with all of it, or not at all.

mod detection;
mod layer;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use limpid_layers::{Archive, ImageSource, Overlay};
use limpid_model::{Digest, Fact, Image, LayerEntry};
use limpid_runtime::Plugin;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::holders::{self, Holders};
use limpid_store::tables::images::{self, Images, Indexing};
use limpid_store::tables::layers::Layers;
use limpid_store::tables::manifests::{self, Manifests};
use limpid_store::{Batch, View};

use crate::fold;
use crate::{Error, Scanner};
use layer::ReadLayer;
use plan::Plan;

/// What indexing an archive gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The images of the archive.
    pub images: Vec<Digest>,
    /// Layers that were read.
    pub layers_read: u64,
    /// Layers of which everything was known.
    pub layers_known: u64,
}

/// How far indexing is, for whoever wants to show it.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicU64,
    done: AtomicU64,
}

impl Progress {
    /// Layers to be read; 0 while that is not known.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Layers that were read.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

impl Scanner {
    /// Indexes all images of an archive.
    ///
    /// # Errors
    /// [`Error::Archive`] where the archive or a layer cannot be used; then nothing of it is kept.
    pub fn index(&self, archive: &Archive, progress: &Progress) -> Result<Indexed, Error> {
        self.index_with(archive, progress, |_, _| Ok(()))
    }

    /// The same, with something more to be written in the batch that makes the images known.
    pub(crate) fn index_with(
        &self,
        archive: &Archive,
        progress: &Progress,
        also: impl Fn(&Indexed, &mut Batch) -> Result<(), Error>,
    ) -> Result<Indexed, Error> {
        let plugins = self.plugins();
        let detectors: Vec<Arc<Plugin>> =
            plugins.plugins().iter().filter(|plugin| plugin.detector().is_some()).cloned().collect();
        let sources = archive.images()?;
        let mut read = BTreeMap::new();
        loop {
            let plan = Plan::new(&self.store().view(), &sources, &detectors, &read)?;
            progress.total.store((plan.unknown.len() + read.len()) as u64, Ordering::Relaxed);
            read.append(&mut self.read_layers(archive, &plan, progress)?);
            let _alone = self.lock_images();
            let view = self.store().view();
            // An image that was deleted meanwhile may have taken layers along that were known.
            if !Plan::new(&view, &sources, &detectors, &read)?.unknown.is_empty() {
                continue;
            }
            let indexed = Indexed {
                images: sources.iter().map(|source| source.image.id).collect(),
                layers_read: read.len() as u64,
                layers_known: plan.known,
            };
            let mut batch = Batch::default();
            for (diff_id, layer) in &read {
                self.put_layer(&mut batch, diff_id, layer)?;
            }
            for source in &sources {
                self.put_image(&view, &mut batch, source, &detectors, &read)?;
            }
            also(&indexed, &mut batch)?;
            self.store().commit(batch)?;
            return Ok(indexed);
        }
    }

    /// Whoever makes images known, or forgets them, does so alone.
    pub(crate) fn lock_images(&self) -> MutexGuard<'_, ()> {
        self.0.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads layers, several at a time. The first that fails ends it.
    fn read_layers(
        &self,
        archive: &Archive,
        plan: &Plan<'_>,
        progress: &Progress,
    ) -> Result<BTreeMap<Digest, ReadLayer>, Error> {
        let waiting = Mutex::new(plan.unknown.iter());
        let outcome = Mutex::new(Ok(BTreeMap::new()));
        let lock = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| {
            for _ in 0..self.settings().layers.clamp(1, plan.unknown.len().max(1)) {
                scope.spawn(|| {
                    while lock().is_ok() {
                        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((diff_id, unknown)) = next else { break };
                        let read = layer::read(self, archive, unknown);
                        progress.done.fetch_add(1, Ordering::Relaxed);
                        let mut outcome = lock();
                        match (outcome.as_mut(), read) {
                            (Ok(layers), Ok(layer)) => {
                                layers.insert(*diff_id, layer);
                            }
                            (Ok(_), Err(error)) => *outcome = Err(error),
                            (Err(_), _) => {}
                        }
                    }
                });
            }
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_layer(&self, batch: &mut Batch, diff_id: &Digest, layer: &ReadLayer) -> Result<(), Error> {
        batch.put::<Layers>(diff_id, &layer.row)?;
        batch.put::<Entries>(diff_id, &layer.entries)?;
        for (detector, found) in &layer.found {
            let packages = found.findings.iter().filter_map(|finding| match &finding.fact {
                Fact::Package(package) => Some(&**package),
                _ => None,
            });
            let keys = self.package_keys(packages);
            let key = findings::Key { diff_id: *diff_id, component: detector.digest };
            batch.put::<Findings>(&key, &findings::Row::new(detector.clone(), found.clone(), keys))?;
        }
        Ok(())
    }

    fn put_image(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        source: &ImageSource,
        detectors: &[Arc<Plugin>],
        read: &BTreeMap<Digest, ReadLayer>,
    ) -> Result<(), Error> {
        let mut image = source.image.clone();
        if let Some(row) = view.get::<Images>(&image.id)? {
            join(&mut image, row.into_parts(source.image.id).0);
        }
        let components: Vec<Digest> = detectors.iter().map(|plugin| plugin.id().digest).collect();
        let mut stating = Vec::new();
        let mut entries = Vec::new();
        for layer in &image.layers {
            stating.push(stating_paths(view, &layer.diff_id, &components, read)?);
            entries.push(entries_of(view, &layer.diff_id, read)?);
            let holder = holders::Key { diff_id: layer.diff_id, image: image.id };
            batch.put::<Holders>(&holder, &holders::Row)?;
        }
        for manifest in &image.manifests {
            batch.put::<Manifests>(manifest, &manifests::Row { image: image.id.into() })?;
        }
        let overlays: Vec<Overlay<'_>> = entries.iter().map(|entries| Overlay::new(entries)).collect();
        let indexing = Indexing {
            indexed_at: self.settings().clock.now(),
            detectors: components,
            hidden: fold::hidden(&stating, &overlays),
        };
        let id = image.id;
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }
}

/// Keeps the names and manifests under which an image was known before.
fn join(image: &mut Image, before: Image) {
    for manifest in before.manifests {
        if !image.manifests.contains(&manifest) {
            image.manifests.push(manifest);
        }
    }
    for name in before.names {
        if !image.names.contains(&name) {
            image.names.push(name);
        }
    }
}

/// The files of a layer that state something, or should have.
fn stating_paths(
    view: &View<'_>,
    diff_id: &Digest,
    components: &[Digest],
    read: &BTreeMap<Digest, ReadLayer>,
) -> Result<BTreeSet<String>, Error> {
    let mut paths = BTreeSet::new();
    let mut add = |found: limpid_model::LayerFindings| {
        let facts = found.findings.into_iter().filter(|f| !matches!(f.fact, Fact::Ownership(_)));
        paths.extend(facts.map(|finding| finding.path));
        paths.extend(found.unread.into_iter().map(|unread| unread.path));
    };
    let fresh = read.get(diff_id).map_or(&[][..], |layer| &layer.found);
    let keys: Vec<_> =
        components.iter().map(|&component| findings::Key { diff_id: *diff_id, component }).collect();
    for row in view.multi_get::<Findings>(&keys)?.into_iter().flatten() {
        add(row.into_parts().1);
    }
    for (_, found) in fresh {
        add(found.clone());
    }
    Ok(paths)
}

fn entries_of(
    view: &View<'_>,
    diff_id: &Digest,
    read: &BTreeMap<Digest, ReadLayer>,
) -> Result<Vec<LayerEntry>, Error> {
    Ok(match read.get(diff_id) {
        Some(layer) => layer.entries.unpack()?,
        None => view.get::<Entries>(diff_id)?.ok_or(Error::NoLayer(*diff_id))?.unpack()?,
    })
}
