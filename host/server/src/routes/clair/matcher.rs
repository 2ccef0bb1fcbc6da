//! `/matcher`: what affects images.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use limpid_formats::clair::{Subject, VulnerabilityReport};
use limpid_model::Digest;
use limpid_scanner::Error;

use super::answer::{add, document};
use super::digest;
use crate::answers::{Coding, Document, Wanted};
use crate::error::{Code, Failure};
use crate::state::AppState;

/// That of index reports, as Clair has it.
const MEDIA_TYPE: &str = "application/vnd.clair.index_report.v1+json";

/// For how long a report may be shown again. Advisories change a few times an hour at most.
const MAX_AGE: &str = "max-age=30";

/// What affects an image. It is not negotiated about the form.
pub(super) async fn report(
    State(state): State<AppState>,
    Path(path): Path<String>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let manifest = digest(&path)?;
    let tag = state.tag(&("vulnerability report of Clair's", manifest));
    let kept = tag.and_then(|tag| state.kept.get(tag, wanted.coding));
    let (coding, bytes) = match kept {
        Some(kept) => kept,
        None => match made(&state, manifest, wanted.coding).await? {
            Some((coding, bytes)) => {
                if let Some(tag) = tag {
                    state.kept.put(tag, coding, &bytes);
                }
                (coding, bytes)
            }
            None => return Ok(StatusCode::ACCEPTED.into_response()),
        },
    };
    // Clair gives these reports no validator.
    let answer = Document { bytes: state.readers.with_room(bytes)?, coding, tag: None };
    let mut response = document(answer, Some(MEDIA_TYPE));
    response.headers_mut().remove(header::CACHE_CONTROL);
    add(&mut response, header::CACHE_CONTROL, MAX_AGE);
    Ok(response)
}

/// The report as it is sent; none where there is nothing to judge by.
async fn made(
    state: &AppState,
    manifest: Digest,
    coding: Coding,
) -> Result<Option<(Coding, Bytes)>, Failure> {
    let scanner = state.scanner.clone();
    // Whoever has nothing to judge by says so, and not that nothing affects the image.
    if !state.readers.run(move || scanner.has_sources()).await? {
        return Ok(None);
    }
    let (scanner, metrics) = (state.scanner.clone(), state.metrics.clone());
    let make = move || {
        let began = std::time::Instant::now();
        let (image, layers) = scanner.image_of_manifest(&manifest)?.ok_or(Error::NoImage(manifest))?;
        let (report, inventory) = scanner.report_with_inventory(&image.id)?;
        let subject = Subject { manifest, layers: &layers, inventory: &inventory };
        if let Some(unread) = subject.unread() {
            return Err(Failure::new(
                Code::NoSuchImage,
                format!("manifest `{manifest}` is not indexed: {unread}"),
            ));
        }
        let report = VulnerabilityReport::of(subject, &report);
        metrics.reported(began.elapsed());
        Ok(report)
    };
    state.readers.encoded(coding, make).await.map(Some)
}
