//! What a plugin states is collected on a thread of its own, while the plugin reads on.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use limpid_model::{Advisory, Enrichment, InputError};
use limpid_runtime::{Sink, Source};

use super::Collector;

/// What may wait to be collected.
const WAITING: usize = 8;

/// What a plugin says, as a [`Sink`] is told.
enum Told {
    Identify(String),
    Dated(String),
    Advisories(Vec<Advisory>),
    Enrichments(Vec<Enrichment>),
    Withdraw(String),
    Reject(String, InputError),
    Follow(Source),
}

/// A sink that hands over what it is told, until it is closed.
pub(super) struct Teller(Option<SyncSender<Told>>);

/// Where that goes.
pub(super) struct Collecting(Receiver<Told>);

impl Teller {
    pub(super) fn new() -> (Arc<Mutex<Self>>, Collecting) {
        let (to, from) = sync_channel(WAITING);
        (Arc::new(Mutex::new(Self(Some(to)))), Collecting(from))
    }

    /// Lets the collector end, whoever still holds the sink.
    pub(super) fn close(sink: &Mutex<Self>) {
        sink.lock().unwrap_or_else(PoisonError::into_inner).0 = None;
    }

    fn tell(&self, told: Told) {
        // Where the collector is gone, its panic is passed on.
        _ = self.0.as_ref().map(|to| to.send(told));
    }
}

impl Collecting {
    /// Collects until the sink is closed.
    pub(super) fn into(self, mut collector: Collector) -> Collector {
        for told in self.0 {
            match told {
                Told::Identify(source) => collector.identify(source),
                Told::Dated(when) => Sink::dated(&mut collector, when),
                Told::Advisories(batch) => collector.advisories(batch),
                Told::Enrichments(batch) => collector.enrichments(batch),
                Told::Withdraw(id) => collector.withdraw(id),
                Told::Reject(id, why) => collector.reject(id, why),
                Told::Follow(source) => collector.follow(source),
            }
        }
        collector.finish();
        collector
    }
}

impl Sink for Teller {
    fn identify(&mut self, source: String) {
        self.tell(Told::Identify(source));
    }

    fn dated(&mut self, when: String) {
        self.tell(Told::Dated(when));
    }

    fn advisories(&mut self, batch: Vec<Advisory>) {
        self.tell(Told::Advisories(batch));
    }

    fn enrichments(&mut self, batch: Vec<Enrichment>) {
        self.tell(Told::Enrichments(batch));
    }

    fn withdraw(&mut self, id: String) {
        self.tell(Told::Withdraw(id));
    }

    fn reject(&mut self, id: String, why: InputError) {
        self.tell(Told::Reject(id, why));
    }

    fn follow(&mut self, source: Source) {
        self.tell(Told::Follow(source));
    }
}
