//! The HTTP API.
//!
//! This crate owns what is stated over HTTP: paths, JSON forms, statuses, the one error envelope. A
//! handler parses, calls one use case of the scanner and maps the answer; it decides nothing else.
//! It is the only crate with hyper and axum. The JSON forms (`limpid_formats::json`) are also what the command
//! line prints.

mod access;
mod adapter;
mod answers;
mod blocking;
mod body;
mod configuration;
mod connections;
mod error;
mod front;
mod idempotency;
mod metrics;
mod openapi;
mod peer;
mod readiness;
mod request_id;
mod routes;
mod settings;
mod shared;
mod starting;
mod state;
mod stopping;
mod time_limit;
mod tls;
mod verdicts;

use std::future::Future;
use std::sync::Arc;

use limpid_scanner::runtime::Watch;
use limpid_scanner::{
    Backups, Current, Delivery, Jobs, KeepingFailures, Refresh, Retention, Scanner, Summarizing, Timekeeping,
    Updates, VexUpdates, Watching,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use connections::Door;

pub use configuration::Configuration;
pub use error::code;
pub use settings::{
    AccessControl, Admission, Clair, Harbor, Network, Otherwise, Ready, Settings, SharedSecret,
};
pub use starting::Starting;
pub use tls::{Tls, TlsError, TlsFiles};

/// What works beside the requests. Requests ask some of it what to do.
#[derive(Debug)]
pub struct Workers {
    /// Registries are watched. It ends before those to whom it submits.
    pub watching: Watching,
    /// Submitted images are indexed.
    pub jobs: Arc<Jobs>,
    /// Images that have expired are removed.
    pub retention: Retention,
    /// What repositories have is counted.
    pub summaries: Summarizing,
    /// Failures of plugins are kept.
    pub failures: KeepingFailures,
    /// Backups are made.
    pub backups: Backups,
    /// What time it is is noted.
    pub timekeeping: Timekeeping,
    /// Feeds are fetched.
    pub updates: Updates,
    /// VEX repositories are fetched.
    pub vex: VexUpdates,
    /// Notices are delivered.
    pub delivery: Delivery,
    /// The plugins directory is looked at.
    pub watch: Watch,
    /// What plugins have changed is refreshed.
    pub refresh: Refresh,
    /// Who reads settings again.
    pub configuration: Arc<dyn Configuration>,
}

/// Where requests come in.
#[derive(Debug)]
pub struct Listeners {
    /// Where everybody asks.
    pub listener: TcpListener,
    /// What encrypts that.
    pub tls: Option<Tls>,
    /// Where commands of this machine ask, which know no certificate: never encrypted.
    pub local: Option<TcpListener>,
}

/// That settings are to be read again; it is dropped when they were.
#[derive(Debug)]
pub struct Reload(pub tokio::sync::oneshot::Sender<()>);

/// Serves the API until `stop` is ready; requests under way may then end. `open` is called at once, on a
/// thread that may block: until it has given what does the work, only `/healthz` says more than that the
/// service is starting, and what it does by the word of `open`. Whenever `reload` receives something, settings are read
/// again, once the service has started.
///
/// # Errors
/// Those of `open`, and where a thread cannot be had.
pub async fn serve<E>(
    Listeners { listener, tls, local }: Listeners,
    open: impl FnOnce(&Starting) -> Result<(Scanner, Workers), E> + Send + 'static,
    settings: Settings,
    stop: impl Future<Output = ()>,
    reload: mpsc::Receiver<Reload>,
) -> Result<(), E>
where
    E: From<std::io::Error> + Send + 'static,
{
    let (front, metrics) = (front::Front::default(), metrics::Metrics::default());
    let settings = Current::new(settings);
    let opening = {
        let (front, metrics, settings) = (front.clone(), metrics.clone(), settings.clone());
        tokio::task::spawn_blocking(move || -> Result<(), E> {
            let (scanner, workers) = open(&front.starting)?;
            Ok(front.open(state::AppState::new(scanner, workers, settings, metrics))?)
        })
    };
    // Where the service cannot start, it ends.
    let (failed, failure) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let opened = opening.await.map_err(|error| E::from(std::io::Error::other(error))).flatten();
        match opened {
            Ok(()) => tracing::info!("ready"),
            Err(error) => drop(failed.send(error)),
        }
    });
    let reloading = tokio::spawn(front.clone().reload(reload));
    let mut failure = std::pin::pin!(failure);
    let mut failed = None;
    let ended = async {
        tokio::select! {
            () = stop => {}
            Ok(error) = &mut failure => failed = Some(error),
        }
    };
    let router = front.router(&settings, metrics);
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let ended = async {
        ended.await;
        let _ = stopping.send(true);
    };
    let beside = {
        let (router, settings, mut stopped) = (router.clone(), settings.clone(), stopped);
        async move {
            let Some(local) = local else { return };
            let stop = async {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            connections::serve(local, router, &settings, Door::Commands, stop).await;
        }
    };
    let mut following: Vec<_> = tls.clone().map(|tls| tokio::spawn(tls.follow())).into_iter().collect();
    let issuers = settings.now().access.identities.iter().flat_map(|identities| identities.issuers());
    following.extend(issuers.map(|issuer| tokio::spawn(access::follow(Arc::clone(issuer)))));
    tokio::join!(
        connections::serve(listener, router, &settings, Door::Everybody(tls.as_ref()), ended),
        beside
    );
    reloading.abort();
    for following in following {
        following.abort();
    }
    failed.map_or(Ok(()), Err)
}
