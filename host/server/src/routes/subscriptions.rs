use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use limpid_scanner::{Error, SubscriptionError};

use super::guard;
use crate::api::{Made, Subscription, SubscriptionWanted, Subscriptions};
use crate::error::Failure;
use crate::state::AppState;

/// Longest description of a subscription, in bytes.
const BYTES: usize = 64 << 10;

pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Subscriptions>, Failure> {
    let scanner = state.scanner.clone();
    let states = state.pool.run(move || scanner.subscription_states()).await?;
    Ok(Json(Subscriptions { subscriptions: states.into_iter().map(Subscription::from).collect() }))
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Subscription>, Failure> {
    let scanner = state.scanner.clone();
    let known = state.pool.run(move || scanner.subscription_state(&name)).await?;
    Ok(Json(known.into()))
}

pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Made>, Failure> {
    may_change(&state, &headers)?;
    let no =
        |why: &dyn std::fmt::Display| Failure::bad_request(format!("the body is no subscription: {why}"));
    let bytes = tokio::time::timeout(state.settings.idle_time, to_bytes(body, BYTES));
    let bytes = bytes.await.map_err(|error| no(&error))?.map_err(|error| no(&error))?;
    let wanted: SubscriptionWanted = serde_json::from_slice(&bytes).map_err(|error| no(&error))?;
    let target =
        wanted.target().map_err(|why| Error::Subscription(SubscriptionError::Target(why.to_owned())))?;
    let delivery = state.delivery.clone();
    let subscribe =
        move || delivery.subscribe(&name, target, wanted.filter.into(), wanted.period, wanted.enabled);
    Ok(Json(state.pool.run(subscribe).await?.into()))
}

pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Failure> {
    may_change(&state, &headers)?;
    let scanner = state.scanner.clone();
    state.pool.run(move || scanner.remove_subscription(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn test(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Failure> {
    may_change(&state, &headers)?;
    let delivery = state.delivery.clone();
    state.pool.run(move || delivery.test(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A subscription says where this service sends requests, and what it knows.
pub(super) fn may_change(state: &AppState, headers: &HeaderMap) -> Result<(), Failure> {
    guard::may_change(state.subscriptions, headers, "subscriptions", "http.change_subscriptions")
}
