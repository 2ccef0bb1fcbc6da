use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use limpid_formats::json::{Made, Subscription, SubscriptionWanted, Subscriptions};
use limpid_scanner::{Error, SubscriptionError};

use crate::body;
use crate::error::Failure;
use crate::routes::without_values;
use crate::state::AppState;

/// Longest description of a subscription, in bytes.
const BYTES: u64 = 64 << 10;

pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Subscriptions>, Failure> {
    let scanner = state.scanner.clone();
    let states = state.readers.run(move || scanner.subscription_states()).await?;
    Ok(Json(Subscriptions { subscriptions: states.into_iter().map(Subscription::from).collect() }))
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Subscription>, Failure> {
    let scanner = state.scanner.clone();
    let known = state.readers.run(move || scanner.subscription_state(&name)).await?;
    Ok(Json(known.into()))
}

pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Made>, Failure> {
    let limits = body::Limits { bytes: BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let wanted: SubscriptionWanted = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::bad_request(format!("the body is no subscription: {}", without_values(&error)))
    })?;
    let spec = wanted.spec().map_err(|why| Error::Subscription(SubscriptionError::Spec(why)))?;
    let workers = state.workers.clone();
    let subscribe = move || workers.delivery.subscribe(&name, spec);
    Ok(Json(state.writers.run(subscribe).await?.into()))
}

pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_subscription(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn test(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let workers = state.workers.clone();
    state.writers.run(move || workers.delivery.test(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
