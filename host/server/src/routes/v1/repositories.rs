use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use limpid_formats::json::words::OrderWord;
use limpid_formats::json::{Owners, Repairs, Repositories, Repository, Tag, Tags, Trend};
use limpid_model::RepositoryOrder;
use limpid_scanner::{Error, Scanner, Stop};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::openapi::parameters::{OwnerName, RepositoryName, TagPaging};
use crate::routes::paging::{Asked, Paging};
use crate::state::AppState;

/// Repositories on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

/// Tags on a page. Of each, the findings of one image or several are counted, and of those before it.
const PAGE_OF_TAGS: usize = 25;
const LONGEST_PAGE_OF_TAGS: usize = 100;

/// Which page of repositories is asked for, and in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Listing {
    /// `next` of the page before, in the same order.
    after: Option<String>,
    /// How many on a page, 1000 at most.
    limit: Option<usize>,
    /// By what they are sorted: by name, or those first that are worst off. Without it, by name.
    #[param(inline, value_type = Option<OrderWord>)]
    sort: Option<String>,
    /// Only those of this owner. Where few are, another page may follow one that is not full.
    owner: Option<String>,
}

impl Listing {
    fn order(&self) -> Result<RepositoryOrder, Failure> {
        let Some(word) = &self.sort else { return Ok(RepositoryOrder::Name) };
        RepositoryOrder::from_word(word).ok_or_else(|| {
            let known = RepositoryOrder::ALL.map(RepositoryOrder::as_str).join("`, `");
            Failure::bad_request(format!("`sort`: `{word}` is no order; there are `{known}`"))
        })
    }
}

/// Repositories of which images are known, in pages, with what their images come to.
#[utoipa::path(
    get,
    path = "/v1/repositories",
    operation_id = "list_repositories",
    tag = "repositories",
    params(Listing),
    responses((status = 200, description = "A page.", body = Repositories)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    query: Result<Query<Listing>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(listing) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let (order, limit) = (listing.order()?, listing.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE));
    let scanner = state.scanner.clone();
    let list = move || {
        let (owner, after) = (listing.owner.as_deref(), listing.after.as_deref());
        scanner.repositories((order, owner), after, limit).map(Repositories::from)
    };
    state.readers.document(wanted.coding, list).await
}

/// One repository, with what its images come to.
#[utoipa::path(
    get,
    path = "/v1/repositories/{name}",
    operation_id = "show_repository",
    tag = "repositories",
    params(RepositoryName),
    responses((status = 200, description = "It.", body = Repository)),
    extensions(("x-codes" = json!(["no-such-repository"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(wanted.coding, move || scanner.repository(&name).map(Repository::from)).await
}

/// Its tags, in pages: where each points, and what changed since it pointed elsewhere.
#[utoipa::path(
    get,
    path = "/v1/repositories/{name}/tags",
    operation_id = "list_tags",
    tag = "repositories",
    params(RepositoryName, TagPaging),
    responses((status = 200, description = "A page.", body = Tags)),
    extensions(("x-codes" = json!(["no-such-repository"])))
)]
pub(super) async fn tags(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Asked,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let (after, limit) = Paging::read(query, PAGE_OF_TAGS, LONGEST_PAGE_OF_TAGS)?;
    let scanner = state.scanner.clone();
    let list = move || -> Result<Tags, Error> {
        let page = scanner.tags(&name, after.as_deref(), limit)?;
        Ok(Tags { tags: page.items.into_iter().map(Tag::from).collect(), next: page.next })
    };
    state.readers.document(wanted.coding, list).await
}

/// Days of a trend, and of repairs, unless the client says otherwise, and at most.
const DAYS: usize = 30;
const DAYS_OF_REPAIRS: usize = 90;
const MOST_DAYS: usize = 366;

/// For how many days it is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Days {
    /// How many days until now, 366 at most.
    days: Option<usize>,
}

impl Days {
    fn read(asked: Result<Query<Self>, QueryRejection>, usual: usize) -> Result<usize, Failure> {
        let Query(Self { days }) = asked.map_err(|error| Failure::bad_request(error.body_text()))?;
        Ok(days.unwrap_or(usual).clamp(1, MOST_DAYS))
    }
}

/// Findings of the images at which the tags of the repository pointed, day by day, as far as history holds.
#[utoipa::path(
    get,
    path = "/v1/repositories/{name}/trend",
    operation_id = "repository_trend",
    tag = "repositories",
    params(RepositoryName, Days),
    responses((status = 200, description = "The days that are known.", body = Trend)),
    extensions(("x-codes" = json!(["no-such-repository", "over-limit"])))
)]
pub(super) async fn trend(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Days>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let days = Days::read(query, DAYS)?;
    let on = ("trend", name.clone(), days);
    let trend =
        move |scanner: &Scanner, stop: &Stop| scanner.repository_trend(&name, days, stop).map(Trend::from);
    state.history(wanted.coding, &on, trend).await
}

/// Findings of all images at which tags pointed, day by day, as far as history holds.
#[utoipa::path(
    get,
    path = "/v1/statistics/trend",
    operation_id = "trend",
    tag = "vulnerabilities",
    params(Days),
    responses((status = 200, description = "The days that are known.", body = Trend)),
    extensions(("x-codes" = json!(["over-limit"])))
)]
pub(super) async fn all_trend(
    State(state): State<AppState>,
    query: Result<Query<Days>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let days = Days::read(query, DAYS)?;
    let trend = move |scanner: &Scanner, stop: &Stop| scanner.trend(days, stop).map(Trend::from);
    state.history(wanted.coding, &("trend of all", days), trend).await
}

/// How long findings lasted in the images of its tags: from when each was first seen until the tag pointed at images that
/// do not have it.
#[utoipa::path(
    get,
    path = "/v1/repositories/{name}/repairs",
    operation_id = "repairs",
    tag = "repositories",
    params(RepositoryName, Days),
    responses((status = 200, description = "Those that ended in these days.", body = Repairs)),
    extensions(("x-codes" = json!(["no-such-repository", "over-limit"])))
)]
pub(super) async fn repairs(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Days>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let days = Days::read(query, DAYS_OF_REPAIRS)?;
    let on = ("repairs", name.clone(), days);
    let repairs =
        move |scanner: &Scanner, stop: &Stop| scanner.repairs(&name, days as u64, stop).map(Repairs::from);
    state.history(wanted.coding, &on, repairs).await
}

/// Who answers for repositories, as setting `owners` says.
#[utoipa::path(
    get,
    path = "/v1/owners",
    operation_id = "list_owners",
    tag = "repositories",
    responses((status = 200, description = "All of them.", body = Owners)),
)]
pub(super) async fn owners(State(state): State<AppState>, wanted: Wanted) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let list = move || Ok::<_, Failure>(Owners::from(scanner.owners()));
    state.readers.document(wanted.coding, list).await
}

/// How long findings lasted in the images of the tags of all repositories of an owner, each repository by itself.
#[utoipa::path(
    get,
    path = "/v1/owners/{name}/repairs",
    operation_id = "owner_repairs",
    tag = "repositories",
    params(OwnerName, Days),
    responses((status = 200, description = "Those that ended in these days.", body = Repairs)),
    extensions(("x-codes" = json!(["no-such-owner", "over-limit"])))
)]
pub(super) async fn owner_repairs(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Days>, QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let days = Days::read(query, DAYS_OF_REPAIRS)?;
    let on = ("repairs of an owner", name.clone(), days);
    let repairs = move |scanner: &Scanner, stop: &Stop| {
        scanner.repairs_of_owner(&name, days as u64, stop).map(Repairs::from)
    };
    state.history(wanted.coding, &on, repairs).await
}
