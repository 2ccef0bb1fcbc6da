use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use limpid_formats::json::{Made, Subscription, SubscriptionWanted, Subscriptions};
use limpid_scanner::{Error, SubscriptionError};

use crate::body;
use crate::error::Failure;
use crate::openapi::parameters::SubscriptionName;
use crate::routes::without_values;
use crate::state::AppState;

/// Longest description of a subscription, in bytes.
const BYTES: u64 = 64 << 10;

/// All subscriptions, and how their deliveries go.
#[utoipa::path(
    get,
    path = "/v1/subscriptions",
    operation_id = "list_subscriptions",
    tag = "subscriptions",
    responses((status = 200, description = "Subscriptions by name.", body = Subscriptions)),
)]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Subscriptions>, Failure> {
    let scanner = state.scanner.clone();
    let states = state.readers.run(move || scanner.subscription_states()).await?;
    Ok(Json(Subscriptions { subscriptions: states.into_iter().map(Subscription::from).collect() }))
}

/// One subscription.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{name}",
    operation_id = "show_subscription",
    tag = "subscriptions",
    params(SubscriptionName),
    responses((status = 200, description = "It, without secrets.", body = Subscription)),
    extensions(("x-codes" = json!(["no-such-subscription"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Subscription>, Failure> {
    let scanner = state.scanner.clone();
    let known = state.readers.run(move || scanner.subscription_state(&name)).await?;
    Ok(Json(known.into()))
}

/// Makes a subscription, or changes it.
#[utoipa::path(
    put,
    path = "/v1/subscriptions/{name}",
    operation_id = "put_subscription",
    tag = "subscriptions",
    params(SubscriptionName),
    request_body(content = SubscriptionWanted, examples(
("webhook" = (value = json!({
    "webhook": {"url": "https://receiver.example/limpid"},
    "filter": {"severity": "high", "labels": ["team=shop"]},
}))),
("amqp" = (value = json!({
    "amqp": {
        "url": "amqps://user:password@broker.example/%2f",
        "exchange": "limpid",
        "routing_key": "notices",
    },
    "period": 3600,
}))),
)),
    responses((status = 200, description = "It; with the secret that was made for it, this once.", body = Made)),
    extensions(("x-codes" = json!(["bad-subscription"])))
)]
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

/// Removes it and its notices.
#[utoipa::path(
    delete,
    path = "/v1/subscriptions/{name}",
    operation_id = "delete_subscription",
    tag = "subscriptions",
    params(SubscriptionName),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-codes" = json!(["no-such-subscription"])))
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_subscription(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a test message, at once and only once.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/{name}/test",
    operation_id = "test_subscription",
    tag = "subscriptions",
    params(SubscriptionName),
    responses((status = 204, description = "It was acknowledged.")),
    extensions(("x-codes" = json!(["no-such-subscription", "not-delivered"])))
)]
pub(super) async fn test(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let workers = state.workers.clone();
    state.writers.run(move || workers.delivery.test(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
