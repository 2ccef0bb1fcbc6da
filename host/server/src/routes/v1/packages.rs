use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use limpid_formats::json::Holders;
use limpid_scanner::Versions;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::openapi::parameters::PackageName;
use crate::routes::paging;
use crate::state::AppState;

/// Images on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 10_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `next` of the page before.
    after: Option<String>,
    /// How many on a page, 10000 at most.
    limit: Option<usize>,
    /// The scheme that orders the versions `from` and `below`.
    scheme: Option<String>,
    /// Only this version and higher ones.
    from: Option<String>,
    /// Only lower versions.
    below: Option<String>,
}

/// The images that have a package installed, in pages.
#[utoipa::path(
    get,
    path = "/v1/packages/{namespace}/{name}",
    operation_id = "list_holders",
    tag = "vulnerabilities",
    params(PackageName, Asked),
    responses((status = 200, description = "A page.", body = Holders)),
    extensions(("x-codes" = json!(["bad-version", "no-such-scheme"])))
)]
pub(super) async fn holders(
    State(state): State<AppState>,
    Path((namespace, name)): Path<(String, String)>,
    query: Result<Query<Asked>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    if asked.scheme.is_none() && (asked.from.is_some() || asked.below.is_some()) {
        return Err(Failure::bad_request("`from` and `below` need `scheme`, which orders them"));
    }
    let after = paging::position(asked.after.as_deref())?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let versions = Versions { scheme: asked.scheme, from: asked.from, below: asked.below };
    let scanner = state.scanner.clone();
    let find =
        move || scanner.holders((&namespace, &name), &versions, after.as_ref(), limit).map(Holders::from);
    state.readers.document(wanted.coding, find).await
}
