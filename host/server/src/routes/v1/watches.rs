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
use crate::routes::paging::{Asked, Paging};
use crate::state::AppState;

/// Longest description of a watch, in bytes.
const BYTES: u64 = 64 << 10;

/// Longest push notification, in bytes.
const NOTIFICATION_BYTES: u64 = 1 << 20;

/// Tags on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

pub(super) async fn list(State(state): State<AppState>, wanted: Wanted) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let list = move || -> Result<Watches, Error> {
        Ok(Watches { watches: scanner.watch_states()?.into_iter().map(Watch::from).collect() })
    };
    state.readers.document(wanted.coding, list).await
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.watch_state(&name).map(Watch::from)).await
}

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

pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_watch(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the registry at once: when that is done, the watch says.
pub(super) async fn list_now(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.list_watch(&name)).await?;
    Ok(StatusCode::ACCEPTED)
}

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
