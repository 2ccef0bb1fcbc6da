use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::state::AppState;

/// The process lives.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// It can do its work: the store answers, there is room to write, and there are plugins.
pub(super) async fn ready(State(state): State<AppState>) -> Result<Json<Value>, Failure> {
    let unready = |message: String| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", message);
    let scanner = state.scanner.clone();
    state
        .pool
        .run(move || scanner.images(None, 1))
        .await
        .map_err(|failure| unready(format!("the store does not answer: {}", failure.message)))?;
    let scanner = state.scanner.clone();
    state.pool.run(move || scanner.try_writing()).await.map_err(|failure| unready(failure.message))?;
    if let Some(why) = state.jobs.obstacle() {
        return Err(unready(format!("submissions wait: {why}")));
    }
    match state.scanner.plugins().plugins().len() {
        0 => Err(unready("no plugin is loaded; see `/v1/plugins` for files that were refused".to_owned())),
        plugins => Ok(Json(json!({ "status": "ready", "plugins": plugins }))),
    }
}
