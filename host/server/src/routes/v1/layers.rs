use axum::extract::{Path, State};
use limpid_formats::json::Layer;
use limpid_model::Digest;

use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::state::AppState;

pub(super) async fn show(
    State(state): State<AppState>,
    Path(diff_id): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let diff_id: Digest = diff_id.parse()?;
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.layer(&diff_id).map(Layer::from)).await
}
