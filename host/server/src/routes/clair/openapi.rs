//! What of Clair's API is answered here.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_model::Digest;

use super::answer::{add, document, negotiated};
use super::{has_seen, tag};
use crate::answers::{Coding, Document, Wanted};
use crate::error::Failure;
use crate::state::AppState;

/// The description, which is written by hand: Clair's clients read none.
const TEXT: &str = include_str!("openapi.json");

pub(super) async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let media_type = negotiated(&headers, &["application/openapi+json", "application/json"])?;
    let version = Digest::of(TEXT.as_bytes()).hex();
    let mut response = if has_seen(&headers, &version) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let coding = wanted.coding.for_length(TEXT.len());
        let encode = move || {
            coding.encode(TEXT.as_bytes().to_vec()).map_err(|error| Failure::internal(error.to_string()))
        };
        let bytes = match coding {
            Coding::Identity => TEXT.as_bytes().to_vec(),
            _ => state.readers.run(encode).await?,
        };
        document(Document { bytes: bytes.into(), coding, tag: None }, Some(media_type))
    };
    add(&mut response, header::ETAG, &tag(&version));
    Ok(response)
}

/// Nothing here is for whoever collects pages.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}
