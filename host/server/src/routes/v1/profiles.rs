//! Profiles of the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use serde::Deserialize;
use tokio::sync::oneshot;
use utoipa::IntoParams;

use crate::access::Detail;
use crate::answers::Coding;
use crate::error::{Code, Failure};
use crate::openapi::parameters::Binary;
use crate::state::AppState;

/// Seconds of a profile, at most.
const MOST: u64 = 120;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// For how long it is looked what the service does, in seconds: 1 to 120.
    #[param(minimum = 1, maximum = 120, default = 10)]
    #[serde(default = "some")]
    seconds: u64,
}

const fn some() -> u64 {
    10
}

/// Where the service spends its time: its threads, and the requests, jobs and calls of plugins that they work on. One is
/// made at a time, and where setting `profiles.enabled` allows it.
#[utoipa::path(
    get,
    path = "/v1/profile",
    operation_id = "make_profile",
    tag = "service",
    params(Wish),
    responses((
        status = 200,
        description = "A profile of `pprof`, compressed by gzip as that has it.",
        content((inline(Binary) = "application/octet-stream"))
    )),
    extensions(("x-codes" = json!(["not-found"])))
)]
pub(super) async fn make(
    State(state): State<AppState>,
    query: Result<Query<Wish>, QueryRejection>,
) -> Result<(Extension<Detail>, [(HeaderName, &'static str); 2], Vec<u8>), Failure> {
    let Query(Wish { seconds }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    if !(1..=MOST).contains(&seconds) {
        let why = format!("`seconds` is {seconds}, and a profile is of 1 to {MOST} seconds");
        return Err(Failure::bad_request(why));
    }
    if !limpid_telemetry::is_profiled() {
        let why = "no profiles are made here: setting `profiles.enabled` changes that, and needs a restart";
        return Err(Failure::new(Code::NotFound, why));
    }
    let turn = Arc::clone(&state.profile).try_acquire_owned().map_err(|_| {
        Failure::later(Code::TooMany, "a profile is being made, and one is made at a time; come again later")
    })?;
    // Nobody waits for one whose request has ended.
    let stop = StopAtEnd::default();
    let stopped = Arc::clone(&stop.0);
    let (done, made) = oneshot::channel();
    let make = move || {
        let profile = limpid_telemetry::profile(Duration::from_secs(seconds), &stopped);
        drop(turn);
        // Whoever asked may have gone.
        let _ = done.send(profile);
    };
    let thread = thread::Builder::new().name("profile".to_owned()).spawn(make);
    thread.map_err(|error| Failure::internal(format!("no thread can be had: {error}")))?;
    let ended_early = |_| Failure::internal("the thread that made a profile ended early".to_owned());
    let profile = made.await.map_err(ended_early)?;
    let profile = profile.map_err(|error| Failure::internal(format!("no profile can be made: {error}")))?;
    let detail =
        Detail::new(format!("{seconds} s, in which threads ran for {:.1} s", profile.cpu().as_secs_f64()));
    let encode =
        move || Coding::Gzip.encode(profile.to_pprof()).map_err(|error| Failure::internal(error.to_string()));
    let bytes = state.access.run(encode).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"limpid.pb.gz\""),
    ];
    Ok((Extension(detail), headers, bytes))
}

/// Has a profile end when this is dropped.
#[derive(Default)]
struct StopAtEnd(Arc<AtomicBool>);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
