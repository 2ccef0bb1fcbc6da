//! Tokens, and the record of what was changed.

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use limpid_formats::json::{Audit, AuditRecord, MadeToken, Token, TokenWanted, Tokens};
use limpid_model::AuditPosition;
use limpid_scanner::{Error, TokenError};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Detail;
use crate::body;
use crate::error::Failure;
use crate::openapi::parameters::TokenName;
use crate::routes::without_values;
use crate::state::AppState;

/// Longest description of a token, in bytes.
const BYTES: u64 = 64 << 10;

/// Records on a page, unless the client says otherwise, and at most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

/// All tokens, without their secrets.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "list_tokens",
    tag = "access",
    responses((status = 200, description = "They.", body = Tokens)),
)]
pub(super) async fn tokens(State(state): State<AppState>) -> Result<Json<Tokens>, Failure> {
    let scanner = state.scanner.clone();
    let tokens = state.access.run(move || scanner.tokens()).await?;
    Ok(Json(Tokens { tokens: tokens.into_iter().map(Token::from).collect() }))
}

/// Makes a token. Its secret is in the answer, and nowhere else.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    operation_id = "create_token",
    tag = "access",
    request_body(content = TokenWanted, examples(("build" = (value = json!({
    "name": "build",
    "role": "submit",
    "repositories": ["registry.example/shop/*"],
    "expires": "2027-01-31T00:00:00Z",
}))))),
    responses((status = 201, description = "It.", body = MadeToken)),
    extensions(("x-codes" = json!(["bad-token", "over-limit", "taken-name"])))
)]
pub(super) async fn create(
    State(state): State<AppState>,
    body: Body,
) -> Result<(StatusCode, Extension<Detail>, Json<MadeToken>), Failure> {
    let limits = body::Limits { bytes: BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let wanted: TokenWanted = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::bad_request(format!("the body is no token: {}", without_values(&error))))?;
    let spec = wanted.spec().map_err(|why| Error::Token(TokenError::Spec(why)))?;
    let scanner = state.scanner.clone();
    let made = state.access.run(move || scanner.create_token(spec)).await?;
    let spec = &made.token.spec;
    let mut detail = format!("token `{}` ({}) of role `{}`", spec.name, made.token.id, spec.role);
    if !spec.repositories.is_empty() {
        detail = format!("{detail} for {}", spec.repositories.join(", "));
    }
    Ok((StatusCode::CREATED, Extension(Detail::new(detail)), Json(made.into())))
}

/// Takes a token no longer.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{name}",
    operation_id = "revoke_token",
    tag = "access",
    params(TokenName),
    responses((status = 204, description = "It is no longer taken.")),
    extensions(("x-codes" = json!(["no-such-token"])))
)]
pub(super) async fn revoke(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    state.access.run(move || scanner.revoke_token(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `next` of the page before.
    // Its first name is taken still.
    #[serde(alias = "before")]
    after: Option<String>,
    /// Records on a page, 1000 at most.
    limit: Option<usize>,
}

/// Who changed what, or was refused to, the last first.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "list_audit_records",
    tag = "access",
    params(Asked),
    responses((status = 200, description = "A page.", body = Audit)),
)]
pub(super) async fn audit(
    State(state): State<AppState>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Audit>, Failure> {
    let Query(Asked { after, limit }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let before = after.as_deref().map(position).transpose()?;
    let limit = limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let scanner = state.scanner.clone();
    let page = state.access.run(move || scanner.changes(before, limit)).await?;
    Ok(Json(Audit {
        records: page.items.into_iter().map(AuditRecord::from).collect(),
        next: page.next.map(|(time, number)| format!("{time}-{number}")),
    }))
}

fn position(text: &str) -> Result<AuditPosition, Failure> {
    let position =
        text.split_once('-').and_then(|(time, number)| Some((time.parse().ok()?, number.parse().ok()?)));
    position.ok_or_else(|| Failure::bad_request(format!("`after` is `{text}`, which is no `next` of a page")))
}
