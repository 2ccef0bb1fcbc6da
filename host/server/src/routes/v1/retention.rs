//! Images that expire by the settings.

use axum::extract::State;
use axum::{Extension, Json};
use limpid_formats::json::Retention;

use crate::access::Detail;
use crate::error::Failure;
use crate::state::AppState;

/// The images that expire by the settings `retention.*`.
#[utoipa::path(
    get,
    path = "/v1/retention",
    operation_id = "list_expired_images",
    tag = "images",
    responses((status = 200, description = "They.", body = Retention)),
)]
pub(super) async fn show(State(state): State<AppState>) -> Result<Json<Retention>, Failure> {
    let scanner = state.scanner.clone();
    Ok(Json(state.readers.run(move || scanner.expired_images()).await?.into()))
}

/// Removes them at once.
#[utoipa::path(
    post,
    path = "/v1/retention",
    operation_id = "remove_expired_images",
    tag = "images",
    responses((status = 200, description = "Those that were removed.", body = Retention)),
)]
pub(super) async fn run(
    State(state): State<AppState>,
) -> Result<(Extension<Detail>, Json<Retention>), Failure> {
    let scanner = state.scanner.clone();
    let removed = state.writers.run_behind_others(move || scanner.remove_expired_images()).await?;
    let detail = Detail::new(format!("{} images are removed", removed.len()));
    Ok((Extension(detail), Json(removed.into())))
}
