//! What answers first: how the service is, also while it starts, and when all places are taken.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use limpid_scanner::Current;
use serde::Serialize;
use tokio::sync::mpsc;
use tower::ServiceExt;
use utoipa::ToSchema;

use crate::access::Permission;
use crate::connections::Spare;
use crate::error::{Code, Failure};
use crate::metrics::Metrics;
use crate::readiness::{Outcome, Readiness};
use crate::routes::{self, Routes};
use crate::state::AppState;
use crate::{Reload, Settings, Starting, configuration, request_id};

/// How often it is looked whether the service has started.
const SOON: Duration = Duration::from_millis(100);

/// The service as far as it has come.
#[derive(Clone, Default)]
pub(crate) struct Front {
    opened: Arc<OnceLock<Opened>>,
    /// How far it has come before that.
    pub(crate) starting: Starting,
}

/// A service that can do its work.
struct Opened {
    router: Router,
    state: AppState,
    readiness: Readiness,
}

impl Front {
    /// From now on all paths are answered.
    ///
    /// # Errors
    /// The system has no thread or no random numbers to give.
    pub(crate) fn open(&self, state: AppState) -> std::io::Result<()> {
        let (workers, ready) = (Arc::downgrade(&state.workers), state.settings.now().ready.clone());
        let readiness = Readiness::start(state.scanner.clone(), workers, ready, state.metrics.clone())?;
        let wanted = routes::wanted(state.settings.now());
        let api = wanted.guarded(state.settings.clone(), Some(&state)).with_state(state.clone());
        let router = if state.settings.now().web { routes::ui::mount(api, &state)? } else { api };
        let _ = self.opened.set(Opened { router, state, readiness });
        Ok(())
    }

    /// Reads settings again whenever something is received, once the service has started.
    pub(crate) async fn reload(self, mut reload: mpsc::Receiver<Reload>) {
        while let Some(Reload(done)) = reload.recv().await {
            while self.opened.get().is_none() {
                tokio::time::sleep(SOON).await;
            }
            let Some(opened) = self.opened.get() else { continue };
            let state = opened.state.clone();
            let read = tokio::task::spawn_blocking(move || configuration::reload_by_signal(&state)).await;
            if let Err(error) = read {
                tracing::error!(%error, "settings were not read again");
            }
            let _ = done.send(());
        }
    }

    /// The paths that are answered from the beginning on.
    pub(crate) fn routes() -> Routes<Self> {
        Routes::new().get("/healthz", Permission::Health, alive).get("/readyz", Permission::Health, ready)
    }

    fn unopened(&self) -> Failure {
        let (what, seconds) = self.starting.now();
        Failure::later(Code::Starting, format!("the service is starting: {what}, for {seconds} s so far"))
    }

    /// All paths.
    pub(crate) fn router(self, settings: &Current<Settings>, metrics: Metrics) -> Router {
        Self::routes()
            .guarded(settings.clone(), None)
            .fallback(all_others)
            .layer(middleware::from_fn_with_state(metrics, request_id::number))
            .with_state(self)
    }
}

/// That the process is alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `alive`.
    status: &'static str,
}

/// That the service can do its work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// How many plugins are loaded.
    plugins: usize,
    /// What was looked at, and is well.
    checks: Vec<&'static str>,
}

/// The process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "service",
    responses((status = 200, description = "It is.", body = Alive)),
)]
pub(crate) async fn alive() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// The service can do its work; while it starts, the error says what it is doing.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "service",
    responses((status = 200, description = "It can.", body = Ready)),
    extensions(("x-codes" = json!(["not-ready", "starting"])))
)]
pub(crate) async fn ready(State(front): State<Front>) -> Result<Json<Ready>, Failure> {
    let Some(opened) = front.opened.get() else { return Err(front.unopened()) };
    let checks = opened.readiness.now().await;
    let failed: Vec<_> = checks
        .iter()
        .filter_map(|check| match &check.outcome {
            Outcome::Passes => None,
            Outcome::Fails(why) => Some(format!("{}: {why}", check.name)),
        })
        .collect();
    if !failed.is_empty() {
        return Err(Failure::new(Code::NotReady, failed.join("; ")));
    }
    let plugins = opened.state.scanner.plugins().plugins().len();
    let checks = checks.iter().map(|check| check.name).collect();
    Ok(Json(Ready { status: "ready", plugins, checks }))
}

async fn all_others(State(front): State<Front>, request: Request) -> Response {
    if request.extensions().get::<Spare>().is_some() {
        let busy = "there are as many connections as setting `http.connections` allows";
        return Failure::busy(busy).into_response();
    }
    let Some(opened) = front.opened.get() else { return front.unopened().into_response() };
    match opened.router.clone().oneshot(routes::name_in_one_part(request)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
