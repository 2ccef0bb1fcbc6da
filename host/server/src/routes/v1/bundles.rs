use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use limpid_formats::json::Imported;
use limpid_scanner::Trust;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body;
use crate::error::Failure;
use crate::openapi::parameters::Binary;
use crate::state::AppState;

/// What stands behind the `?` of a request.
type Asked<T> = Result<Query<T>, axum::extract::rejection::QueryRejection>;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Chosen {
    /// Names of feeds with commas between; all where none is named.
    #[serde(default)]
    feeds: String,
}

/// A bundle of the kept documents.
#[utoipa::path(
    get,
    path = "/v1/bundle",
    operation_id = "export_bundle",
    tag = "feeds",
    params(Chosen),
    responses((status = 200, description = "`tar.zst`.", content((inline(Binary) = "application/zstd")))),
    extensions(("x-codes" = json!(["no-such-feed"])))
)]
pub(super) async fn export(State(state): State<AppState>, query: Asked<Chosen>) -> Result<Response, Failure> {
    // It is made whole before the answer begins, so that one that cannot be made is an error, and a client that is
    // slow holds no view of the store.
    let Query(Chosen { feeds }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let feeds: Vec<_> = feeds.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let scanner = state.scanner.clone();
    let make = move || {
        let file = scanner.scratch_file()?;
        scanner.export(&feeds, &file)?;
        Ok::<_, limpid_scanner::Error>(file)
    };
    let file = state.readers.run(make).await?;
    let (length, body) = body::file(file).map_err(|error| Failure::internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "application/zstd".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"limpid-feeds.tar.zst\"".to_owned()),
    ];
    Ok((headers, body).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// Whether it counts although it states much less than what was there before, and however old it is.
    #[serde(default)]
    force: bool,
}

/// Ingests a bundle.
#[utoipa::path(
    post,
    path = "/v1/bundle",
    operation_id = "import_bundle",
    tag = "feeds",
    params(Wish),
    request_body(content((inline(Binary) = "application/octet-stream"))),
    responses((status = 200, description = "What changed.", body = Imported)),
    extensions(("x-codes" = json!(["bad-bundle", "untrusted-bundle", "over-limit"])))
)]
pub(super) async fn import(
    State(state): State<AppState>,
    query: Asked<Wish>,
    body: Body,
) -> Result<Json<Imported>, Failure> {
    let Query(Wish { force }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let limits = body::Limits {
        bytes: state.settings.bundle_bytes,
        setting: Some("http.bundle_bytes"),
        pace: state.settings.pace(),
    };
    let scanner = state.scanner.clone();
    let file = body::write(body, limits, move || scanner.scratch_file()).await?;
    let trust = if force { Trust::Forced } else { Trust::Checked };
    let scanner = state.scanner.clone();
    let imported = state.writers.run_behind_others(move || scanner.import(file, trust)).await?;
    Ok(Json(imported.into()))
}
