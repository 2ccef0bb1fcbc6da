use axum::Json;
use axum::extract::{Path, State};
use limpid_formats::json::Layer;
use limpid_model::Digest;

use crate::error::Failure;
use crate::state::AppState;

pub(super) async fn show(
    State(state): State<AppState>,
    Path(diff_id): Path<String>,
) -> Result<Json<Layer>, Failure> {
    let diff_id: Digest = diff_id.parse()?;
    let scanner = state.scanner.clone();
    let layer = state.readers.run(move || scanner.layer(&diff_id)).await?;
    Ok(Json(layer.into()))
}
