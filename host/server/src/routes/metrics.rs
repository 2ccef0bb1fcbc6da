use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use limpid_scanner::Error;

use crate::error::Failure;
use crate::metrics::{Form, Read};
use crate::state::AppState;

/// Metrics.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "service",
    responses((
        status = 200,
        description = "In the OpenMetrics format where `Accept` names it, and in Prometheus' text format otherwise.",
        content((String = "text/plain"), (String = "application/openmetrics-text"))
    )),
)]
pub(crate) async fn show(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Failure> {
    let (scanner, workers) = (state.scanner.clone(), state.workers.clone());
    let read = move || {
        Ok::<_, Error>(Read {
            feeds: scanner.feeds()?,
            subscriptions: scanner.subscription_states()?,
            watches: scanner.watch_states()?,
            runs: workers.updates.times(),
            jobs: workers.jobs.length(),
            times: workers.jobs.times(),
            oldest: workers.jobs.oldest()?,
            room: scanner.room().ok(),
            sizes: scanner.store_sizes()?,
        })
    };
    let read = state.readers.run(read).await?;
    let text = state.metrics.text(&state.scanner, &read);
    let text = text.map_err(|error| Failure::internal(error.to_string()))?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let form = Form::wanted(accept);
    let head = [(header::CONTENT_TYPE, form.content_type()), (header::VARY, "accept")];
    Ok((head, form.of(text)).into_response())
}
