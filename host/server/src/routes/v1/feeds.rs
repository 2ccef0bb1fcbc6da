use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_formats::json::words::FeedChangeWord;
use limpid_formats::json::{
    self as api, Feed, FeedChanges, Feeds, Ingested, PastRuns, Removed, Sources, read_position,
};
use limpid_model::FeedChangeKind;
use limpid_scanner::{ChangesAsked, Handed, Run, Trust};
use serde::Deserialize;
use tokio::sync::oneshot;
use utoipa::IntoParams;

use crate::body;
use crate::error::{Code, Failure};
use crate::openapi::parameters::{Binary, FeedName, Prefer, SourceName};
use crate::routes::paging::{Asked, Paging};
use crate::routes::prefer;
use crate::state::AppState;

/// Sources on a page, unless the client says less.
const PAGE: usize = 1_000;

/// Runs on a page, unless the client says otherwise, and at most.
const RUNS: usize = 50;
const MOST_RUNS: usize = 500;

/// Changes on a page, unless the client says otherwise, and at most.
const CHANGES: usize = 100;
const MOST_CHANGES: usize = 1_000;

/// Feeds, and what is kept of each.
#[utoipa::path(
    get,
    path = "/v1/feeds",
    operation_id = "list_feeds",
    tag = "feeds",
    responses((status = 200, description = "They.", body = Feeds)),
)]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Feeds>, Failure> {
    let scanner = state.scanner.clone();
    let feeds = state.readers.run(move || scanner.feeds()).await?;
    Ok(Json(Feeds { feeds: feeds.into_iter().map(Into::into).collect() }))
}

/// One feed.
#[utoipa::path(
    get,
    path = "/v1/feeds/{name}",
    operation_id = "show_feed",
    tag = "feeds",
    params(FeedName),
    responses((status = 200, description = "It.", body = Feed)),
    extensions(("x-codes" = json!(["no-such-feed"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Feed>, Failure> {
    let scanner = state.scanner.clone();
    state.readers.run(move || scanner.feed(&name)).await.map(|feed| Json(feed.into()))
}

/// The sources of a feed, in pages.
#[utoipa::path(
    get,
    path = "/v1/feeds/{name}/sources",
    operation_id = "list_sources",
    tag = "feeds",
    params(FeedName, Paging),
    responses((status = 200, description = "A page.", body = Sources)),
    extensions(("x-codes" = json!(["no-such-feed"])))
)]
pub(super) async fn sources(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Asked,
) -> Result<Json<Sources>, Failure> {
    let (after, limit) = Paging::read(query, PAGE, PAGE)?;
    let scanner = state.scanner.clone();
    let feed = state.readers.run(move || scanner.feed(&name)).await?;
    Ok(Json(Sources::page(feed.into(), after.as_deref(), limit)))
}

/// Runs of a feed that have ended, the last first, and what each brought.
#[utoipa::path(
    get,
    path = "/v1/feeds/{name}/runs",
    operation_id = "list_runs",
    tag = "feeds",
    params(FeedName, Paging),
    responses((status = 200, description = "A page.", body = PastRuns)),
    extensions(("x-codes" = json!(["no-such-feed"])))
)]
pub(super) async fn runs(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Asked,
) -> Result<Json<PastRuns>, Failure> {
    let (before, limit) = Paging::read_numbered(query, RUNS, MOST_RUNS)?;
    let (scanner, feed) = (state.scanner.clone(), name.clone());
    let page = state.readers.run(move || scanner.past_runs(&feed, before, limit)).await?;
    Ok(Json(PastRuns::of(name, page)))
}

/// Which changes of a feed are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Between {
    /// The revision after which they begin, as `before` of a run. Without it, the one before `to`.
    from: Option<u64>,
    /// The last revision, as `revision` of a run. Without it, the one that the feed has.
    to: Option<u64>,
    /// Only those of one kind.
    #[param(inline, value_type = Option<FeedChangeWord>)]
    change: Option<String>,
    /// Whether the images are counted that each affects now, 100 of each at most.
    #[serde(default)]
    images: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// How many on a page, 1000 at most; with `images`, 100.
    limit: Option<usize>,
}

impl Between {
    /// What is asked for, and whether images are counted.
    fn read(self) -> Result<(ChangesAsked, bool), Failure> {
        let Self { from, to, change, images, after, limit } = self;
        let kind = change.map(|word| {
            FeedChangeKind::from_word(&word).ok_or_else(|| {
                let known = FeedChangeKind::ALL.map(FeedChangeKind::as_str).join("`, `");
                Failure::bad_request(format!("`change`: `{word}` is no kind of change; there are `{known}`"))
            })
        });
        let after = after.map(|after| {
            let unreadable = || Failure::bad_request("`after` is not `next` of a page of changes");
            read_position(&after).ok_or_else(unreadable)
        });
        let longest = if images { CHANGES } else { MOST_CHANGES };
        let limit = limit.unwrap_or(CHANGES).clamp(1, longest);
        let (kind, after) = (kind.transpose()?, after.transpose()?);
        Ok((ChangesAsked { from, to, kind, after, limit }, images))
    }
}

/// What revisions of a feed changed: advisories that are new, changed and withdrawn, as far as history holds.
#[utoipa::path(
    get,
    path = "/v1/feeds/{name}/changes",
    operation_id = "list_changes",
    tag = "feeds",
    params(FeedName, Between),
    responses((status = 200, description = "A page.", body = FeedChanges)),
    extensions(("x-codes" = json!(["no-such-feed", "no-such-revision"])))
)]
pub(super) async fn changes(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Between>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<FeedChanges>, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let (asked, counts_images) = asked.read()?;
    let scanner = state.scanner.clone();
    let changes = move || scanner.feed_changes(&name, &asked, counts_images);
    state.readers.run(changes).await.map(|changes| Json(changes.into()))
}

/// Removes everything that a source stated.
#[utoipa::path(
    delete,
    path = "/v1/feeds/{name}/sources/{source}",
    operation_id = "delete_source",
    tag = "feeds",
    params(FeedName, SourceName),
    responses((status = 200, description = "What was removed.", body = Removed)),
    extensions(("x-codes" = json!(["no-such-feed", "no-such-source"])))
)]
pub(super) async fn remove_source(
    State(state): State<AppState>,
    Path((name, source)): Path<(String, String)>,
) -> Result<Json<Removed>, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_source(&name, &source)).await.map(|removed| Json(removed.into()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// Whether it counts although it states much less than what was there before.
    #[serde(default)]
    force: bool,
}

/// Fetches a feed.
///
/// It answers when the feed is up to date, or why it is not, where the client prefers to wait; or else that it will
/// be.
#[utoipa::path(
    post,
    path = "/v1/feeds/{name}/update",
    operation_id = "update_feed",
    tag = "feeds",
    params(FeedName, Wish, Prefer),
    responses(
        (status = 200, description = "With `Prefer: wait`: the result of the run.", body = api::Run),
        (status = 202, description = "It is being fetched; `Location` is the feed.", body = Feed),
    ),
    extensions(("x-codes" = json!(["no-such-feed", "feed-not-updated"])))
)]
pub(super) async fn update(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Wish>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Query(Wish { force }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let (ended, end) = oneshot::channel();
    let waiter = move |run: &Result<Run, String>| {
        let _ = ended.send(run.clone());
    };
    let (workers, feed) = (state.workers.clone(), name.clone());
    state.writers.run(move || workers.updates.update(&feed, trust(force), waiter)).await?;
    let mut answered = HeaderMap::new();
    if let Ok(location) = format!("/v1/feeds/{name}").parse() {
        answered.insert(header::LOCATION, location);
    }
    if let Some(longest) = prefer::wait(&headers, state.settings.wait) {
        answered.insert("preference-applied", HeaderValue::from_static("wait"));
        if let Ok(Ok(run)) = tokio::time::timeout(longest, end).await {
            return Ok((answered, Json(ended_well(run)?)).into_response());
        }
    }
    let scanner = state.scanner.clone();
    let feed = state.readers.run(move || scanner.feed(&name)).await?;
    Ok((StatusCode::ACCEPTED, answered, Json(Feed::from(feed))).into_response())
}

fn ended_well(run: Result<Run, String>) -> Result<api::Run, Failure> {
    let failed = |why: String| Failure::new(Code::FeedNotUpdated, why);
    let run = run.map_err(failed)?;
    match run.why() {
        Some(why) => Err(failed(why)),
        None => Ok(run.result.into()),
    }
}

const fn trust(force: bool) -> Trust {
    if force { Trust::Forced } else { Trust::Checked }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Described {
    /// The source, where the content does not tell.
    source: Option<String>,
    /// The name of the file, for messages.
    name: Option<String>,
    /// Whether it counts although it states much less than what was there before.
    #[serde(default)]
    force: bool,
}

/// Ingests a publisher's document: plain, compressed, or an archive of documents.
#[utoipa::path(
    post,
    path = "/v1/feeds/{name}/documents",
    operation_id = "ingest_document",
    tag = "feeds",
    params(FeedName, Described),
    request_body(content((inline(Binary) = "application/octet-stream"))),
    responses((status = 200, description = "What changed.", body = Ingested)),
    extensions(("x-codes" = json!(["no-such-feed", "bad-document", "bad-source", "shrunk-document", "over-limit", "not-fetched", "plugin-failed"])))
)]
pub(super) async fn document(
    State(state): State<AppState>,
    Path(feed): Path<String>,
    query: Result<Query<Described>, axum::extract::rejection::QueryRejection>,
    body: Body,
) -> Result<Json<Ingested>, Failure> {
    let Query(described) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let limits = body::Limits {
        bytes: state.settings.document_bytes,
        setting: Some("http.document_bytes"),
        pace: state.settings.pace(),
    };
    let scanner = state.scanner.clone();
    let file = body::write(body, limits, move || scanner.scratch_file()).await?;
    let scanner = state.scanner.clone();
    let ingested = state.writers.run_behind_others(move || {
        let Described { source, name, force } = &described;
        let name = name.as_deref().unwrap_or("document");
        scanner.ingest_document(&feed, Handed { source: source.as_deref(), name, trust: trust(*force) }, file)
    });
    Ok(Json(ingested.await?.into()))
}
