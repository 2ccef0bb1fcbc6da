use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use limpid_scanner::Error;
use serde::Deserialize;
use std::io::{Seek, SeekFrom};

use super::body;
use crate::api::{Feeds, Taken};
use crate::error::Failure;
use crate::state::AppState;

pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Feeds>, Failure> {
    let scanner = state.scanner.clone();
    let feeds = state.pool.run(move || scanner.feeds()).await?;
    Ok(Json(Feeds { feeds: feeds.into_iter().map(Into::into).collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Handed {
    /// The source that the document is, where its content does not tell.
    source: Option<String>,
    /// A name for it in messages.
    name: Option<String>,
}

pub(super) async fn document(
    State(state): State<AppState>,
    Path(feed): Path<String>,
    query: Result<Query<Handed>, axum::extract::rejection::QueryRejection>,
    body: Body,
) -> Result<Json<Taken>, Failure> {
    let Query(Handed { source, name }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let limits = body::Limits {
        bytes: state.settings.document_bytes,
        setting: "http.document_bytes",
        idle: state.settings.idle_time,
    };
    let scanner = state.scanner.clone();
    let file = state.pool.run(move || scanner.scratch_file()).await?;
    let mut file = body::write(body, limits, file).await?;
    let scanner = state.scanner.clone();
    let taken = state.pool.run(move || {
        file.seek(SeekFrom::Start(0)).map_err(Error::Document)?;
        scanner.take_in(&feed, source.as_deref(), name.as_deref().unwrap_or("document"), file)
    });
    Ok(Json(taken.await?.into()))
}
