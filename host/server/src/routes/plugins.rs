use axum::Json;
use axum::extract::State;

use crate::api::Plugins;
use crate::state::AppState;

pub(super) async fn list(State(state): State<AppState>) -> Json<Plugins> {
    Json((&*state.scanner.plugins()).into())
}
