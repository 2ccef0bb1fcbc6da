use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use limpid_scanner::Error;

use crate::error::Failure;
use crate::metrics::Submissions;
use crate::state::AppState;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "service",
    responses((status = 200, description = "In the OpenMetrics format.", content((String = "application/openmetrics-text")))),
)]
pub(crate) async fn show(State(state): State<AppState>) -> Result<Response, Failure> {
    let scanner = state.scanner.clone();
    let states = move || {
        let told = (scanner.subscription_states()?, scanner.watch_states()?);
        Ok::<_, Error>((scanner.feeds()?, told, scanner.room().ok()))
    };
    let (feeds, (subscriptions, watches), room) = state.readers.run(states).await?;
    let jobs = &state.workers.jobs;
    let submissions = Submissions { jobs: jobs.length(), times: jobs.times(), room };
    let runs = state.workers.updates.times();
    let text = state.metrics.text(&state.scanner, &feeds, (&subscriptions, &watches), &runs, submissions);
    let text = text.map_err(|error| Failure::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
