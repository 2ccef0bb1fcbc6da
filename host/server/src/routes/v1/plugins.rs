use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use limpid_formats::json::{PluginRef, PluginWithVersions, Plugins};
use limpid_model::Digest;
use limpid_scanner::{Error, Scanner};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body;
use crate::error::Failure;
use crate::openapi::parameters::{Binary, PluginName, Signature};
use crate::state::AppState;

/// An ed25519 signature over the text of the component's digest, in hex or base64.
const SIGNATURE: &str = "x-limpid-signature";

/// Plugins that are loaded, and files that were refused, with the reason.
#[utoipa::path(
    get,
    path = "/v1/plugins",
    operation_id = "list_plugins",
    tag = "plugins",
    responses((status = 200, description = "They.", body = Plugins)),
)]
pub(super) async fn list(State(state): State<AppState>) -> Json<Plugins> {
    Json(state.scanner.plugins().state().into())
}

/// One plugin, and the kept versions of it.
#[utoipa::path(
    get,
    path = "/v1/plugins/{name}",
    operation_id = "show_plugin",
    tag = "plugins",
    params(PluginName),
    responses((status = 200, description = "It.", body = PluginWithVersions)),
    extensions(("x-codes" = json!(["no-such-plugin"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<PluginWithVersions>, Failure> {
    let scanner = state.scanner.clone();
    Ok(Json(state.readers.run(move || scanner.plugin(&name)).await?.into()))
}

/// Loads a component in place of the plugin of that name.
#[utoipa::path(
    put,
    path = "/v1/plugins/{name}",
    operation_id = "put_plugin",
    tag = "plugins",
    params(PluginName, Signature),
    request_body(content((inline(Binary) = "application/wasm"))),
    responses((status = 200, description = "What is loaded now.", body = PluginRef)),
    extensions(("x-codes" = json!(["plugin-refused"])))
)]
pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PluginRef>, Failure> {
    let limits = body::Limits {
        bytes: state.scanner.component_bytes(),
        setting: Some("plugins.component_bytes"),
        pace: state.settings.pace(),
    };
    let component = body::read(body, limits).await?;
    let signature = signature(&headers)?;
    change(&state, move |scanner| scanner.put_plugin(&name, &component, signature.as_deref()))
        .await
        .map(|id| Json(id.into()))
}

/// Who vouches for a component, where setting `plugins.allow` asks for it.
fn signature(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned);
    let no_text = |_| Failure::bad_request(format!("header `{SIGNATURE}` is not hex or base64"));
    headers.get(SIGNATURE).map(text).transpose().map_err(no_text)
}

/// Removes it; its versions are kept.
#[utoipa::path(
    delete,
    path = "/v1/plugins/{name}",
    operation_id = "delete_plugin",
    tag = "plugins",
    params(PluginName),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-codes" = json!(["no-such-plugin"])))
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    change(&state, move |scanner| scanner.remove_plugin(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Target {
    /// Which; the previous one where none is named.
    digest: Option<String>,
}

/// Goes back to a kept version.
#[utoipa::path(
    post,
    path = "/v1/plugins/{name}/rollback",
    operation_id = "roll_back_plugin",
    tag = "plugins",
    params(PluginName, Target),
    responses((status = 200, description = "What is loaded now.", body = PluginRef)),
    extensions(("x-codes" = json!(["bad-digest", "no-such-plugin", "no-such-version", "plugin-refused"])))
)]
pub(super) async fn roll_back(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Target>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<PluginRef>, Failure> {
    let Query(target) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let digest = target.digest.map(|digest| digest.parse::<Digest>()).transpose()?;
    change(&state, move |scanner| scanner.roll_back_plugin(&name, digest.as_ref()))
        .await
        .map(|id| Json(id.into()))
}

/// Ends the quarantine of a plugin.
#[utoipa::path(
    post,
    path = "/v1/plugins/{name}/release",
    operation_id = "release_plugin",
    tag = "plugins",
    params(PluginName),
    responses((status = 200, description = "The plugin.", body = PluginRef)),
    extensions(("x-codes" = json!(["no-such-plugin"])))
)]
pub(super) async fn release(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<PluginRef>, Failure> {
    change(&state, move |scanner| scanner.release_plugin(&name)).await.map(|id| Json(id.into()))
}

async fn change<T: Send + 'static>(
    state: &AppState,
    use_case: impl FnOnce(&Scanner) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || use_case(&scanner)).await
}
