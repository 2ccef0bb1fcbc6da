use std::hash::Hash;
use std::sync::Arc;

use limpid_scanner::{Current, Error, Scanner, Stop};
use tokio::sync::Semaphore;

use crate::answers::{Coding, Document, Kept, Tag, Tags, Written};
use crate::blocking::Pool;
use crate::error::Failure;
use crate::metrics::Metrics;
use crate::routes::clair::Fetches;
use crate::shared::{Flights, Making};
use crate::verdicts::Verdicts;
use crate::{Settings, Workers};

/// What handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) scanner: Scanner,
    pub(crate) workers: Arc<Workers>,
    pub(crate) settings: Current<Settings>,
    /// Where what is known is read. Who reads waits for no writer, and who writes for no reader.
    pub(crate) readers: Pool,
    /// Where trends and times to repair are looked for.
    pub(crate) histories: Pool,
    pub(crate) writers: Pool,
    /// Where tokens are made and revoked, and changes recorded.
    pub(crate) access: Pool,
    pub(crate) metrics: Metrics,
    pub(crate) tags: Tags,
    pub(crate) kept: Arc<Kept>,
    /// Trends and times to repair that are being looked for.
    pub(crate) flights: Flights,
    pub(crate) verdicts: Arc<Verdicts>,
    pub(crate) fetches: Fetches,
    /// Held by whoever makes a profile.
    pub(crate) profile: Arc<Semaphore>,
}

impl AppState {
    pub(crate) fn new(
        scanner: Scanner,
        workers: Workers,
        settings: Current<Settings>,
        metrics: Metrics,
    ) -> Self {
        let (readers, writers) = (Pool::readers(&settings, &metrics), Pool::writers(&settings, &metrics));
        let (access, histories) = (Pool::access(&settings, &metrics), Pool::histories(&settings, &metrics));
        let kept = Arc::new(Kept::new(&settings));
        let workers = Arc::new(workers);
        let (tags, verdicts, fetches) = (Tags::default(), Arc::default(), Fetches::new(&settings));
        Self {
            scanner,
            workers,
            settings,
            readers,
            histories,
            writers,
            access,
            metrics,
            tags,
            kept,
            flights: Flights::default(),
            verdicts,
            fetches,
            profile: Arc::new(Semaphore::new(1)),
        }
    }

    /// What is looked for in history, which depends on this and the revision: once for all who ask for it, and no longer
    /// than somebody waits.
    ///
    /// # Errors
    /// Those of `work`, and where its turn does not come.
    pub(crate) async fn history<T: Written + 'static>(
        &self,
        coding: Coding,
        on: &(impl Hash + ?Sized),
        work: impl FnOnce(&Scanner, &Stop) -> Result<T, Error> + Send + 'static,
    ) -> Result<Document, Failure> {
        let tag = self.tag(&("history", on));
        let making = Making { pool: &self.histories, kept: &self.kept, coding, tag };
        let scanner = self.scanner.clone();
        self.flights.answer(making, move |stop| work(&scanner, stop)).await
    }

    /// The tag of what depends on this, the revision and the settings; none while the revision changes. It is made before
    /// anything is read: what is read may be newer than its tag, and never older.
    pub(crate) fn tag(&self, on: &impl Hash) -> Option<Tag> {
        let settings = self.scanner.changes_of_settings();
        self.scanner.revision().map(|revision| self.tags.of(&(revision, settings, on)))
    }
}
