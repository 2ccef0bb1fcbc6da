use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use limpid_formats::json::{AffectedImages, Explanation, Statistics, Vulnerability};
use limpid_model::{Digest, Severity};
use limpid_scanner::{Error, Filter};
use serde::Deserialize;

use super::images::ask;
use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::state::AppState;

/// Images on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 10_000;

pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.vulnerability(&id).map(Vulnerability::from)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    after: Option<String>,
    limit: Option<usize>,
    name: Option<String>,
    label: Option<String>,
    severity: Option<String>,
    leave_out_unrated: Option<bool>,
    fixable: Option<bool>,
}

pub(super) async fn images(
    State(state): State<AppState>,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let after = asked.after.map(|digest| digest.parse::<Digest>()).transpose()?;
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

/// # Errors
/// It is none, and which there are.
fn severity(word: &str) -> Result<Severity, Failure> {
    let known = Severity::WORST_FIRST;
    known.into_iter().find(|severity| severity.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
        let words = known.map(Severity::as_str).join(", ");
        Failure::bad_request(format!("`severity` is `{word}`, which is none of {words}"))
    })
}

pub(super) async fn statistics(State(state): State<AppState>, wanted: Wanted) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.statistics().map(Statistics::from)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    vulnerability: String,
}

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
