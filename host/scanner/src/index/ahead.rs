//! Layers of an archive that is still being submitted: they are read, verified and shown to detectors while the
//! rest of it comes, and kept in memory. Nothing is stored before a manifest names them; what none names is
//! dropped.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use limpid_bytes::{Part, Stop};
use limpid_images::{ArrivingLayer, Error as ImageError, Location, arriving};
use limpid_layers::{StoredLayer, read_unnamed};
use limpid_model::{Digest, chain};
use limpid_runtime::Plugin;
use limpid_store::tables::layers::Layers;
use limpid_telemetry::Cause;
use tracing::field::Empty;

use super::detection::Handover;
use super::layer::{ReadLayer, Show, ShownLayer, showing};
use super::plan::{Outcomes, Plan, Unknown};
use crate::{Error, Scanner, background, blobs, detectors};

/// How long somebody waits until it looks whether it should go on waiting.
const LOOK: Duration = Duration::from_millis(50);

/// The archives whose layers are read ahead: no more than a number.
#[derive(Debug)]
pub(crate) struct Aheads {
    most: usize,
    running: Mutex<usize>,
    changed: Condvar,
}

impl Aheads {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, running: Mutex::default(), changed: Condvar::new() })
    }

    fn running(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for one more; none where there is none.
    fn take(self: &Arc<Self>) -> Option<Taken> {
        let mut running = self.running();
        if *running >= self.most {
            return None;
        }
        *running += 1;
        Some(Taken(Arc::clone(self)))
    }

    /// Waits until none is read any more. Whoever holds an [`Ahead`] is to drop it first.
    pub(crate) fn wait(&self) {
        let mut running = self.running();
        while *running > 0 {
            running = self.changed.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Given back by its drop.
struct Taken(Arc<Aheads>);

impl Drop for Taken {
    fn drop(&mut self) {
        *self.0.running() -= 1;
        self.0.changed.notify_all();
    }
}

/// The layers of one archive that are read ahead. What was not begun when this is dropped never is.
pub(crate) struct Ahead(Arc<Reading>);

struct Reading {
    scanner: Scanner,
    plugins: Vec<Arc<Plugin>>,
    state: Mutex<State>,
    changed: Condvar,
    /// Last, so that whoever waits for it may open the scanner's store anew.
    _taken: Taken,
}

/// Where a layer is in its archive: from which byte on, and how many.
type Place = (u64, u64);

#[derive(Default)]
struct State {
    /// What was found and is not begun.
    waiting: Vec<ArrivingLayer>,
    under_way: HashSet<Place>,
    /// Whether no more is found.
    is_whole: bool,
    /// What a manifest names, once that is known. Nothing else is begun then.
    wanted: Option<HashSet<Place>>,
    read: HashMap<Place, AheadLayer>,
}

struct AheadLayer {
    layer: ShownLayer,
    part: Part,
}

fn place(location: &Location) -> Option<Place> {
    match location {
        Location::Member { offset, size, .. } => Some((*offset, *size)),
        _ => None,
    }
}

impl Ahead {
    /// Begins to read the layers of an archive that is being written. None where enough others are read.
    pub(crate) fn start(scanner: &Scanner, aheads: &Arc<Aheads>, archive: Part) -> Option<Self> {
        let taken = aheads.take()?;
        let plugins = detectors::loaded(&scanner.registry().snapshot());
        let (scanner, state, changed) = (scanner.clone(), Mutex::default(), Condvar::new());
        let reading = Arc::new(Reading { scanner, plugins, state, changed, _taken: taken });
        let ahead = Self(Arc::clone(&reading));
        // It goes on when the request has been answered.
        let span = tracing::info_span!(parent: None, "read ahead", trace_id = Empty);
        Cause::current().link(&span);
        limpid_telemetry::mark(&span);
        let read = move || {
            background::stand_behind();
            span.in_scope(|| reading.run(&archive));
        };
        thread::Builder::new().name("limpid-ahead".to_owned()).spawn(read).ok().map(|_| ahead)
    }

    /// Hands out what was read of the layers that a plan names, and waits for what is being read of them.
    ///
    /// # Errors
    /// Where `stop` says that nothing is to be waited for.
    pub(super) fn hand_out(&self, plan: &Plan<'_>, stop: &Stop) -> Result<Outcomes, Error> {
        let wanted: HashSet<_> =
            plan.unknown.values().filter_map(|layer| place(&layer.source.location)).collect();
        let mut state = self.0.state();
        state.wanted = Some(wanted);
        self.0.changed.notify_all();
        while state.goes_on() {
            if stop.is_stopped() {
                return Err(ImageError::Interrupted { what: "the archive".to_owned() }.into());
            }
            state = self.0.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut read = std::mem::take(&mut state.read);
        drop(state);
        let mut outcomes = Outcomes::default();
        for (diff_id, unknown) in &plan.unknown {
            let ahead = place(&unknown.source.location).and_then(|place| read.remove(&place));
            if let Some(layer) = ahead.and_then(|ahead| self.0.fit(ahead, unknown)) {
                outcomes.read.insert(*diff_id, Arc::new(layer));
            }
        }
        Ok(outcomes)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.state().wanted = Some(HashSet::new());
        self.0.changed.notify_all();
    }
}

impl State {
    /// Whether something that a manifest names is not read yet.
    fn goes_on(&self) -> bool {
        let is_wanted = |place: &Place| self.wanted.as_ref().is_none_or(|wanted| wanted.contains(place));
        let mut waiting = self.waiting.iter().filter_map(|layer| place(&layer.location));
        !self.is_whole || self.under_way.iter().any(is_wanted) || waiting.any(|place| is_wanted(&place))
    }

    /// The longest that waits and may be wanted.
    fn next(&mut self) -> Option<ArrivingLayer> {
        if let Some(wanted) = &self.wanted {
            self.waiting.retain(|layer| place(&layer.location).is_some_and(|place| wanted.contains(&place)));
        }
        let longest = self.waiting.iter().enumerate().max_by_key(|(_, layer)| layer.part.len());
        longest.map(|(at, _)| at).map(|at| self.waiting.swap_remove(at))
    }
}

impl Reading {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what may be layers, several at a time, while the archive is walked.
    fn run(&self, archive: &Part) {
        let span = tracing::Span::current();
        thread::scope(|scope| {
            for _ in 0..self.scanner.settings().layers.max(1) {
                scope.spawn(|| span.in_scope(|| self.read_waiting()));
            }
            let limits = &self.scanner.settings().limits;
            // An image has no more layers: whoever sends more wants them read for nothing.
            let mut left = limits.layers_per_image;
            let walked = arriving(archive, limits, |layer| {
                if left > 0 && !self.is_known(&layer) {
                    left -= 1;
                    self.state().waiting.push(layer);
                    self.changed.notify_all();
                }
            });
            if let Err(error) = walked {
                tracing::debug!("no more of an archive is read ahead: {}", chain(&error));
            }
            self.state().is_whole = true;
            self.changed.notify_all();
        });
    }

    fn read_waiting(&self) {
        let mut state = self.state();
        loop {
            let next = state.next().and_then(|layer| Some((place(&layer.location)?, layer.part)));
            if let Some((place, part)) = next {
                state.under_way.insert(place);
                drop(state);
                let under_way = UnderWay(self, place);
                match self.read(part) {
                    Ok(read) => _ = self.state().read.insert(place, read),
                    Err(error) => tracing::debug!("a layer is not read ahead: {}", chain(&error)),
                }
                drop(under_way);
                state = self.state();
            } else if state.is_whole {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn read(&self, part: Part) -> Result<AheadLayer, Error> {
        let _span = tracing::info_span!("layer", bytes = part.len()).entered();
        let indexer = self.scanner.indexer();
        let (scratch, limits) = (&indexer.settings.scratch, &indexer.settings.limits);
        let show = Show { cause: None, detectors: &self.plugins, counts: true };
        let layer = showing(indexer, show, |claims, sink: &mut Handover| {
            read_unnamed(&part, "a layer", claims, scratch, limits, sink)
        })?;
        Ok(AheadLayer { layer, part })
    }

    /// Whether a layer of that name is known, so that it is hardly wanted. Where the store does not tell, it
    /// is read.
    fn is_known(&self, layer: &ArrivingLayer) -> bool {
        let store = self.scanner.store();
        layer.named.is_some_and(|digest| {
            matches!(store.view().get::<Layers>(&digest), Ok(Some(_)))
                || matches!(blobs::known(store, &digest), Ok(Some(_)))
        })
    }

    /// What was read ahead as the layer that a manifest names; none where it is not that, or where it is to be
    /// shown to others than it was. A plugin that failed is called anew, for the image.
    fn fit(&self, ahead: AheadLayer, unknown: &Unknown<'_>) -> Option<ReadLayer> {
        let AheadLayer { layer, part } = ahead;
        let source = unknown.source;
        let (diff_id, digest) = (source.diff_id, source.digest);
        let is_it = layer.diff_id() == diff_id && (digest.is_none() || layer.digest() == digest);
        let component = |plugin: &Arc<Plugin>| plugin.id().digest;
        let shown: Vec<Digest> = self.plugins.iter().map(component).collect();
        let is_shown = unknown.counts && shown.iter().copied().eq(unknown.detectors.iter().map(component));
        let stored = StoredLayer { diff_id, digest, bytes: Ok(part) };
        (is_it && is_shown && layer.is_sound()).then(|| layer.of(source, stored))
    }
}

/// A layer is being read, until this is dropped.
struct UnderWay<'a>(&'a Reading, Place);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way.remove(&self.1);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
