use std::sync::Arc;

use limpid_scanner::Scanner;

use crate::blocking::Pool;
use crate::metrics::Metrics;
use crate::{Settings, Workers};

/// What handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) scanner: Scanner,
    pub(crate) workers: Arc<Workers>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
}

impl AppState {
    pub(crate) fn new(scanner: Scanner, workers: Workers, settings: Settings, metrics: Metrics) -> Self {
        let pool = Pool::new(&settings, &metrics);
        Self { scanner, workers: Arc::new(workers), settings: Arc::new(settings), pool, metrics }
    }
}
