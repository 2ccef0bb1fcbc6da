//! Backups of the data directory.

use std::path::Path as FilePath;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::{Extension, Json};
use limpid_formats::json::{Backup, BackupWanted};
use limpid_scanner::{Reach, Reuse};

use crate::access::{Caller, Detail};
use crate::body;
use crate::error::{Code, Failure};
use crate::openapi::parameters::BackupId;
use crate::routes::without_values;
use crate::state::AppState;

/// Longest description of a backup, in bytes.
const BYTES: u64 = 64 << 10;

/// Begins a backup of the data directory and the plugins. Whoever has a token may name no directory outside of setting
/// `backup.directory`.
#[utoipa::path(
    post,
    path = "/v1/backups",
    operation_id = "begin_backup",
    tag = "service",
    request_body(content = BackupWanted, examples(("weekly" = (value = json!({"to": "/var/backups/limpid"}))))),
    responses((status = 202, description = "It has begun.", body = Backup)),
    extensions(("x-codes" = json!(["bad-backup", "busy"])))
)]
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Extension<Detail>, Json<Backup>), Failure> {
    let limits = body::Limits { bytes: BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let BackupWanted { to, read_all } = match bytes.is_empty() {
        true => BackupWanted::default(),
        false => serde_json::from_slice(&bytes).map_err(|error| {
            Failure::bad_request(format!("the body describes no backup: {}", without_values(&error)))
        })?,
    };
    // Who has a token may be anywhere.
    let reach = if matches!(caller, Caller::Token(_) | Caller::Guest { .. }) {
        Reach::Directory
    } else {
        Reach::Anywhere
    };
    let reuse = if read_all { Reuse::Nothing } else { Reuse::Unchanged };
    let workers = state.workers.clone();
    let begin = move || workers.backups.begin(to.as_deref().map(FilePath::new), reach, reuse);
    let run = state.access.run(begin).await?;
    let location = [(header::LOCATION, format!("/v1/backups/{}", run.id))];
    let detail = Detail::new(format!("backup {} to `{}`", run.id, run.to));
    Ok((StatusCode::ACCEPTED, location, Extension(detail), Json(run.into())))
}

/// A backup that was begun since the service started, and how far it is.
#[utoipa::path(
    get,
    path = "/v1/backups/{id}",
    operation_id = "get_backup",
    tag = "service",
    params(BackupId),
    responses((status = 200, description = "It.", body = Backup)),
    extensions(("x-codes" = json!(["no-such-backup"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Backup>, Failure> {
    let unknown =
        || Failure::new(Code::NoSuchBackup, format!("backup `{id}` was not begun since the service started"));
    let number = id.parse().map_err(|_| unknown())?;
    let workers = state.workers.clone();
    Ok(Json(state.access.run(move || workers.backups.run(number)).await?.into()))
}
