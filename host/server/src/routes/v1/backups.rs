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
use crate::routes::without_values;
use crate::state::AppState;

/// Longest description of a backup, in bytes.
const BYTES: u64 = 64 << 10;

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
    let reach = if matches!(caller, Caller::Token(_)) { Reach::Directory } else { Reach::Anywhere };
    let reuse = if read_all { Reuse::Nothing } else { Reuse::Unchanged };
    let workers = state.workers.clone();
    let begin = move || workers.backups.begin(to.as_deref().map(FilePath::new), reach, reuse);
    let run = state.access.run(begin).await?;
    let location = [(header::LOCATION, format!("/v1/backups/{}", run.id))];
    let detail = Detail::new(format!("backup {} to `{}`", run.id, run.to));
    Ok((StatusCode::ACCEPTED, location, Extension(detail), Json(run.into())))
}

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
