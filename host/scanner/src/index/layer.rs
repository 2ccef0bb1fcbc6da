use std::collections::HashSet;
use std::sync::Arc;

use limpid_images::{FoundLayer, read_stored};
use limpid_layers::{ClaimSet, LayerContents, StoredLayer, read_layer};
use limpid_model::{Digest, LayerFindings, PluginId};
use limpid_runtime::Plugin;
use limpid_store::tables::entries;
use limpid_store::tables::kept;
use limpid_store::tables::kinds;
use limpid_store::tables::layers;
use limpid_store::tables::values::DigestBytes;

use super::detection::{self, Handover};
use super::keeper::Keeper;
use super::ownership::{OtherClaims, keep_shared_ownership};
use super::plan::Unknown;
use super::{ImageInput, Indexer};
use crate::detectors;
use crate::{Error, Settings, unexamined};

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
    let Indexer { settings: Settings { scratch, limits, .. }, .. } = indexer;
    let _span = tracing::info_span!(
        "layer",
        diff_id = %unknown.source.diff_id,
        bytes = unknown.source.size,
        media_type = unknown.source.media_type.as_str(),
    )
    .entered();
    read_stored(input.source, unknown.source, scratch, input.stop, |stored| {
        let Unknown { detectors, counts, .. } = unknown;
        let show = Show { cause: Some(&detection::cause(&unknown.image)), detectors, counts: *counts };
        let read = |claims: &ClaimSet, sink: &mut Handover| read_layer(stored, claims, scratch, limits, sink);
        Ok(showing(indexer, show, read)?.of(unknown.source, stored.clone()))
    })
}

/// Whom a layer is shown to.
#[derive(Clone, Copy)]
pub(super) struct Show<'a> {
    /// What detectors are called for, where that is known.
    pub(super) cause: Option<&'a str>,
    pub(super) detectors: &'a [Arc<Plugin>],
    /// Whether its files are to be counted by kind.
    pub(super) counts: bool,
}

/// Reads a layer by `read`, while detectors are shown what they claim of it.
pub(super) fn showing(
    indexer: Indexer<'_>,
    Show { cause, detectors, counts }: Show<'_>,
    read: impl FnOnce(&ClaimSet, &mut Handover) -> Result<LayerContents, limpid_layers::Error>,
) -> Result<ShownLayer, Error> {
    let settings = indexer.settings;
    let mut claims = detectors::claims(detectors)?;
    if counts {
        claims = claims.with_kinds(Arc::clone(&settings.kinds));
    }
    let (sender, receiver) = crossbeam_channel::bounded(WAITING);
    let keeper = (Keeper::new(settings.keep.clone()), settings.limits.layer_packages);
    let span = tracing::Span::current();
    let (contents, shown) = std::thread::scope(|scope| {
        let detecting =
            scope.spawn(|| span.in_scope(|| detection::detect(cause, detectors, &receiver, keeper)));
        let mut sink = Handover(sender);
        let contents = read(&claims, &mut sink);
        drop(sink);
        (contents, detecting.join())
    });
    let contents = contents?;
    let shown = shown.map_err(|_| Error::bug("the thread that runs detectors has ended early"))?;
    let superseded: HashSet<u64> = contents.superseded.iter().map(|superseded| superseded.ordinal).collect();
    let mut found = detection::collect(detectors, shown.outcomes, &superseded, contents.unread.clone());
    let path_length = settings.limits.path_length;
    let kinds =
        counts.then(|| unexamined::of_layer(&settings.kinds, path_length, &contents, &found, &claims));
    keep_shared_ownership(&mut found, &OtherClaims::new(&detectors::loaded(&indexer.registry.snapshot()))?);
    let entries = entries::Row::pack(&contents.entries)?;
    let kept = shown.kept.finish(&superseded);
    Ok(ShownLayer { contents, entries, found, kept, kinds })
}

/// A layer that was read, and what the detectors found in it, whatever its source says of it.
pub(super) struct ShownLayer {
    contents: LayerContents,
    entries: entries::Row,
    found: Vec<(PluginId, LayerFindings)>,
    kept: Vec<(String, kept::Row)>,
    kinds: Option<kinds::Row>,
}

impl ShownLayer {
    /// The digest of its tar.
    pub(super) const fn diff_id(&self) -> Digest {
        self.contents.diff_id
    }

    /// The digest of what is stored, where it is known.
    pub(super) const fn digest(&self) -> Option<Digest> {
        self.contents.digest
    }

    /// Whether no detector has failed.
    pub(super) fn is_sound(&self) -> bool {
        self.found.iter().all(|(_, found)| found.failures.is_empty())
    }

    /// The layer as its source describes it. What is stored is what the source says: what was read may have been
    /// inflated before.
    pub(super) fn of(self, source: &FoundLayer, stored: StoredLayer) -> ReadLayer {
        let Self { contents, entries, found, kept, kinds } = self;
        let row = layers::Row {
            digest: source.digest.map(DigestBytes::from),
            size: source.size,
            inflated_size: contents.inflated_size,
            media_type: source.media_type.clone(),
            entries: contents.entries.last.len() as u64,
            kept_bytes: 0,
        };
        ReadLayer { row, entries, found, kept, kinds, stored: Some(stored) }
    }
}
