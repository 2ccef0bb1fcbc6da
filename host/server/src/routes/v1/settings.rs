//! Settings in force.

use axum::extract::State;
use axum::{Extension, Json};
use limpid_formats::json::{ReloadedSettings, Settings};

use crate::access::Detail;
use crate::configuration;
use crate::error::Failure;
use crate::state::AppState;

/// The settings in force and where each comes from, without secrets.
#[utoipa::path(
    get,
    path = "/v1/settings",
    operation_id = "list_settings",
    tag = "service",
    responses((status = 200, description = "The settings.", body = Settings)),
)]
pub(super) async fn show(State(state): State<AppState>) -> Result<Json<Settings>, Failure> {
    let workers = state.workers.clone();
    let shown = state.access.run(move || workers.configuration.show().map_err(Failure::internal)).await?;
    Ok(Json(shown))
}

/// Reads the settings again, and puts those in force that can be while the service runs: all of them, or none.
#[utoipa::path(
    post,
    path = "/v1/settings/reload",
    operation_id = "reload_settings",
    tag = "service",
    responses((status = 200, description = "What became of them.", body = ReloadedSettings)),
    extensions(("x-codes" = json!(["bad-settings"])))
)]
pub(super) async fn reload(
    State(state): State<AppState>,
) -> Result<(Extension<Detail>, Json<ReloadedSettings>), Failure> {
    let asked = state.clone();
    let reloaded = state.access.run(move || configuration::reload(&asked)).await?;
    Ok((Extension(Detail::new(configuration::detail(&reloaded))), Json(reloaded)))
}
