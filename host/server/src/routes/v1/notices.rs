use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use limpid_formats::json::words::NoticeStateWord;
use limpid_formats::json::{Notices, Replayed};
use limpid_model::{NoticePosition, NoticeState};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Failure;
use crate::openapi::parameters::{NoticeNumber, NoticeSubscription};
use crate::state::AppState;

/// Notices on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Only of this one.
    subscription: Option<String>,
    /// Only in this state.
    #[param(inline, value_type = Option<NoticeStateWord>)]
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Notices on a page, 1000 at most.
    limit: Option<usize>,
}

/// Notices that wait, were delivered or were given up (`dead`), in pages.
#[utoipa::path(
    get,
    path = "/v1/notices",
    operation_id = "list_notices",
    tag = "subscriptions",
    params(Asked),
    responses((status = 200, description = "A page.", body = Notices)),
    extensions(("x-codes" = json!(["no-such-subscription"])))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Notices>, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let delivered = asked.state.as_deref().map(delivered).transpose()?;
    let after = asked.after.as_deref().map(after).transpose()?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let scanner = state.scanner.clone();
    let find = move || scanner.notices(asked.subscription.as_deref(), delivered, after.as_ref(), limit);
    Ok(Json(state.readers.run(find).await?.into()))
}

/// # Errors
/// It is none, and which there are.
fn delivered(word: &str) -> Result<NoticeState, Failure> {
    NoticeState::from_word(word).ok_or_else(|| {
        Failure::bad_request(format!(
            "`state` is `{word}`, which is none of {}",
            NoticeState::ALL.map(NoticeState::as_str).join(", ")
        ))
    })
}

fn after(text: &str) -> Result<NoticePosition, Failure> {
    let key = text.rsplit_once('/').and_then(|(subscription, number)| {
        Some(NoticePosition { subscription: subscription.to_owned(), number: number.parse().ok()? })
    });
    key.ok_or_else(|| Failure::bad_request(format!("`after` is `{text}`, which is no `next` of a page")))
}

/// Sends a notice again.
#[utoipa::path(
    post,
    path = "/v1/notices/{subscription}/{number}/replay",
    operation_id = "replay_notice",
    tag = "subscriptions",
    params(NoticeSubscription, NoticeNumber),
    responses((status = 200, description = "It waits.", body = Replayed)),
    extensions(("x-codes" = json!(["no-such-subscription", "no-such-notice"])))
)]
pub(super) async fn replay(
    State(state): State<AppState>,
    Path((subscription, number)): Path<(String, u64)>,
) -> Result<Json<Replayed>, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.replay(&subscription, number)).await?;
    Ok(Json(Replayed { replayed: 1 }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Number of the first.
    from: u64,
}

/// Sends all notices again from a number on.
#[utoipa::path(
    post,
    path = "/v1/notices/{subscription}/replay",
    operation_id = "replay_notices",
    tag = "subscriptions",
    params(NoticeSubscription, Since),
    responses((status = 200, description = "They wait.", body = Replayed)),
    extensions(("x-codes" = json!(["no-such-subscription"])))
)]
pub(super) async fn replay_all(
    State(state): State<AppState>,
    Path(subscription): Path<String>,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Json<Replayed>, Failure> {
    let Query(Since { from }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let scanner = state.scanner.clone();
    let replayed = state.writers.run(move || scanner.replay_from(&subscription, from)).await?;
    Ok(Json(Replayed { replayed }))
}
