use axum::extract::{Path, State};
use limpid_formats::json::{Repositories, Repository, Tag, Tags};
use limpid_scanner::Error;

use crate::answers::{Document, Wanted};
use crate::error::Failure;
use crate::openapi::parameters::{RepositoryName, TagPaging};
use crate::routes::paging::{Asked, Paging};
use crate::state::AppState;

/// Repositories on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

/// Tags on a page. Of each, the findings of one image or several are counted, and of those before it.
const PAGE_OF_TAGS: usize = 25;
const LONGEST_PAGE_OF_TAGS: usize = 100;

/// Repositories of which images are known, by name, in pages.
#[utoipa::path(
    get,
    path = "/v1/repositories",
    operation_id = "list_repositories",
    tag = "repositories",
    params(Paging),
    responses((status = 200, description = "A page.", body = Repositories)),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    query: Asked,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let (after, limit) = Paging::read(query, PAGE, LONGEST_PAGE)?;
    let scanner = state.scanner.clone();
    let list = move || -> Result<Repositories, Error> {
        let page = scanner.repositories(after.as_deref(), limit)?;
        let repositories = page.items.into_iter().map(Repository::from).collect();
        Ok(Repositories { repositories, next: page.next })
    };
    state.readers.document(wanted.coding, list).await
}

/// One repository.
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
