use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use limpid_formats::harbor::{Accepted, Authorization, NoScan, SCAN_RESPONSE, ScanRequest};
use limpid_model::{ImageReference, Platforms, Submission};
use limpid_scanner::{Login, Secrets};

use crate::access::{Caller, Detail};
use crate::body;
use crate::error::{Code, Failure};
use crate::routes::{counted, without_values};
use crate::state::AppState;

/// Longest request for a scan, in bytes.
const BYTES: u64 = 64 << 10;

/// Takes on a scan. An image that is known by just this name is not fetched again.
pub(super) async fn accept(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<Response, Failure> {
    let pending = caller.submit()?;
    let limits = body::Limits { bytes: BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let ScanRequest { reference, digest, authorization } = ScanRequest::read(&bytes).map_err(refused)?;
    if let Some(holder) = caller.bound()
        && !holder.sees(&reference)
    {
        let why = format!("token `{}` is not for this repository", holder.token.spec.name);
        return Err(Failure::new(Code::Forbidden, why));
    }
    let login = match authorization {
        Authorization::Nobody => None,
        Authorization::Password { username, password } => Some(Login::password(username, password)),
        Authorization::Token(token) => Some(Login::token(token)),
    };
    let secrets = Secrets { login, headers: Vec::new() };
    let wanted = ImageReference { reference: reference.clone(), platforms: Platforms::All };
    let workers = state.workers.clone();
    let submit = move || match workers.jobs.submit_known(&wanted, &digest)? {
        Some(job) => Ok(job),
        None => workers.jobs.submit_named(Submission::Reference(wanted), secrets),
    };
    let job = state.writers.run(submit).await?;
    counted(&state, job.id, pending).await;
    let accepted = Json(Accepted { id: job.id.to_string() });
    let kind = [(header::CONTENT_TYPE, SCAN_RESPONSE)];
    Ok((StatusCode::ACCEPTED, kind, Extension(Detail::new(reference)), accepted).into_response())
}

fn refused(why: NoScan) -> Failure {
    match why {
        NoScan::Form(error) => {
            Failure::bad_request(format!("the body is no request for a scan: {}", without_values(&error)))
        }
        NoScan::Field { .. } => {
            Failure::bad_request(why.to_string()).with_status(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}
