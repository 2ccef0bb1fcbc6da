use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::error;
use crate::state::AppState;

static LAST: AtomicU64 = AtomicU64::new(0);

/// Numbers each request: in its answer, in its errors and in the log; and counts it.
pub(crate) async fn number(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let id = format!("{:x}-{id}", std::process::id());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    // Only what this service knows becomes a label: clients choose the rest.
    let path =
        request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |p| p.as_str().to_owned());
    let method = match *request.method() {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = span.in_scope(|| error::finish(response, &id));
    state.metrics.answered(&path, method, response.status().as_u16());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    response
}
