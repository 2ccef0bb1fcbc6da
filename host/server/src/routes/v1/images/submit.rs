use std::io::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use limpid_formats::json::{self as api, NoSubmission, SubmissionWanted};
use limpid_model::{Job, JobState, Submission};
use limpid_scanner::{Error, Holder, Login, Secrets, UnderWay, is_bill};
use tokio::sync::oneshot;

use crate::access::{Caller, Detail};
use crate::body;
use crate::error::{Code, Failure};
use crate::openapi::parameters::{Binary, Prefer};
use crate::routes::{prefer, without_values};
use crate::state::AppState;

/// Submits an image: an archive, a bill of materials in its place, an image of a registry, or a manifest with the
/// addresses of its layers.
#[utoipa::path(
    post,
    path = "/v1/images",
    operation_id = "submit_image",
    tag = "images",
    params(Prefer),
    request_body(content(
(inline(Binary) = "application/octet-stream"),
(inline(SubmissionWanted) = "application/json"),
(inline(Binary) = "application/vnd.cyclonedx+json"),
(inline(Binary) = "application/vnd.cyclonedx+xml"),
(inline(Binary) = "application/spdx+json"),
(inline(Binary) = "text/spdx"),
(inline(Binary) = "application/vnd.in-toto+json"),
(inline(Binary) = "application/vnd.dsse.envelope.v1+json"),
(inline(Binary) = "application/vnd.dev.sigstore.bundle.v0.3+json"),
)),
    responses(
        (status = 200, description = "With `Prefer: wait`: the job has ended.", body = api::Job),
        (status = 202, description = "The submission is acknowledged; `Location` is its job.", body = api::Job),
    ),
    extensions(("x-codes" = json!(["not-an-image", "damaged", "missing", "wrong-digest", "unsupported", "over-limit", "bad-reference", "bad-digest", "no-such-platform", "not-authorized", "forbidden-address", "source-unavailable", "plugin-failed", "no-detector", "over-quota"])))
)]
pub(in crate::routes::v1) async fn submit(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let pending = caller.submit()?;
    let mut job = match (is_json(&headers), caller.bound()) {
        (true, bound) => named(&state, body, bound).await?,
        (false, None) => archive(&state, body).await?,
        (false, Some(holder)) => return Err(unseen(holder)),
    };
    counted(&state, job.id, pending).await;
    let submitted = match &job.submission {
        Submission::Archive { bytes } => format!("an archive of {bytes} bytes"),
        Submission::Reference(wanted) => wanted.reference.clone(),
        _ => String::new(),
    };
    let mut headers_out = HeaderMap::new();
    if let Some(longest) = prefer::wait(&headers, state.settings.wait) {
        job = wait(&state, job, longest).await?;
        headers_out.insert("preference-applied", header::HeaderValue::from_static("wait"));
    }
    if let Ok(location) = format!("/v1/jobs/{}", job.id).parse() {
        headers_out.insert(header::LOCATION, location);
    }
    let answer = answer(job);
    Ok((headers_out, Extension(Detail::new(submitted)), answer).into_response())
}

/// Counts a submission among those of whoever made it that are not done, until it is.
pub(crate) async fn counted(state: &AppState, id: u64, pending: Option<UnderWay>) {
    let Some(pending) = pending else { return };
    let workers = state.workers.clone();
    // It is acknowledged: where it cannot be seen when it ends, it counts no longer.
    let ended = state.readers.run(move || workers.jobs.when_ended(id, move || drop(pending))).await;
    if ended.is_err() {
        tracing::debug!(job = id, "submission {id} is not counted among those that are not done");
    }
}

/// What the media types of bills of materials in JSON begin with, and of what they are wrapped in. Where a body has one
/// of these it is taken as an archive is, of any length, and its own first bytes say what it is.
const BILLS: [&str; 5] = [
    "application/vnd.cyclonedx",
    "application/spdx",
    "application/vnd.in-toto",
    "application/vnd.dsse.envelope",
    "application/vnd.dev.sigstore.bundle",
];

fn is_json(headers: &HeaderMap) -> bool {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_bill = BILLS.iter().any(|bill| media_type.starts_with(bill));
    media_type == "application/json" || (media_type.ends_with("+json") && !is_bill)
}

async fn archive(state: &AppState, body: Body) -> Result<Job, Failure> {
    let limits = body::Limits {
        bytes: state.settings.archive_bytes,
        setting: Some("http.archive_bytes"),
        pace: state.settings.pace(),
    };
    let workers = state.workers.clone();
    // What is read ahead of it is linked to the request.
    let request = tracing::Span::current();
    let spool = body::write(body, limits, move || request.in_scope(|| workers.jobs.spool())).await?;
    if spool.bytes() == 0 {
        return Err(Failure::bad_request(
            "the body is empty: send an image archive, as in `curl --data-binary @image.tar`, or JSON with \
             `Content-Type: application/json`",
        ));
    }
    let workers = state.workers.clone();
    state.writers.run(move || workers.jobs.submit(spool)).await
}

/// A bill of materials that came as any other JSON.
async fn bill(state: &AppState, document: Vec<u8>) -> Result<Job, Failure> {
    let workers = state.workers.clone();
    let submit = move || {
        let mut spool = workers.jobs.spool()?;
        spool.write_all(&document).map_err(|source| {
            let what = "the bill of materials cannot be written".to_owned();
            Error::Host { what, source }
        })?;
        workers.jobs.submit(spool)
    };
    state.writers.run(submit).await
}

/// Whoever is bound to repositories submits what a registry has by that name: an archive may call itself anything.
fn unseen(holder: &Holder) -> Failure {
    let why = format!(
        "token `{}` is bound to repositories: submit an image of one of them by its reference, as in {{\"reference\": \
         \"registry.example/shop/web:1\"}}",
        holder.token.spec.name
    );
    Failure::new(Code::Forbidden, why)
}

async fn named(state: &AppState, body: Body, bound: Option<&Holder>) -> Result<Job, Failure> {
    let limits = body::Limits {
        bytes: state.scanner.settings().limits.json_document_bytes,
        setting: Some("layers.json_document_bytes"),
        pace: state.settings.pace(),
    };
    let bytes = body::read(body, limits).await.map_err(|failure| failure.with_advice(TOO_LONG))?;
    if let (true, Some(holder)) = (is_bill(&bytes), bound) {
        return Err(unseen(holder));
    }
    if is_bill(&bytes) {
        return bill(state, bytes).await;
    }
    let wanted = SubmissionWanted::read(&bytes).and_then(SubmissionWanted::parts).map_err(|why| {
        let why = match &why {
            NoSubmission::Form(error) => without_values(error),
            other => other.to_string(),
        };
        Failure::bad_request(format!("the body is no submission: {why}"))
    })?;
    if let Some(holder) = bound {
        match &wanted.submission {
            Submission::Reference(wanted) if holder.sees(&wanted.reference) => {}
            _ => return Err(unseen(holder)),
        }
    }
    let login = |credentials: api::Credentials| {
        let api::Credentials { username, password } = credentials;
        Login::password(username, password)
    };
    let secrets = Secrets { login: wanted.credentials.map(login), headers: wanted.headers };
    let workers = state.workers.clone();
    state.writers.run(move || workers.jobs.submit_named(wanted.submission, secrets)).await
}

/// What helps where JSON that says no more than that is too long.
const TOO_LONG: &str = "a bill of materials may be longer where it has its own media type, as in \
                        `Content-Type: application/vnd.cyclonedx+json`";

/// A job that has ended well, one that goes on, or why it failed.
fn answer(job: Job) -> Response {
    match &job.state {
        JobState::Done => (StatusCode::OK, Json(api::Job::from(job))).into_response(),
        JobState::Queued | JobState::Running | JobState::Waiting { .. } => {
            (StatusCode::ACCEPTED, Json(api::Job::from(job))).into_response()
        }
        JobState::Failed { code, message } => Failure::of_job(code, message).into_response(),
    }
}

/// Waits for the end of a job, or for as long as the client prefers.
async fn wait(state: &AppState, job: Job, longest: Duration) -> Result<Job, Failure> {
    let (ended, end) = oneshot::channel();
    let (workers, id) = (state.workers.clone(), job.id);
    let then = move || {
        let _ = ended.send(());
    };
    state.readers.run(move || workers.jobs.when_ended(id, then)).await?;
    let _ = tokio::time::timeout(longest, end).await;
    let workers = state.workers.clone();
    state.readers.run(move || workers.jobs.job(id)).await
}
