use std::collections::HashSet;
use std::sync::Arc;

use limpid_images::{FoundLayer, read_stored};
use limpid_layers::{LayerContents, StoredLayer, read_layer};
use limpid_model::{LayerFindings, PluginId};
use limpid_store::tables::entries;
use limpid_store::tables::kept;
use limpid_store::tables::kinds;
use limpid_store::tables::layers;
use limpid_store::tables::values::DigestBytes;

use super::detection::{self, Handover};
use super::keeper::Keeper;
use super::linked::claims;
use super::ownership::{OtherClaims, keep_shared_ownership};
use super::plan::Unknown;
use super::{ImageInput, Indexer};
use crate::detectors;
use crate::{Error, unexamined};

/// Calls of detectors that may wait while a layer is being read.
pub(super) const WAITING: usize = 4;

/// A layer that was read and verified, and what the detectors found in it.
pub(super) struct ReadLayer {
    pub(super) row: layers::Row,
    pub(super) entries: entries::Row,
    pub(super) found: Vec<(PluginId, LayerFindings)>,
    pub(super) kept: Vec<(String, kept::Row)>,
    /// Its files by kind, where they were counted.
    pub(super) kinds: Option<kinds::Row>,
    /// What it was read from, so that what came as a stream need not be fetched again for its links.
    pub(super) stored: Option<StoredLayer>,
}

/// Reads a layer; the detectors that have not seen it run beside that, and so does what fetches it.
pub(super) fn read(
    indexer: Indexer<'_>,
    input: ImageInput<'_>,
    unknown: &Unknown<'_>,
) -> Result<ReadLayer, Error> {
    let scratch = &indexer.settings.scratch;
    read_stored(input.source, unknown.source, scratch, input.stop, |stored| {
        read_opened(indexer, stored, unknown)
    })
}

fn read_opened(
    indexer: Indexer<'_>,
    stored: &StoredLayer,
    unknown: &Unknown<'_>,
) -> Result<ReadLayer, Error> {
    let detectors = &unknown.detectors;
    let settings = indexer.settings;
    let mut claims = claims(detectors)?;
    if unknown.counts {
        claims = claims.with_kinds(Arc::clone(&settings.kinds));
    }
    let (sender, receiver) = crossbeam_channel::bounded(WAITING);
    let keeper = Keeper::new(settings.keep.clone());
    let (contents, shown) = std::thread::scope(|scope| {
        let detecting = scope.spawn(|| detection::detect(&unknown.image, detectors, &receiver, keeper));
        let mut sink = Handover(sender);
        let contents = read_layer(stored, &claims, &settings.scratch, &settings.limits, &mut sink);
        drop(sink);
        (contents, detecting.join())
    });
    let contents = contents?;
    let shown = shown.map_err(|_| Error::bug("the thread that runs detectors has ended early"))?;
    let superseded: HashSet<u64> = contents.superseded.iter().map(|superseded| superseded.ordinal).collect();
    let mut found = detection::collect(detectors, shown.outcomes, &superseded, contents.unread.clone());
    let kinds = unknown
        .counts
        .then(|| unexamined::of_layer(&settings.kinds, settings.limits.path_length, &contents, &found));
    keep_shared_ownership(&mut found, &OtherClaims::new(&detectors::loaded(&indexer.registry.snapshot()))?);
    let entries = entries::Row::pack(&contents.entries)?;
    Ok(ReadLayer {
        row: row(&contents, unknown.source),
        entries,
        found,
        kept: shown.kept.finish(&superseded),
        kinds,
        stored: Some(stored.clone()),
    })
}

/// What is stored is what the source says: what was read may have been inflated before.
fn row(contents: &LayerContents, source: &FoundLayer) -> layers::Row {
    layers::Row {
        digest: source.digest.or(contents.digest).map(DigestBytes::from),
        size: source.size,
        inflated_size: contents.inflated_size,
        media_type: source.media_type.clone(),
        entries: contents.entries.last.len() as u64,
        kept_bytes: 0,
    }
}
