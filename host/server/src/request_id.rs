use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::error;

static LAST: AtomicU64 = AtomicU64::new(0);

/// Numbers each request: in its answer, in its errors and in the log.
pub(crate) async fn number(request: Request, next: Next) -> Response {
    let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let id = format!("{:x}-{id}", std::process::id());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = span.in_scope(|| error::finish(response, &id));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    response
}
