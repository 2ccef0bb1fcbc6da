//! The HTTP API.
//!
//! This crate owns what is said over HTTP: paths, JSON forms, statuses, the one error envelope. A
//! handler parses, calls one use case of the scanner and maps the answer; it decides nothing else.
//! It is the only crate with hyper and axum. The JSON forms ([`api`]) are also what the command
//! line prints.

pub mod api;
mod blocking;
mod connections;
mod error;
mod metrics;
mod request_id;
mod routes;
mod settings;
mod state;

use std::future::Future;

use limpid_scanner::{Delivery, Jobs, Scanner, Updates};
use tokio::net::TcpListener;

pub use error::code;
pub use settings::Settings;

/// What works beside the requests, and is asked by them what to do.
#[derive(Debug)]
pub struct Workers {
    /// Submitted images are indexed.
    pub jobs: Jobs,
    /// Feeds are fetched.
    pub updates: Updates,
    /// Notices are delivered.
    pub delivery: Delivery,
}

/// Serves the API until `stop` is ready; requests under way may then end.
///
/// # Errors
/// Where the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    scanner: Scanner,
    workers: Workers,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let address = listener.local_addr()?.ip();
    let state = state::AppState::new(scanner, workers, settings.clone(), address);
    let router = routes::router(state);
    connections::serve(listener, router, &settings, stop).await
}
