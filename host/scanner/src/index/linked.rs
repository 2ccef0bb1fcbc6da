//! Files that are seen through links: what a container sees at claimed paths, and no layer by itself shows.
//!
//! They are shown to detectors like those of one more layer on top of an image's layers, and what is found in
//! them is kept, placed and folded as that of a layer is. It is known by which entries of which layers it
//! stands for, so that images which share these layers share it, and nothing is read again for it. Bills of materials
//! that are attached to an image in its registry are shown with them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use limpid_images::{FoundImage, stored};
use limpid_layers::{ClaimSet, Links, links, read_linked};
use limpid_model::{Digest, EntryKind, LayerEntries, LayerEntry, LayerFindings, Unread};
use limpid_runtime::Plugin;
use limpid_store::View;
use limpid_store::tables::entries::{self, Entries};
use limpid_store::tables::layers::{self, Layers};

use super::detection::{self, Handover};
use super::keeper::Keeper;
use super::layer::{ReadLayer, WAITING};
use super::ownership::{OtherClaims, keep_shared_ownership};
use super::plan::Outcomes;
use super::whole::{WholeFile, WholeFiles, detect};
use super::{AllAttached, ImageInput, Indexer};
use crate::Error;
use crate::detectors::{claims, has_seen};
use crate::facts::LinkedLayer;
use crate::images::LINKED;

/// Entries of layers that are stored unpacked while the images of an archive are looked at.
const UNPACKED: usize = 2_000_000;

/// What was found out of links.
pub(super) enum Behind {
    Known(KnownBehind),
    /// Of these layers it is not noted where their links lead.
    Unknown(BTreeSet<Digest>),
}

#[derive(Default)]
pub(super) struct KnownBehind {
    /// By image.
    pub(super) linked: BTreeMap<Digest, LinkedLayer>,
    /// What was read of it, and is not in the store yet.
    pub(super) read: BTreeMap<Digest, Arc<ReadLayer>>,
}

impl Default for Behind {
    fn default() -> Self {
        Self::Known(KnownBehind::default())
    }
}

impl KnownBehind {
    /// Whether all that was known before still is: an image that was deleted may have taken it along.
    pub(super) fn is_whole(&self, view: &View<'_>, detectors: &[Arc<Plugin>]) -> Result<bool, Error> {
        for linked in self.linked.values() {
            if !self.read.contains_key(&linked.diff_id) && !is_known(view, &linked.diff_id, detectors)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Indexer<'_> {
    /// Finds the files that are seen through links in each image, and shows them to detectors where they
    /// have not seen them.
    pub(super) fn behind_links(
        &self,
        input: ImageInput<'_>,
        (found, attached): (&[FoundImage], &AllAttached),
        detectors: &[Arc<Plugin>],
        outcomes: &Outcomes,
    ) -> Result<Behind, Error> {
        let view = self.store.view();
        let claims = claims(detectors)?;
        let limits = &self.settings.limits;
        let mut behind = KnownBehind::default();
        let mut unpacked: BTreeMap<Digest, Arc<LayerEntries>> = BTreeMap::new();
        for source in found {
            if unpacked.values().map(|layer| layer.last.len()).sum::<usize>() > UNPACKED {
                unpacked.clear();
            }
            let (mut layers, mut unknown, mut unread) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
            for (place, layer) in source.image.layers.iter().enumerate() {
                let why = outcomes.unread.get(&layer.diff_id);
                if why.is_some_and(|why| !why.was_read) {
                    unread.insert(place);
                    layers.push(Arc::default());
                    continue;
                }
                if let Some(known) = unpacked.get(&layer.diff_id) {
                    layers.push(Arc::clone(known));
                    continue;
                }
                let row = match outcomes.read.get(&layer.diff_id) {
                    Some(layer) => Some(layer.entries.clone()),
                    None => view.get::<Entries>(&layer.diff_id)?,
                };
                // What an earlier version read and this one cannot read counts as it is known.
                match row.filter(|row| row.knows_links() || why.is_some()) {
                    Some(row) => {
                        let known = Arc::new(row.unpack()?);
                        layers.push(Arc::clone(&known));
                        unpacked.insert(layer.diff_id, known);
                    }
                    None => {
                        unknown.insert(layer.diff_id);
                    }
                }
            }
            if !unknown.is_empty() {
                return Ok(Behind::Unknown(unknown));
            }
            let layers: Vec<_> = layers.iter().map(|layer| &**layer).collect();
            let links = links(&layers, &unread, &claims, limits);
            let none = BTreeMap::new();
            let bills = attached.get(&source.image.id).map_or(&none, |attached| &attached.bills);
            let Some(linked) = LinkedLayer::new(&source.image, &links, bills.keys()) else { continue };
            if !behind.read.contains_key(&linked.diff_id) && !is_known(&view, &linked.diff_id, detectors)? {
                let mut layer = self.read_behind(input, (source, outcomes), &links, &claims, detectors)?;
                show_bills(&mut layer, &source.image.id, (bills, &claims), detectors)?;
                behind.read.insert(linked.diff_id, Arc::new(layer));
            }
            behind.linked.insert(source.image.id, linked);
        }
        Ok(Behind::Known(behind))
    }

    fn read_behind(
        &self,
        input: ImageInput<'_>,
        (found, outcomes): (&FoundImage, &Outcomes),
        links: &Links,
        claims: &ClaimSet,
        detectors: &[Arc<Plugin>],
    ) -> Result<ReadLayer, Error> {
        let settings = self.settings;
        let mut layers = BTreeMap::new();
        for file in &links.files {
            if let (Entry::Vacant(entry), Some(layer)) =
                (layers.entry(file.layer), found.layers.get(file.layer))
            {
                let read = outcomes.read.get(&layer.diff_id).and_then(|layer| layer.stored.clone());
                entry.insert(match read {
                    Some(stored) => stored,
                    None => stored(input.source, layer, &settings.scratch, input.stop)?,
                });
            }
        }
        let (sender, receiver) = crossbeam_channel::bounded(WAITING);
        let keeper = (Keeper::new(settings.keep.clone()), settings.limits.layer_packages);
        let cause = detection::cause(&found.image.id);
        let span = tracing::info_span!("linked files", files = links.files.len());
        let (contents, shown) = std::thread::scope(|scope| {
            let detecting = scope
                .spawn(|| span.in_scope(|| detection::detect(Some(&cause), detectors, &receiver, keeper)));
            let mut sink = Handover(sender);
            let (scratch, limits) = (&settings.scratch, &settings.limits);
            let contents = read_linked(&layers, links, claims, scratch, limits, &mut sink);
            drop(sink);
            (contents, detecting.join())
        });
        let contents = contents?;
        let shown = shown.map_err(|_| Error::bug("the thread that runs detectors has ended early"))?;
        let unread: Vec<(usize, Unread)> = contents.unread;
        let mut found = detection::collect(detectors, shown.outcomes, &HashSet::new(), unread);
        keep_shared_ownership(&mut found, &OtherClaims::new(detectors)?);
        let last: Vec<_> =
            contents.paths.iter().map(|path| LayerEntry::new(path.as_str(), EntryKind::File)).collect();
        let row = layers::Row {
            digest: None,
            size: 0,
            inflated_size: contents.size,
            media_type: LINKED.to_owned(),
            entries: last.len() as u64,
            kept_bytes: 0,
        };
        let entries = entries::Row::pack(&LayerEntries { last, replaced: Vec::new() })?;
        Ok(ReadLayer {
            row,
            entries,
            found,
            kept: shown.kept.finish(&HashSet::new()),
            kinds: None,
            stored: None,
        })
    }
}

/// Shows attached bills of materials to detectors, and adds what they find.
fn show_bills(
    layer: &mut ReadLayer,
    image: &Digest,
    (bills, claims): (&BTreeMap<String, Arc<[u8]>>, &ClaimSet),
    detectors: &[Arc<Plugin>],
) -> Result<(), Error> {
    if bills.is_empty() {
        return Ok(());
    }
    let mut files: BTreeMap<usize, WholeFiles> = BTreeMap::new();
    let mut entries = layer.entries.unpack()?;
    for (path, content) in bills {
        for want in claims.wanted(path) {
            let (path, content) = (path.clone(), Arc::clone(content));
            let file = WholeFile { path, executable: false, content, claims: want.claims.clone().into() };
            files.entry(want.claimant()).or_default().add(want.grouping(), file);
        }
        entries.last.push(LayerEntry::new(path.as_str(), EntryKind::File));
        layer.row.inflated_size += content.len() as u64;
    }
    layer.row.entries = entries.last.len() as u64;
    layer.entries = entries::Row::pack(&entries)?;
    for (claimant, files) in files {
        let (Some(detector), Some((_, found))) = (detectors.get(claimant), layer.found.get_mut(claimant))
        else {
            continue;
        };
        let LayerFindings { findings, unread, failures } = detect(detector, image, files);
        found.findings.extend(findings);
        found.unread.extend(unread);
        found.failures.extend(failures);
        detection::sort(found);
    }
    Ok(())
}

fn is_known(view: &View<'_>, diff_id: &Digest, detectors: &[Arc<Plugin>]) -> Result<bool, Error> {
    if view.get::<Layers>(diff_id)?.is_none() {
        return Ok(false);
    }
    for detector in detectors {
        if !has_seen(view, *diff_id, detector)? {
            return Ok(false);
        }
    }
    Ok(true)
}
