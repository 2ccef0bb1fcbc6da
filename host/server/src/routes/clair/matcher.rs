//! `/matcher`: what affects images.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_formats::clair::{Subject, VulnerabilityReport};
use limpid_scanner::Error;

use super::answer::{add, document};
use super::digest;
use crate::answers::Wanted;
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
    let scanner = state.scanner.clone();
    // Whoever has nothing to judge by says so, and not that nothing affects the image.
    if !state.readers.run(move || scanner.has_sources()).await? {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let (scanner, metrics) = (state.scanner.clone(), state.metrics.clone());
    let make = move || {
        let began = std::time::Instant::now();
        let (image, layers) = scanner.image_of_manifest(&manifest)?.ok_or(Error::NoImage(manifest))?;
        let inventory = scanner.inventory(&image.id)?;
        let subject = Subject { manifest, layers: &layers, inventory: &inventory };
        if let Some(unread) = subject.unread() {
            return Err(Failure::new(
                Code::NoSuchImage,
                format!("manifest `{manifest}` is not indexed: {unread}"),
            ));
        }
        let report = VulnerabilityReport::of(subject, &scanner.report(&image.id)?);
        metrics.reported(began.elapsed());
        Ok(report)
    };
    let mut response = document(state.readers.document(wanted.coding, make).await?, Some(MEDIA_TYPE));
    response.headers_mut().remove(header::CACHE_CONTROL);
    add(&mut response, header::CACHE_CONTROL, MAX_AGE);
    Ok(response)
}
