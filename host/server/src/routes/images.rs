use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_model::Digest;
use limpid_scanner::{AsOf, Error, Job, JobState, Scanner};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::{body, prefer};
use crate::api::{self, Image, ImageLayers, Images, Inventory, Report};
use crate::error::Failure;
use crate::state::AppState;

/// Images on a page, unless the client says otherwise, and at most.
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    after: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    query: Result<Query<Paging>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Images>, Failure> {
    let Query(paging) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let after = paging.after.map(|digest| digest.parse::<Digest>()).transpose()?;
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let scanner = state.scanner.clone();
    let page = state.pool.run(move || scanner.images(after.as_ref(), limit)).await?;
    Ok(Json(Images {
        images: page.items.into_iter().map(Image::from).collect(),
        next: page.next.map(|digest| digest.to_string()),
    }))
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(digest): Path<String>,
) -> Result<Json<Image>, Failure> {
    ask(&state, &digest, Scanner::image).await.map(|image| Json(image.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moment {
    /// A time, or `feed@revision`.
    #[serde(rename = "as-of")]
    as_of: Option<String>,
}

pub(super) async fn report(
    State(state): State<AppState>,
    Path(digest): Path<String>,
    query: Result<Query<Moment>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Report>, Failure> {
    let Query(Moment { as_of }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let as_of = as_of.map(|text| text.parse::<AsOf>()).transpose();
    let as_of = as_of.map_err(|why| Failure::bad_request(format!("`as-of`: {why}")))?;
    let digest: Digest = digest.parse()?;
    let scanner = state.scanner.clone();
    let report = state.pool.run(move || scanner.report_as_of(&digest, as_of.as_ref())).await?;
    Ok(Json(report.into()))
}

pub(super) async fn packages(
    State(state): State<AppState>,
    Path(digest): Path<String>,
) -> Result<Json<Inventory>, Failure> {
    ask(&state, &digest, Scanner::inventory).await.map(|inventory| Json(inventory.into()))
}

pub(super) async fn layers(
    State(state): State<AppState>,
    Path(digest): Path<String>,
) -> Result<Json<ImageLayers>, Failure> {
    ask(&state, &digest, Scanner::inventory).await.map(|inventory| Json(inventory.into()))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    Path(digest): Path<String>,
) -> Result<StatusCode, Failure> {
    ask(&state, &digest, Scanner::delete_image).await.map(|()| StatusCode::NO_CONTENT)
}

async fn ask<T: Send + 'static>(
    state: &AppState,
    digest: &str,
    use_case: fn(&Scanner, &Digest) -> Result<T, Error>,
) -> Result<T, Failure> {
    let digest: Digest = digest.parse()?;
    let scanner = state.scanner.clone();
    state.pool.run(move || use_case(&scanner, &digest)).await
}

pub(super) async fn submit(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let limits = body::Limits {
        bytes: state.settings.archive_bytes,
        setting: "http.archive_bytes",
        idle: state.settings.idle_time,
    };
    let jobs = state.jobs.clone();
    let spool = state.pool.run(move || jobs.spool()).await?;
    let spool = body::write(body, limits, spool).await?;
    if spool.bytes() == 0 {
        return Err(Failure::bad_request(
            "the body is empty: send an image archive, as in `curl --data-binary @image.tar`",
        ));
    }
    let jobs = state.jobs.clone();
    let mut job = state.pool.run(move || jobs.submit(spool)).await?;
    let mut headers_out = HeaderMap::new();
    if let Some(longest) = prefer::wait(&headers, state.settings.wait) {
        job = wait(&state, job, longest).await?;
        headers_out.insert("preference-applied", header::HeaderValue::from_static("wait"));
    }
    if let Ok(location) = format!("/v1/jobs/{}", job.id).parse() {
        headers_out.insert(header::LOCATION, location);
    }
    let answer = answer(job);
    Ok((headers_out, answer).into_response())
}

/// A job that has ended well, one that goes on, or why it failed.
fn answer(job: Job) -> Response {
    match &job.state {
        JobState::Done => (StatusCode::OK, Json(api::Job::from(job))).into_response(),
        JobState::Queued | JobState::Running | JobState::Waiting { .. } => {
            (StatusCode::ACCEPTED, Json(api::Job::from(job))).into_response()
        }
        JobState::Failed { code, message } => {
            let status = match code.as_str() {
                "internal" => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Failure::new(status, code, message).into_response()
        }
    }
}

/// Waits for the end of a job, or for as long as the client prefers.
async fn wait(state: &AppState, job: Job, longest: std::time::Duration) -> Result<Job, Failure> {
    let (ended, end) = oneshot::channel();
    let (jobs, id) = (state.jobs.clone(), job.id);
    let then = move || {
        let _ = ended.send(());
    };
    state.pool.run(move || jobs.when_ended(id, then)).await?;
    let _ = tokio::time::timeout(longest, end).await;
    let jobs = state.jobs.clone();
    state.pool.run(move || jobs.job(id)).await
}
