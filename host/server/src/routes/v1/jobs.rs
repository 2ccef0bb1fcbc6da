use axum::Json;
use axum::extract::{Path, State};
use limpid_formats::json::Job;

use crate::error::{Code, Failure};
use crate::state::AppState;

pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Job>, Failure> {
    let id: u64 = id
        .parse()
        .map_err(|_| Failure::new(Code::NoSuchJob, format!("`{id}` is not the number of a job")))?;
    let workers = state.workers.clone();
    let job = state.readers.run(move || workers.jobs.job(id)).await?;
    Ok(Json(job.into()))
}
