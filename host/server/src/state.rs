use std::net::IpAddr;
use std::sync::Arc;

use limpid_scanner::{Jobs, Scanner, Updates};

use crate::Settings;
use crate::blocking::Pool;
use crate::metrics::Metrics;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) scanner: Scanner,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) updates: Arc<Updates>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
    /// Whether plugins may be changed over HTTP.
    pub(crate) changes: Changes,
}

/// Whether clients may change plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    Allowed,
    Forbidden,
}

impl AppState {
    pub(crate) fn new(
        scanner: Scanner,
        jobs: Jobs,
        updates: Updates,
        settings: Settings,
        address: IpAddr,
    ) -> Self {
        let changes = match settings.change_plugins || address.is_loopback() {
            true => Changes::Allowed,
            false => Changes::Forbidden,
        };
        let pool = Pool::new(settings.workers);
        Self {
            scanner,
            jobs: Arc::new(jobs),
            updates: Arc::new(updates),
            settings: Arc::new(settings),
            pool,
            metrics: Metrics::default(),
            changes,
        }
    }
}
