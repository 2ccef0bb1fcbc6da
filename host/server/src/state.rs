use std::net::IpAddr;
use std::sync::Arc;

use limpid_scanner::{Delivery, Jobs, Scanner, Updates};

use crate::blocking::Pool;
use crate::metrics::Metrics;
use crate::{Settings, Workers};

/// What handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) scanner: Scanner,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) updates: Arc<Updates>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
    /// Whether plugins may be changed over HTTP.
    pub(crate) changes: Changes,
    /// Whether subscriptions may.
    pub(crate) subscriptions: Changes,
}

/// Whether clients may change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    Allowed,
    Forbidden,
}

impl AppState {
    pub(crate) fn new(scanner: Scanner, workers: Workers, settings: Settings, address: IpAddr) -> Self {
        let changes = |allowed: bool| match allowed || address.is_loopback() {
            true => Changes::Allowed,
            false => Changes::Forbidden,
        };
        let pool = Pool::new(settings.workers);
        Self {
            scanner,
            jobs: Arc::new(workers.jobs),
            updates: Arc::new(workers.updates),
            delivery: Arc::new(workers.delivery),
            changes: changes(settings.change_plugins),
            subscriptions: changes(settings.change_subscriptions),
            settings: Arc::new(settings),
            pool,
            metrics: Metrics::default(),
        }
    }
}
