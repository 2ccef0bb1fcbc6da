use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::{Extension, Json};
use futures_util::Stream;
use futures_util::stream;
use limpid_formats::json::{self as api, Job};
use limpid_model::JobState;
use limpid_scanner::JobProgress;
use tokio::sync::oneshot;

use crate::error::{Code, Failure};
use crate::openapi::parameters::JobId;
use crate::state::AppState;
use crate::stopping::Stopping;

/// How often it is looked how far a job is.
const LOOK: Duration = Duration::from_millis(250);

/// How often something is sent where nothing changes, so that nobody takes the connection for dead.
const SIGN: Duration = Duration::from_secs(15);

/// One submission.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "show_job",
    tag = "jobs",
    params(JobId),
    responses((status = 200, description = "It.", body = Job)),
    extensions(("x-codes" = json!(["no-such-job"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Job>, Failure> {
    let id = number(&id)?;
    let workers = state.workers.clone();
    let job = state.readers.run(move || workers.jobs.job(id)).await?;
    Ok(Json(job.into()))
}

/// How far it is, as [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html):
/// `progress` with `JobProgress` as data whenever that has changed, and at the end `job`, with the job.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/events",
    operation_id = "watch_job",
    tag = "jobs",
    params(JobId),
    responses((status = 200, description = "The events.", body = String, content_type = "text/event-stream")),
    extensions(("x-codes" = json!(["no-such-job"])))
)]
pub(super) async fn events(
    State(state): State<AppState>,
    Path(id): Path<String>,
    stopping: Option<Extension<Stopping>>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let id = number(&id)?;
    // Whether there is such a job is told at once.
    let first = look(&state, id).await?;
    let (end, ended) = oneshot::channel();
    let workers = state.workers.clone();
    let then = move || {
        let _ = end.send(());
    };
    state.readers.run(move || workers.jobs.when_ended(id, then)).await?;
    let stopping = stopping.map(|Extension(stopping)| stopping);
    let watching =
        Watching { state, id, next: Some(first), sent: None, has_ended: false, ended: Some(ended), stopping };
    let events = stream::unfold(watching, |watching| async { watching.next().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN)))
}

/// A job that somebody watches.
struct Watching {
    state: AppState,
    id: u64,
    /// What was seen and is not sent yet.
    next: Option<JobProgress>,
    sent: Option<api::JobProgress>,
    /// The last event was sent.
    has_ended: bool,
    /// Says that the job has ended.
    ended: Option<oneshot::Receiver<()>>,
    stopping: Option<Stopping>,
}

impl Watching {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            let seen = match self.next.take() {
                Some(seen) => seen,
                None if self.wait().await => look(&self.state, self.id).await.ok()?,
                None => return None,
            };
            if seen.job.state.is_final() {
                let event = Event::default().event("job").json_data(Job::from(seen.job)).ok()?;
                self.has_ended = true;
                return Some((Ok(event), self));
            }
            let progress = progress(&seen);
            if self.sent.as_ref() != Some(&progress) {
                let event = Event::default().event("progress").json_data(&progress).ok()?;
                self.sent = Some(progress);
                return Some((Ok(event), self));
            }
        }
    }

    /// Waits a moment. Says whether there is anything to be looked at then.
    async fn wait(&mut self) -> bool {
        if self.has_ended {
            return false;
        }
        let stopping = async {
            match &mut self.stopping {
                Some(stopping) => stopping.begun().await,
                None => std::future::pending().await,
            }
        };
        let ended = async {
            match &mut self.ended {
                Some(ended) => _ = ended.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(LOOK) => true,
            () = ended => {
                self.ended = None;
                true
            }
            () = stopping => false,
        }
    }
}

async fn look(state: &AppState, id: u64) -> Result<JobProgress, Failure> {
    let workers = state.workers.clone();
    state.readers.run(move || workers.jobs.progress(id)).await
}

fn progress(seen: &JobProgress) -> api::JobProgress {
    let indexing = seen.indexing.clone().unwrap_or_default();
    let (layers, layers_done) = (indexing.layers(), indexing.layers_done());
    let phase = match seen.job.state {
        JobState::Waiting { .. } => "waiting",
        JobState::Running if seen.indexing.is_none() || layers == 0 => "opening",
        JobState::Running if layers_done < layers => "reading",
        JobState::Running => "storing",
        _ => "queued",
    };
    api::JobProgress {
        phase: phase.into(),
        layers,
        layers_done,
        bytes: indexing.bytes(),
        bytes_done: indexing.bytes_done(),
        bytes_fetched: indexing.bytes_fetched(),
    }
}

fn number(id: &str) -> Result<u64, Failure> {
    id.parse().map_err(|_| Failure::new(Code::NoSuchJob, format!("`{id}` is not the number of a job")))
}
