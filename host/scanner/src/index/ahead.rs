//! Layers that are still coming: of an archive that is being submitted, or from the addresses of a manifest. They are
//! read, verified and shown to detectors while the rest comes, and kept in memory. Nothing is stored before a manifest
//! names them; what none names is dropped.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use limpid_bytes::{Part, Stop};
use limpid_images::{
    ArrivingLayer, Error as ImageError, FoundLayer, ImageSource, KnownLayer, Location, arriving,
};
use limpid_layers::{StoredLayer, read_unnamed};
use limpid_model::{Digest, chain};
use limpid_runtime::Plugin;
use limpid_store::tables::layers::Layers;
use limpid_telemetry::Cause;
use tracing::field::Empty;

use super::ImageInput;
use super::detection::Handover;
use super::layer::{ReadLayer, Show, ShownLayer, showing};
use super::plan::{Outcomes, Plan, Unknown};
use crate::{Error, Scanner, background, blobs, detectors};

/// How long somebody waits until it looks whether it should go on waiting.
const LOOK: Duration = Duration::from_millis(50);

/// The submissions whose layers are read ahead: no more than a number.
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

/// The layers of one submission that are read ahead. What was not begun when this is dropped never is.
pub(crate) struct Ahead(Arc<Reading>);

struct Reading {
    scanner: Scanner,
    plugins: Vec<Arc<Plugin>>,
    state: Mutex<State>,
    changed: Condvar,
    /// Last, so that whoever waits for it may open the scanner's store anew. None where a job reads by itself, whose
    /// number is bounded otherwise.
    _taken: Option<Taken>,
}

/// Which layer it is to its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// From which byte on of an archive, and how many.
    Member(u64, u64),
    /// By the digest of what is stored.
    Stored(Digest),
}

#[derive(Default)]
struct State {
    /// How many were found.
    found: u64,
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

fn place(location: &Location, stored: Option<Digest>) -> Option<Place> {
    match location {
        Location::Member { offset, size, .. } => Some(Place::Member(*offset, *size)),
        Location::Digest => stored.map(Place::Stored),
        _ => None,
    }
}

fn place_of(layer: &ArrivingLayer) -> Option<Place> {
    place(&layer.location, layer.named)
}

impl Ahead {
    /// Begins to read the layers of an archive that is being written. None where enough others are read.
    pub(crate) fn of_archive(scanner: &Scanner, aheads: &Arc<Aheads>, archive: Part) -> Option<Self> {
        let taken = aheads.take()?;
        Self::start(scanner, taken, move |reading| {
            let walked = arriving(&archive, &reading.scanner.settings().limits, |layer| {
                if !reading.is_known(&layer) {
                    reading.add(layer);
                }
            });
            if let Err(error) = walked {
                tracing::debug!("no more of an archive is read ahead: {}", chain(&error));
            }
        })
    }

    /// Fetches the layers of which a source does not know what they are, so many at a time, and reads them while they
    /// come. None where enough others are read; then nothing is fetched. Else returns when all are fetched, or cannot
    /// be, and may still be read.
    pub(crate) fn of_source(
        scanner: &Scanner,
        aheads: &Arc<Aheads>,
        source: &Arc<dyn ImageSource>,
        side_by_side: usize,
        stop: &Stop,
    ) -> Option<Self> {
        let taken = aheads.take()?;
        let (done, fetched) = mpsc::channel::<()>();
        let (source, stop) = (Arc::clone(source), stop.clone());
        let ahead = Self::start(scanner, taken, move |reading| {
            reading.fetch(&*source, side_by_side, &stop);
            drop(done);
        })?;
        // Nothing is ever sent.
        let _ = fetched.recv();
        Some(ahead)
    }

    /// The same, in this thread, and returns when all are read. None where the source knows all its layers.
    pub(crate) fn now(scanner: &Scanner, source: &dyn ImageSource, stop: &Stop) -> Option<Self> {
        if source.unnamed() == 0 {
            return None;
        }
        let reading = Reading::new(scanner, None);
        reading.run(|reading| {
            reading.fetch(source, scanner.settings().layers.max(1), stop);
            if stop.is_stopped() {
                reading.state().wanted = Some(HashSet::new());
            }
        });
        Some(Self(Arc::new(reading)))
    }

    fn start(scanner: &Scanner, taken: Taken, find: impl FnOnce(&Reading) + Send + 'static) -> Option<Self> {
        let reading = Arc::new(Reading::new(scanner, Some(taken)));
        let ahead = Self(Arc::clone(&reading));
        // It goes on when the request has been answered.
        let span = tracing::info_span!(parent: None, "read ahead", trace_id = Empty);
        Cause::current().link(&span);
        limpid_telemetry::mark(&span);
        let read = move || {
            background::stand_behind();
            span.in_scope(|| reading.run(find));
        };
        thread::Builder::new().name("limpid-ahead".to_owned()).spawn(read).ok().map(|_| ahead)
    }

    /// Tells a source what its layers turned out to be, when all of them are read: before, it does not know which
    /// images it has.
    ///
    /// # Errors
    /// Where `stop` says that nothing is to be waited for.
    pub(super) fn name(&self, input: ImageInput<'_>) -> Result<(), Error> {
        if input.source.unnamed() == 0 {
            return Ok(());
        }
        let state = self.0.until_read(input.stop)?;
        for (place, ahead) in &state.read {
            if let Place::Stored(stored) = place
                && ahead.layer.digest() == Some(*stored)
            {
                let known = KnownLayer { diff_id: ahead.layer.diff_id(), size: ahead.part.len() };
                input.source.name(stored, known);
            }
        }
        Ok(())
    }

    /// Hands out what was read of the layers that a plan names, and waits for what is being read of them.
    ///
    /// # Errors
    /// Where `stop` says that nothing is to be waited for.
    pub(super) fn hand_out(&self, plan: &Plan<'_>, stop: &Stop) -> Result<Outcomes, Error> {
        let place = |layer: &FoundLayer| place(&layer.location, layer.digest);
        let wanted: HashSet<_> = plan.unknown.values().filter_map(|layer| place(layer.source)).collect();
        self.0.state().wanted = Some(wanted);
        self.0.changed.notify_all();
        let mut state = self.0.until_read(stop)?;
        let mut read = std::mem::take(&mut state.read);
        drop(state);
        let mut outcomes = Outcomes::default();
        for (diff_id, unknown) in &plan.unknown {
            let ahead = place(unknown.source).and_then(|place| read.remove(&place));
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
        let mut waiting = self.waiting.iter().filter_map(place_of);
        !self.is_whole || self.under_way.iter().any(is_wanted) || waiting.any(|place| is_wanted(&place))
    }

    /// The longest that waits and may be wanted.
    fn next(&mut self) -> Option<ArrivingLayer> {
        if let Some(wanted) = &self.wanted {
            self.waiting.retain(|layer| place_of(layer).is_some_and(|place| wanted.contains(&place)));
        }
        let longest = self.waiting.iter().enumerate().max_by_key(|(_, layer)| layer.part.len());
        longest.map(|(at, _)| at).map(|at| self.waiting.swap_remove(at))
    }
}

impl Reading {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new(scanner: &Scanner, taken: Option<Taken>) -> Self {
        let plugins = detectors::loaded(&scanner.registry().snapshot());
        let (scanner, state, changed) = (scanner.clone(), Mutex::default(), Condvar::new());
        Self { scanner, plugins, state, changed, _taken: taken }
    }

    /// Reads what may be layers, several at a time, while they are found.
    fn run(&self, find: impl FnOnce(&Self)) {
        let span = tracing::Span::current();
        thread::scope(|scope| {
            for _ in 0..self.scanner.settings().layers.max(1) {
                scope.spawn(|| span.in_scope(|| self.read_waiting()));
            }
            // Those who read end then, whatever ends the finding.
            let _whole = Whole(self);
            find(self);
        });
    }

    /// Finds what a source does not know, by fetching it.
    fn fetch(&self, source: &dyn ImageSource, side_by_side: usize, stop: &Stop) {
        source.fetch_ahead(side_by_side, stop, &|layer| {
            // It may have become known since the source was opened.
            let stored = layer.named;
            let known = stored.and_then(|stored| Some((stored, self.known_as(&stored)?)));
            match known {
                Some((stored, known)) => source.name(&stored, known),
                None => self.add(layer),
            }
        });
    }

    /// Has something read that may be a layer.
    fn add(&self, layer: ArrivingLayer) {
        let mut state = self.state();
        // An image has no more layers: whoever sends more wants them read for nothing.
        if state.found < self.scanner.settings().limits.layers_per_image {
            state.found += 1;
            state.waiting.push(layer);
            self.changed.notify_all();
        }
    }

    /// Waits until all is read that may be wanted.
    fn until_read(&self, stop: &Stop) -> Result<MutexGuard<'_, State>, Error> {
        let mut state = self.state();
        while state.goes_on() {
            if stop.is_stopped() {
                return Err(ImageError::Interrupted { what: "what is read ahead".to_owned() }.into());
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state)
    }

    fn read_waiting(&self) {
        let mut state = self.state();
        loop {
            let next = state.next().and_then(|layer| Some((place_of(&layer)?, layer.part)));
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
        layer.named.is_some_and(|digest| {
            let as_tar = self.scanner.store().view().get::<Layers>(&digest);
            matches!(as_tar, Ok(Some(_))) || self.known_as(&digest).is_some()
        })
    }

    /// What is known as the layer of which this is stored.
    fn known_as(&self, stored: &Digest) -> Option<KnownLayer> {
        blobs::known(self.scanner.store(), stored).ok().flatten()
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

/// No more is found when this is dropped.
struct Whole<'a>(&'a Reading);

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        self.0.state().is_whole = true;
        self.0.changed.notify_all();
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
