use std::sync::Arc;

use limpid_scanner::{Jobs, Scanner};

use crate::Settings;
use crate::blocking::Pool;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) scanner: Scanner,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) pool: Pool,
}

impl AppState {
    pub(crate) fn new(scanner: Scanner, jobs: Jobs, settings: Settings) -> Self {
        let pool = Pool::new(settings.workers);
        Self { scanner, jobs: Arc::new(jobs), settings: Arc::new(settings), pool }
    }
}
