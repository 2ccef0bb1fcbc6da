use axum::extract::{Path, State};
use limpid_formats::json::Layer;
use limpid_model::Digest;

use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::openapi::parameters::DiffId;
use crate::state::AppState;

/// One layer, and what it changes above the layers below it.
#[utoipa::path(
    get,
    path = "/v1/layers/{diff_id}",
    operation_id = "show_layer",
    tag = "images",
    params(DiffId),
    responses((status = 200, description = "It.", body = Layer)),
    extensions(("x-codes" = json!(["bad-digest", "no-such-layer"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(diff_id): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let diff_id: Digest = diff_id.parse()?;
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.layer(&diff_id).map(Layer::from)).await
}
