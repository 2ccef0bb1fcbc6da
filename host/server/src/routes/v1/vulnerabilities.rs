use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use limpid_formats::json::words::SeverityWord;
use limpid_formats::json::{AffectedImages, Explanation, Scores, Statistics, Vulnerability};
use limpid_model::Severity;
use limpid_scanner::{Error, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::images::ask;
use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::openapi::parameters::{ImageName, VulnerabilityId};
use crate::routes::paging::{self, Paging};
use crate::state::AppState;

/// Images on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 10_000;

/// Changes of a score on a page, at most.
const SCORES: usize = 1_000;

/// What publishers state about a vulnerability, and the packages that it affects.
#[utoipa::path(
    get,
    path = "/v1/vulnerabilities/{id}",
    operation_id = "show_vulnerability",
    tag = "vulnerabilities",
    params(VulnerabilityId),
    responses((status = 200, description = "It.", body = Vulnerability)),
    extensions(("x-codes" = json!(["bad-identifier", "no-such-vulnerability"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.vulnerability(&id).map(Vulnerability::from)).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `next` of the page before.
    after: Option<String>,
    /// How many on a page, 10000 at most.
    limit: Option<usize>,
    /// Only images with a name that matches this glob.
    name: Option<String>,
    /// Only images with this label: `key=value`.
    label: Option<String>,
    /// Only findings at least as bad.
    #[param(inline, value_type = Option<SeverityWord>)]
    severity: Option<String>,
    /// Whether findings are left out that nobody has rated.
    leave_out_unrated: Option<bool>,
    /// Only findings for which a fixed version is known, or is not.
    fixable: Option<bool>,
}

/// The images that it affects, in pages.
#[utoipa::path(
    get,
    path = "/v1/vulnerabilities/{id}/images",
    operation_id = "list_affected_images",
    tag = "vulnerabilities",
    params(VulnerabilityId, Asked),
    responses((status = 200, description = "A page.", body = AffectedImages)),
    extensions(("x-codes" = json!(["bad-identifier", "no-such-vulnerability"])))
)]
pub(super) async fn images(
    State(state): State<AppState>,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let after = paging::position(asked.after.as_deref())?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let filter = Filter {
        name: asked.name,
        label: asked.label,
        severity: asked.severity.as_deref().map(severity).transpose()?,
        leave_out_unrated: asked.leave_out_unrated.unwrap_or(false),
        fixable: asked.fixable,
    };
    let scanner = state.scanner.clone();
    let list = move || -> Result<AffectedImages, Error> {
        Ok(scanner.affected_images(&id, &filter, after.as_ref(), limit)?.into())
    };
    state.readers.document(wanted.coding, list).await
}

/// How likely it was at times that it is exploited (EPSS), the last change first, as far as history holds.
#[utoipa::path(
    get,
    path = "/v1/vulnerabilities/{id}/scores",
    operation_id = "list_scores",
    tag = "vulnerabilities",
    params(VulnerabilityId, Paging),
    responses((status = 200, description = "A page.", body = Scores)),
    extensions(("x-codes" = json!(["bad-identifier", "no-such-vulnerability"])))
)]
pub(super) async fn scores(
    State(state): State<AppState>,
    Path(id): Path<String>,
    query: paging::Asked,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let (before, limit) = Paging::read_numbered(query, PAGE, SCORES)?;
    let scanner = state.scanner.clone();
    let list = move || scanner.scores(&id, before, limit).map(Scores::from);
    state.readers.document(wanted.coding, list).await
}

/// # Errors
/// It is none, and which there are.
fn severity(word: &str) -> Result<Severity, Failure> {
    let known = Severity::WORST_FIRST;
    known.into_iter().find(|severity| severity.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
        let words = known.map(Severity::as_str).join(", ");
        Failure::bad_request(format!("`severity` is `{word}`, which is none of {words}"))
    })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Patience {
    /// Whether to answer at once with what was counted last where counting takes long, and not to wait for it.
    at_once: Option<bool>,
}

/// Statistics over all images.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    operation_id = "statistics",
    tag = "vulnerabilities",
    params(Patience),
    responses((status = 200, description = "They.", body = Statistics)),
    extensions(("x-codes" = json!(["busy"])))
)]
pub(super) async fn statistics(
    State(state): State<AppState>,
    query: Result<Query<Patience>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(Patience { at_once }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let scanner = state.scanner.clone();
    let count = move || match at_once {
        Some(true) => scanner.statistics_at_hand().map(Statistics::from),
        _ => scanner.statistics().map(Statistics::from),
    };
    state.readers.document(wanted.coding, count).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Why {
    /// Any of its identifiers.
    vulnerability: String,
}

/// Why a vulnerability affects the image, why it does not, or why that cannot be said.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/explain",
    operation_id = "explain",
    tag = "images",
    params(ImageName, Why),
    responses((status = 200, description = "The explanation.", body = Explanation)),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name", "bad-identifier"])))
)]
pub(super) async fn explain(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Why>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(Why { vulnerability }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    // Whatever the image is called.
    limpid_scanner::check_identifier(&vulnerability)?;
    ask(&state, name, wanted.coding, move |scanner, digest| {
        scanner.explain(digest, &vulnerability).map(Explanation::from)
    })
    .await
}
