//! Policies and VEX documents that are in force.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use limpid_formats::json::{Policies, PolicyDocument, VexDocuments, VexRepository, VexRepositoryWanted};
use limpid_model::{DecisionDocument, DecisionKind};
use limpid_scanner::{Error, Scanner};

use crate::answers::{Document, Wanted};
use crate::body;
use crate::error::Failure;
use crate::openapi::parameters::DecisionName;
use crate::state::AppState;

/// A policy, for those who read of it.
const POLICY: &str = "fail_on = [\"critical,fixable\"]\n\n[[suppress]]\nvulnerabilities = [\"CVE-2021-23337\"]\nreason = \
                      \"templates are never rendered\"\n";

/// All policies that are in force.
#[utoipa::path(
    get,
    path = "/v1/policies",
    operation_id = "list_policies",
    tag = "policies",
    responses((status = 200, description = "All of them.", body = Policies)),
)]
pub(super) async fn policies(State(state): State<AppState>, wanted: Wanted) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let list = move || Ok::<_, Error>(Policies { policies: all(&scanner, DecisionKind::PolicyToml)? });
    state.readers.document(wanted.coding, list).await
}

/// All VEX documents and VEX repositories that are in force.
#[utoipa::path(
    get,
    path = "/v1/vex",
    operation_id = "list_vex_documents",
    tag = "policies",
    responses((status = 200, description = "All of them.", body = VexDocuments)),
)]
pub(super) async fn vex_documents(
    State(state): State<AppState>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let list = move || {
        let repositories = scanner.vex_repositories()?.into_iter().map(VexRepository::from).collect();
        Ok::<_, Error>(VexDocuments { documents: all(&scanner, DecisionKind::Vex)?, repositories })
    };
    state.readers.document(wanted.coding, list).await
}

fn all(scanner: &Scanner, kind: DecisionKind) -> Result<Vec<PolicyDocument>, Error> {
    Ok(scanner.decision_documents(kind)?.into_iter().map(Into::into).collect())
}

/// One policy, with its text.
#[utoipa::path(
    get,
    path = "/v1/policies/{name}",
    operation_id = "show_policy",
    tag = "policies",
    params(DecisionName),
    responses((status = 200, description = "It.", body = PolicyDocument)),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn policy(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    one(&state, DecisionKind::PolicyToml, name, &wanted).await
}

/// One VEX document, with its text.
#[utoipa::path(
    get,
    path = "/v1/vex/{name}",
    operation_id = "show_vex_document",
    tag = "policies",
    params(DecisionName),
    responses((status = 200, description = "It.", body = PolicyDocument)),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn vex_document(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    one(&state, DecisionKind::Vex, name, &wanted).await
}

async fn one(
    state: &AppState,
    kind: DecisionKind,
    name: String,
    wanted: &Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let show = move || scanner.decision_document(kind, &name).map(PolicyDocument::from);
    state.readers.document(wanted.coding, show).await
}

/// Puts a policy in force, in the place of the one of that name. Reports on the past use what was in force then.
///
/// It is read as JSON where the request says so, otherwise as TOML.
#[utoipa::path(
    put,
    path = "/v1/policies/{name}",
    operation_id = "put_policy",
    tag = "policies",
    params(DecisionName),
    request_body(content(
(String = "application/toml", examples(("shop" = (value = json!(POLICY))))),
(Object = "application/json"),
)),
    responses((status = 200, description = "It.", body = PolicyDocument)),
    extensions(("x-codes" = json!(["bad-policy", "over-limit"])))
)]
pub(super) async fn put_policy(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PolicyDocument>, Failure> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    let kind = match essence.eq_ignore_ascii_case("application/json") {
        true => DecisionKind::PolicyJson,
        false => DecisionKind::PolicyToml,
    };
    put(&state, kind, name, body).await
}

/// Puts a VEX document in force, in the place of the one of that name. Reports on the past use what was in force
/// then.
#[utoipa::path(
    put,
    path = "/v1/vex/{name}",
    operation_id = "put_vex_document",
    tag = "policies",
    params(DecisionName),
    request_body(content = Object, description = "OpenVEX, CSAF or CycloneDX."),
    responses((status = 200, description = "It.", body = PolicyDocument)),
    extensions(("x-codes" = json!(["bad-policy", "over-limit"])))
)]
pub(super) async fn put_vex_document(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<PolicyDocument>, Failure> {
    put(&state, DecisionKind::Vex, name, body).await
}

async fn put(
    state: &AppState,
    kind: DecisionKind,
    name: String,
    body: Body,
) -> Result<Json<PolicyDocument>, Failure> {
    let limits = body::Limits {
        bytes: state.scanner.settings().policies.document_bytes,
        setting: Some("policies.document_bytes"),
        pace: state.settings.pace(),
    };
    let bytes = body::read(body, limits).await?;
    // It would be a policy that says nothing, in the place of one that does.
    if bytes.is_empty() {
        return Err(Failure::bad_request(
            "the body is empty: send the document, as in `curl --data-binary @FILE`",
        ));
    }
    let scanner = state.scanner.clone();
    let document = DecisionDocument { name, kind, since: 0, bytes: bytes.to_vec() };
    Ok(Json(state.writers.run(move || scanner.put_decision_document(document)).await?.into()))
}

/// Takes a policy out of force.
#[utoipa::path(
    delete,
    path = "/v1/policies/{name}",
    operation_id = "delete_policy",
    tag = "policies",
    params(DecisionName),
    responses((status = 204, description = "It is no longer in force.")),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn remove_policy(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    remove(&state, DecisionKind::PolicyToml, name).await
}

/// Takes a VEX document out of force.
#[utoipa::path(
    delete,
    path = "/v1/vex/{name}",
    operation_id = "delete_vex_document",
    tag = "policies",
    params(DecisionName),
    responses((status = 204, description = "It is no longer in force.")),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn remove_vex_document(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    remove(&state, DecisionKind::Vex, name).await
}

async fn remove(state: &AppState, kind: DecisionKind, name: String) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_decision_document(kind, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Longest description of a VEX repository, in bytes.
const REPOSITORY_BYTES: u64 = 64 << 10;

/// One VEX repository, and how its updates go.
#[utoipa::path(
    get,
    path = "/v1/vex-repositories/{name}",
    operation_id = "show_vex_repository",
    tag = "policies",
    params(DecisionName),
    responses((status = 200, description = "It.", body = VexRepository)),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn vex_repository(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    let show = move || scanner.vex_repository(&name).map(VexRepository::from);
    state.readers.document(wanted.coding, show).await
}

/// Adds a VEX repository, or gives the one of that name another address. It is fetched at once, and its documents
/// are in force from then on.
#[utoipa::path(
    put,
    path = "/v1/vex-repositories/{name}",
    operation_id = "put_vex_repository",
    tag = "policies",
    params(DecisionName),
    request_body(content = VexRepositoryWanted),
    responses((status = 200, description = "It.", body = VexRepository)),
    extensions(("x-codes" = json!(["bad-policy", "over-limit"])))
)]
pub(super) async fn put_vex_repository(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<VexRepository>, Failure> {
    let limits = body::Limits { bytes: REPOSITORY_BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let wanted: VexRepositoryWanted = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::bad_request(format!("the body is no VEX repository: {error}")))?;
    let scanner = state.scanner.clone();
    let put = move || scanner.put_vex_repository(&name, &wanted.url);
    Ok(Json(state.writers.run(put).await?.into()))
}

/// Removes a VEX repository with its documents.
#[utoipa::path(
    delete,
    path = "/v1/vex-repositories/{name}",
    operation_id = "delete_vex_repository",
    tag = "policies",
    params(DecisionName),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn remove_vex_repository(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.remove_vex_repository(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Fetches a VEX repository as soon as possible: how that went, the repository says.
#[utoipa::path(
    post,
    path = "/v1/vex-repositories/{name}/update",
    operation_id = "update_vex_repository",
    tag = "policies",
    params(DecisionName),
    responses((status = 202, description = "It will be fetched.")),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn update_vex_repository(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.writers.run(move || scanner.ask_vex_repository(&name)).await?;
    Ok(StatusCode::ACCEPTED)
}
