use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::openapi;

/// This document.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    operation_id = "openapi",
    tag = "service",
    responses((status = 200, description = "It.", content((Object = "application/vnd.oai.openapi+json;version=3.1")))),
)]
pub(super) async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], openapi::text())
        .into_response()
}
