//! Settings in force.

use axum::extract::State;
use axum::{Extension, Json};
use limpid_formats::json::{ReloadedSettings, Settings};

use crate::access::Detail;
use crate::configuration;
use crate::error::Failure;
use crate::state::AppState;

pub(super) async fn show(State(state): State<AppState>) -> Result<Json<Settings>, Failure> {
    let workers = state.workers.clone();
    let shown = state.access.run(move || workers.configuration.show().map_err(Failure::internal)).await?;
    Ok(Json(shown))
}

pub(super) async fn reload(
    State(state): State<AppState>,
) -> Result<(Extension<Detail>, Json<ReloadedSettings>), Failure> {
    let asked = state.clone();
    let reloaded = state.access.run(move || configuration::reload(&asked)).await?;
    Ok((Extension(Detail::new(configuration::detail(&reloaded))), Json(reloaded)))
}
