use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use limpid_formats::harbor::{METADATA, Metadata};
use limpid_model::FeedState;

use crate::error::Failure;
use crate::state::AppState;

/// What the scanner can do. As old as the feed is that was not fetched for longest, so old are its advisories.
pub(super) async fn show(State(state): State<AppState>) -> Result<impl IntoResponse, Failure> {
    let scanner = state.scanner.clone();
    let feeds = state.readers.run(move || scanner.feeds()).await?;
    let is_in_use = |feed: &&FeedState| feed.plugin.is_some() && !feed.sources.is_empty();
    let updated = feeds.iter().filter(is_in_use).filter_map(|feed| feed.last_success).min();
    let scheduled = feeds.iter().filter(|feed| feed.runs.is_scheduled);
    let next_update = scheduled.filter_map(|feed| feed.runs.next_run).min();
    Ok(([(header::CONTENT_TYPE, METADATA)], Json(Metadata::new(updated, next_update))))
}
