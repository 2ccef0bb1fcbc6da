//! `/notifier`: what a receiver fetches that was told of notifications.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use limpid_formats::clair::NotificationId;
use serde::Deserialize;

use super::answer::{document, negotiated};
use crate::answers::Wanted;
use crate::error::{Code, Failure};
use crate::state::AppState;

const JSON: &str = "application/json";
const NOTIFICATION_PAGE: &str = "application/vnd.clair.notification_page.v1+json";

/// Notifications of a page where nothing is asked for, and at most.
const PAGE: usize = 500;

#[derive(Deserialize)]
pub(super) struct Asked {
    page_size: Option<i64>,
    next: Option<String>,
}

fn id(text: &str) -> Result<NotificationId, Failure> {
    text.parse().map_err(|why| Failure::bad_request(format!("could not parse notification id: {why}")))
}

/// Notifications of a message; none where there is none of that name.
pub(super) async fn page(
    State(state): State<AppState>,
    Path(message): Path<String>,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let media_type = negotiated(&headers, &[NOTIFICATION_PAGE, JSON])?;
    let message = id(&message)?;
    let Query(Asked { page_size, next }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let size = match page_size {
        None | Some(0) => PAGE,
        Some(size) => usize::try_from(size)
            .map_err(|_| {
                Failure::new(Code::Missing, format!("`page_size`: there are no {size} notifications"))
            })?
            .min(PAGE),
    };
    let after = next.as_deref().filter(|next| !next.is_empty()).map(id).transpose()?;
    let scanner = state.scanner.clone();
    let read = move || scanner.notification_page(message, after, size);
    Ok(document(state.readers.document(wanted.coding, read).await?, Some(media_type)))
}

/// The receiver has fetched them.
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(message): Path<String>,
) -> Result<StatusCode, Failure> {
    let (text, message) = (message.clone(), id(&message)?);
    let scanner = state.scanner.clone();
    match state.writers.run(move || scanner.forget_notification(message)).await? {
        true => Ok(StatusCode::OK),
        false => Err(Failure::new(Code::Missing, format!("no receipt exists for notification `{text}`"))),
    }
}
