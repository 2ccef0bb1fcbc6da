//! Images that expire by the settings.

use axum::extract::State;
use axum::{Extension, Json};
use limpid_formats::json::Retention;

use crate::access::Detail;
use crate::error::Failure;
use crate::state::AppState;

pub(super) async fn show(State(state): State<AppState>) -> Result<Json<Retention>, Failure> {
    let scanner = state.scanner.clone();
    Ok(Json(state.readers.run(move || scanner.expired_images()).await?.into()))
}

pub(super) async fn run(
    State(state): State<AppState>,
) -> Result<(Extension<Detail>, Json<Retention>), Failure> {
    let scanner = state.scanner.clone();
    let removed = state.writers.run_behind_others(move || scanner.remove_expired_images()).await?;
    let detail = Detail::new(format!("{} images are removed", removed.len()));
    Ok((Extension(detail), Json(removed.into())))
}
