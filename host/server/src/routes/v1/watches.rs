use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use limpid_formats::json::{Pushed, Watch, WatchWanted, WatchedTag, WatchedTags, Watches};
use limpid_formats::push;
use limpid_model::WatchedPosition;
use limpid_scanner::{Error, WatchError};

use crate::answers::{Document, Wanted};
use crate::body;
use crate::error::{Code, Failure};
use crate::openapi::parameters::WatchName;
use crate::routes::paging::{Asked, Paging};
use crate::state::AppState;

/// Longest description of a watch, in bytes.
const BYTES: u64 = 64 << 10;

/// Longest push notification, in bytes.
const NOTIFICATION_BYTES: u64 = 1 << 20;

/// Tags on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

/// All watches, and how their listings go.
#[utoipa::path(
    get,
    path = "/v1/watches",
    operation_id = "list_watches",
    tag = "watches",
    responses((status = 200, description = "Watches by name.", body = Watches)),
)]
pub(super) async fn list(State(state): State<AppState>, wanted: Wanted) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let list = move || -> Result<Watches, Error> {
        Ok(Watches { watches: scanner.watch_states()?.into_iter().map(Watch::from).collect() })
    };
    state.readers.document(wanted.coding, list).await
}

/// One watch.
#[utoipa::path(
    get,
    path = "/v1/watches/{name}",
    operation_id = "show_watch",
    tag = "watches",
    params(WatchName),
    responses((status = 200, description = "It.", body = Watch)),
    extensions(("x-codes" = json!(["no-such-watch"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.watch_state(&name).map(Watch::from)).await
}

/// Makes a watch, or changes it. Its registry is listed at once.
#[utoipa::path(
    put,
    path = "/v1/watches/{name}",
    operation_id = "put_watch",
    tag = "watches",
    params(WatchName),
    request_body(content = WatchWanted, examples(("shop" = (value = json!({
    "registry": "registry.example",
    "repositories": ["shop/*"],
    "tags": ["[0-9]*"],
    "newest": 10,
}))))),
    responses((status = 200, description = "It.", body = Watch)),
    extensions(("x-codes" = json!(["bad-watch"])))
)]
pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Watch>, Failure> {
    let limits = body::Limits { bytes: BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let wanted: WatchWanted = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::bad_request(format!("the body is no watch: {error}")))?;
    let spec = wanted.spec().map_err(|why| Error::Watch(WatchError::Spec(why)))?;
    let scanner = state.scanner.clone();
    let put = move || -> Result<Watch, Error> {
        scanner.put_watch(&name, spec)?;
        scanner.watch_state(&name).map(Watch::from)
    };
    Ok(Json(state.writers.run(put).await?))
}

/// Removes it; images that it brought stay.
#[utoipa::path(
    delete,
    path = "/v1/watches/{name}",
    operation_id = "delete_watch",
    tag = "watches",
    params(WatchName),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-codes" = json!(["no-such-watch"])))
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_watch(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the registry at once, and submits again what was refused: when that is done, the watch says.
#[utoipa::path(
    post,
    path = "/v1/watches/{name}/list",
    operation_id = "list_registry",
    tag = "watches",
    params(WatchName),
    responses((status = 202, description = "It will be listed.")),
    extensions(("x-codes" = json!(["no-such-watch"])))
)]
pub(super) async fn list_now(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.list_watch(&name)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The tags that it follows, in pages.
#[utoipa::path(
    get,
    path = "/v1/watches/{name}/tags",
    operation_id = "list_watched_tags",
    tag = "watches",
    params(WatchName, Paging),
    responses((status = 200, description = "A page.", body = WatchedTags)),
    extensions(("x-codes" = json!(["no-such-watch"])))
)]
pub(super) async fn tags(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Asked,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let (after, limit) = Paging::read(query, PAGE, LONGEST_PAGE)?;
    let after = after.map(|after| match after.rsplit_once(':') {
        Some((repository, tag)) => {
            Ok(WatchedPosition { repository: repository.to_owned(), tag: tag.to_owned() })
        }
        None => Err(Failure::bad_request("`after` is `repository:tag`, as `next` of the page before says")),
    });
    let (after, scanner) = (after.transpose()?, state.scanner.clone());
    let list = move || -> Result<WatchedTags, Error> {
        let page = scanner.watched_tags(&name, after.as_ref(), limit)?;
        let next = page.next.map(|next| format!("{}:{}", next.repository, next.tag));
        Ok(WatchedTags { tags: page.items.into_iter().map(WatchedTag::from).collect(), next })
    };
    state.readers.document(wanted.coding, list).await
}

/// Takes a push notification of CNCF Distribution, Harbor or Quay.
#[utoipa::path(
    post,
    path = "/v1/events",
    operation_id = "notify",
    tag = "watches",
    request_body(content = Object, examples(
("distribution" = (value = json!({"events": [{
    "action": "push",
    "target": {"repository": "shop/web", "tag": "1.2"},
    "request": {"host": "registry.example"},
}]}))),
("harbor" = (value = json!({
    "type": "PUSH_ARTIFACT",
    "event_data": {
        "resources": [{"tag": "1.2", "resource_url": "registry.example/shop/web:1.2"}],
        "repository": {"repo_full_name": "shop/web"},
    },
}))),
("quay" = (value = json!({"docker_url": "registry.example/shop/web", "updated_tags": ["1.2"]}))),
)),
    responses((status = 202, description = "What became of the tags in it.", body = Pushed)),
    extensions(("x-codes" = json!(["bad-event"])))
)]
pub(super) async fn pushed(
    State(state): State<AppState>,
    body: Body,
) -> Result<(StatusCode, Json<Pushed>), Failure> {
    let limits = body::Limits { bytes: NOTIFICATION_BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let pushes = push::read(&bytes)
        .map_err(|why| Failure::new(Code::BadEvent, format!("the body is no push notification: {why}")))?;
    let (workers, metrics) = (state.workers.clone(), state.metrics.clone());
    let taken = state.writers.run(move || workers.watching.take(pushes)).await?;
    metrics.pushed(&taken);
    Ok((StatusCode::ACCEPTED, Json(taken.into())))
}
