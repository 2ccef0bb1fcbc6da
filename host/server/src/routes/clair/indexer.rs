//! `/indexer`: what images hold.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_formats::clair::{IndexReport, IndexState, Subject};
use limpid_model::{Digest, JobState, Submission};
use limpid_scanner::{Error, Opened, Scanner};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::answer::{add, document, negotiated};
use super::manifest::{Manifest, digests, read_body};
use super::{Hold, digest, has_seen, state_of, tag};
use crate::access::{Caller, Detail};
use crate::answers::Wanted;
use crate::error::{Failure, Told};
use crate::state::AppState;

const JSON: &str = "application/json";
const INDEX_STATE: &str = "application/vnd.clair.index_state.v1+json";
const INDEX_REPORT: &str = "application/vnd.clair.index_report.v1+json";

/// What all reports of the indexer rest on.
pub(super) async fn state(
    State(state): State<AppState>,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let media_type = negotiated(&headers, &[INDEX_STATE, JSON])?;
    let now = state_of(&state.scanner);
    let mut response = if has_seen(&headers, &now) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let form = IndexState { state: now.clone() };
        document(
            state.readers.document(wanted.coding, move || Ok::<_, Failure>(form)).await?,
            Some(media_type),
        )
    };
    add(&mut response, header::ETAG, &tag(&now));
    Ok(response)
}

/// Indexes an image, and answers when that is done.
pub(super) async fn index(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    wanted: Wanted,
    body: Body,
) -> Result<Response, Failure> {
    let hold = Hold::begin(&state.settings);
    let body = read_body(&state, body).await?;
    let memory = state.fetches.hold(body.len(), hold).await?;
    let Manifest { addresses, secrets } = Manifest::read(&body)?;
    drop(body);
    let (manifest, now) = (addresses.hash, state_of(&state.scanner));
    if has_seen(&headers, &now) {
        let mut response = StatusCode::PRECONDITION_FAILED.into_response();
        link(&mut response, &manifest);
        response.extensions_mut().insert(Told);
        return Ok(response);
    }
    let pending = hold.until(|| async { caller.submit() }).await?;
    let scanner = state.scanner.clone();
    let room = || {
        let scanner = scanner.clone();
        state.readers.run(move || scanner.require_room())
    };
    hold.until(room).await?;
    let workers = state.workers.clone();
    let opening = move || workers.jobs.open(Submission::Addresses(addresses), secrets);
    let opened = Arc::new(state.writers.run(opening).await?);
    // What takes longer than the request is held goes on, so that it is there when the manifest comes again.
    let held = (pending, memory);
    let submitting = tokio::spawn(submit(state.clone(), hold, opened, held).in_current_span());
    let why = format!("the layers of manifest `{manifest}` are not fetched yet, which goes on");
    let submitted = hold.wait(submitting, &why).await?;
    let (id, end) = submitted.map_err(|error| Failure::internal(error.to_string()))??;
    let why = format!("manifest `{manifest}` is not indexed yet, which goes on as job {id}");
    // An error says that the waiter was dropped, which the job tells as well.
    let _ = hold.wait(end, &why).await?;
    let workers = state.workers.clone();
    let job = state.readers.run(move || workers.jobs.job(id)).await?;
    match &job.state {
        JobState::Done => {}
        JobState::Failed { code, message } => return Err(Failure::of_job(code, message)),
        JobState::Queued | JobState::Running | JobState::Waiting { .. } => {
            return Err(Failure::internal(why));
        }
    }
    let scanner = state.scanner.clone();
    let report = move || match of_image(&scanner, &manifest)? {
        Some(Ok(report)) => Ok(report),
        Some(Err(unread)) => Err(Failure::bad_request(unread)),
        None => Err(Failure::from(Error::NoImage(manifest))),
    };
    let written = state.readers.document(wanted.coding, report).await?;
    // Clair says nothing of its type.
    let mut response = (StatusCode::CREATED, document(written, None)).into_response();
    add(&mut response, header::LOCATION, &format!("{}/{manifest}", super::INDEX_REPORT));
    add(&mut response, header::ETAG, &tag(&now));
    link(&mut response, &manifest);
    response.extensions_mut().insert(Detail::new(manifest.to_string()));
    Ok(response)
}

/// Fetches the layers of a manifest at once, as far as others leave places for it, and submits it. Gives the job and what
/// hears of its end, until which `held` counts.
async fn submit(
    state: AppState,
    hold: Hold,
    opened: Arc<Opened>,
    held: impl Send + 'static,
) -> Result<(u64, oneshot::Receiver<()>), Failure> {
    let asked = Arc::clone(&opened);
    let missing = state.readers.run(move || Ok::<_, Failure>(asked.to_fetch())).await?;
    let side_by_side = u32::try_from(missing).unwrap_or(u32::MAX).min(state.fetches.most);
    if side_by_side > 0 {
        let places = Arc::clone(&state.fetches.places).acquire_many_owned(side_by_side);
        let why = "as many layers are being fetched as setting `clair.layers` allows";
        let places = hold.wait(places, why).await?.map_err(|_| Failure::internal("stopped"))?;
        let (opened, request) = (Arc::clone(&opened), tracing::Span::current());
        let stop = opened.stop().clone();
        let mut fetched = tokio::task::spawn_blocking(move || {
            let _places = places;
            request.in_scope(|| opened.fetch(side_by_side as usize));
        });
        // Nobody waits for longer. What has not come by then makes room for others who want a place, and is asked for
        // again when the job is done.
        let fetched = tokio::select! {
            fetched = &mut fetched => fetched,
            () = state.fetches.are_wanted_after(hold) => {
                stop.stop();
                fetched.await
            }
        };
        fetched.map_err(|error| Failure::internal(error.to_string()))?;
    }
    let submit = || {
        let (workers, opened) = (state.workers.clone(), Arc::clone(&opened));
        state.writers.run(move || workers.jobs.submit_opened(&opened))
    };
    let hold = Hold::begin(&state.settings);
    let _turn = hold.wait(state.fetches.turn.lock(), "other manifests are to be queued before").await?;
    let job = hold.until(submit).await?;
    let (ended, end) = oneshot::channel();
    let then = move || {
        drop(held);
        let _ = ended.send(());
    };
    let workers = state.workers.clone();
    state.readers.run(move || workers.jobs.when_ended(job.id, then)).await?;
    Ok((job.id, end))
}

/// What an image holds that was indexed; why not, where a layer of it was not read.
fn of_image(scanner: &Scanner, manifest: &Digest) -> Result<Option<Result<IndexReport, String>>, Error> {
    let Some((image, layers)) = scanner.image_of_manifest(manifest)? else { return Ok(None) };
    let inventory = scanner.inventory(&image.id)?;
    let subject = Subject { manifest: *manifest, layers: &layers, inventory: &inventory };
    Ok(Some(match subject.unread() {
        None => Ok(IndexReport::of(subject)),
        Some(why) => Err(why),
    }))
}

/// Where reports of a manifest are.
fn link(response: &mut Response, manifest: &Digest) {
    let relations = [("indexer", "index_report"), ("matcher", "vulnerability_report")];
    for (service, report) in relations {
        let value = format!(
            "</{service}/api/v1/{report}/{manifest}>; rel=\"https://projectquay.io/clair/v1/{report}\""
        );
        add(response, header::LINK, &value);
    }
}

/// What an image holds, or why it was not indexed.
pub(super) async fn show(
    State(state): State<AppState>,
    Path(path): Path<String>,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let media_type = negotiated(&headers, &[INDEX_REPORT, JSON])?;
    let (manifest, now) = (digest(&path)?, state_of(&state.scanner));
    // Whether there is such a manifest is not asked: as Clair does it.
    let mut response = if has_seen(&headers, &now) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (scanner, workers) = (state.scanner.clone(), state.workers.clone());
        let report = move || match of_image(&scanner, &manifest)? {
            Some(Ok(report)) => Ok(report),
            Some(Err(unread)) => Ok(IndexReport::failed(manifest, unread)),
            None => match workers.jobs.of_manifest(&manifest)?.map(|job| job.state) {
                Some(JobState::Failed { message, .. }) => Ok(IndexReport::failed(manifest, message)),
                _ => Err(Error::NoImage(manifest)),
            },
        };
        document(state.readers.document(wanted.coding, report).await?, Some(media_type))
    };
    add(&mut response, header::ETAG, &tag(&now));
    Ok(response)
}

/// Forgets a manifest, known or not.
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(path): Path<String>,
) -> Result<StatusCode, Failure> {
    let manifest = digest(&path)?;
    forget(&state, vec![manifest]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets manifests, and says which of them were known.
pub(super) async fn delete_all(
    State(state): State<AppState>,
    wanted: Wanted,
    body: Body,
) -> Result<Response, Failure> {
    let manifests = digests(&read_body(&state, body).await?)?;
    let forgotten = forget(&state, manifests).await?;
    // Clair's list is null where there is nothing in it.
    let form = (!forgotten.is_empty()).then_some(forgotten);
    let written = state.readers.document(wanted.coding, move || Ok::<_, Failure>(form)).await?;
    Ok(document(written, Some(JSON)))
}

async fn forget(state: &AppState, manifests: Vec<Digest>) -> Result<Vec<Digest>, Failure> {
    let mut forgotten = Vec::new();
    for manifest in manifests {
        let (scanner, workers) = (state.scanner.clone(), state.workers.clone());
        let forget = move || {
            let was_submitted = workers.jobs.of_manifest(&manifest)?.is_some_and(|job| job.state.is_final());
            workers.jobs.forget_manifest(&manifest)?;
            Ok::<_, Error>(scanner.forget_manifest(&manifest)? || was_submitted)
        };
        if state.writers.run(forget).await? {
            forgotten.push(manifest);
        }
    }
    Ok(forgotten)
}
