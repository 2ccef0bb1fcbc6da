use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_formats::harbor::{Artifact, BillForm, Heading, Kind, write_sbom, write_vulnerabilities};
use limpid_formats::json;
use limpid_model::{Digest, Inventory, Job, JobState, Submission, report};
use limpid_scanner::{Error, Scanner};
use serde::Deserialize;

use crate::access::Caller;
use crate::answers::{Wanted, Written};
use crate::error::{Code, Failure};
use crate::state::AppState;

/// When Harbor is to ask again, in seconds: the specification means it where it says `Retry-After`. Harbor takes 1 to
/// 127.
const REFRESH_AFTER: HeaderName = HeaderName::from_static("refresh-after");

#[derive(Deserialize)]
pub(super) struct Asked {
    sbom_media_type: Option<String>,
}

/// The report of a scan, or that it goes on.
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let Query(Asked { sbom_media_type }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let kind = kind(&headers)?;
    let form = sbom_media_type.as_deref().map_or(Ok(BillForm::default()), bill_form)?;
    let nothing = || Failure::new(Code::NoSuchJob, format!("there is no scan `{id}`"));
    let number = id.parse::<u64>().map_err(|_| nothing())?;
    let workers = state.workers.clone();
    let job = state.readers.run(move || workers.jobs.job(number)).await?;
    let (reference, artifact) = scanned(&job).ok_or_else(nothing)?;
    if caller.bound().is_some_and(|holder| !holder.sees(&reference)) {
        return Err(nothing());
    }
    let image = match &job.state {
        JobState::Done => one_image(&job)?,
        JobState::Failed { code, message } => {
            return Err(Failure::of_job(code, message).with_status(StatusCode::INTERNAL_SERVER_ERROR));
        }
        JobState::Queued | JobState::Running | JobState::Waiting { .. } => return goes_on(&state, &job, &id),
    };
    let metrics = state.metrics.clone();
    let scanner = state.scanner.clone();
    let make = move || -> Result<Reported, Error> {
        let began = Instant::now();
        let (report, inventory) = of_image(&scanner, &image, kind)?;
        metrics.reported(began.elapsed());
        Ok(Reported { report, inventory, kind, form, reference, artifact, generated_at: job.updated })
    };
    let made = state.readers.document(wanted.coding, make).await;
    // Whatever becomes of the image: there was a scan of that number.
    let mut response = made
        .map_err(|failure| match failure.status {
            StatusCode::NOT_FOUND => failure.with_status(StatusCode::INTERNAL_SERVER_ERROR),
            _ => failure,
        })?
        .into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    Ok(response)
}

fn kind(headers: &HeaderMap) -> Result<Kind, Failure> {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accepted = accepted.collect::<Vec<_>>().join(",");
    Kind::accepted(&accepted).ok_or_else(|| {
        let shown: String = accepted.chars().take(200).collect();
        let why = format!("no report is made of type `{shown}`");
        Failure::new(Code::Unsupported, why).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    })
}

fn bill_form(media_type: &str) -> Result<BillForm, Failure> {
    BillForm::from_media_type(media_type).ok_or_else(|| {
        let known = BillForm::ALL.map(BillForm::media_type).join(", ");
        let shown: String = media_type.chars().take(200).collect();
        let why = format!("`sbom_media_type`: `{shown}` is not made; there are: {known}");
        Failure::bad_request(why).with_status(StatusCode::UNPROCESSABLE_ENTITY)
    })
}

/// The artifact of a job, and the reference by which it was submitted; none where Harbor cannot have submitted it.
fn scanned(job: &Job) -> Option<(String, Artifact)> {
    let Submission::Reference(wanted) = &job.submission else { return None };
    Some((wanted.reference.clone(), Artifact::of(&wanted.reference)?))
}

fn one_image(job: &Job) -> Result<Digest, Failure> {
    match job.images.as_slice() {
        [image] => Ok(*image),
        images => {
            let why = format!(
                "the artifact is an index of {} images: Harbor scans these one by one, and a report is of one",
                images.len()
            );
            Err(Failure::new(Code::Unsupported, why).with_status(StatusCode::INTERNAL_SERVER_ERROR))
        }
    }
}

/// Tells that a scan goes on. Harbor asks for as long as it is told so, and so there is an end to it.
fn goes_on(state: &AppState, job: &Job, id: &str) -> Result<Response, Failure> {
    let now = state.scanner.settings().clock.now();
    let age = Duration::from_millis(now.saturating_sub(job.created));
    let longest = state.settings.harbor.scan_time;
    if age >= longest {
        let why = match &job.state {
            JobState::Waiting { reason, .. } => format!(": {reason}"),
            _ => String::new(),
        };
        let why = format!(
            "the scan was not done within {} s, the limit of setting `harbor.scan_time`{why}",
            longest.as_secs()
        );
        return Err(Failure::new(Code::OutOfTime, why).with_status(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let after: HeaderValue = match age.as_secs() {
        0..10 => 1_u16,
        10..60 => 2,
        60..300 => 5,
        _ => 10,
    }
    .into();
    let mut headers = HeaderMap::from_iter([(REFRESH_AFTER, after)]);
    if let Ok(here) = format!("/harbor/api/v1/scan/{id}/report").parse() {
        headers.insert(header::LOCATION, here);
    }
    Ok((StatusCode::FOUND, headers).into_response())
}

fn of_image(
    scanner: &Scanner,
    image: &Digest,
    kind: Kind,
) -> Result<(report::Report, Option<Inventory>), Error> {
    let inventory = (kind == Kind::Sbom).then(|| scanner.inventory(image)).transpose()?;
    Ok((scanner.report(image)?, inventory))
}

/// A report as Harbor reads it.
struct Reported {
    report: report::Report,
    /// All packages, for a bill of materials.
    inventory: Option<Inventory>,
    kind: Kind,
    form: BillForm,
    reference: String,
    artifact: Artifact,
    generated_at: u64,
}

impl Written for Reported {
    fn write(self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let heading = Heading { generated_at: self.generated_at, artifact: &self.artifact };
        match self.inventory {
            Some(inventory) => write_sbom((self.report, inventory), &self.reference, self.form, heading, out),
            None => write_vulnerabilities(&json::Report::of(self.report)?, self.kind, heading, out),
        }
    }
}
