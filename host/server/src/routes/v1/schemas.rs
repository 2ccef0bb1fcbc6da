use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use limpid_formats::schemas;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Code, Failure};
use crate::openapi::parameters::SchemaName;

/// The schemas of documents that are stored and passed on.
#[derive(Serialize, ToSchema)]
pub(super) struct SchemaNames {
    /// To be asked for below `/v1/schemas/`.
    #[schema(value_type = Vec<String>)]
    schemas: [&'static str; schemas::ALL.len()],
}

/// The schemas of documents that are stored and passed on.
#[utoipa::path(
    get,
    path = "/v1/schemas",
    operation_id = "list_schemas",
    tag = "service",
    responses((status = 200, description = "Their names.", body = SchemaNames)),
)]
pub(super) async fn list() -> Json<SchemaNames> {
    Json(SchemaNames { schemas: schemas::ALL.map(|schema| schema.name) })
}

/// One of them, in JSON Schema 2020-12.
#[utoipa::path(
    get,
    path = "/v1/schemas/{name}",
    operation_id = "show_schema",
    tag = "service",
    params(SchemaName),
    responses((status = 200, description = "The schema.", content((Object = "application/schema+json")))),
    extensions(("x-codes" = json!(["no-such-schema"])))
)]
pub(super) async fn show(Path(name): Path<String>) -> Result<Response, Failure> {
    let known = schemas::ALL.into_iter().find(|schema| schema.name == name);
    let schema = known.ok_or_else(|| {
        let names = schemas::ALL.map(|schema| schema.name).join(", ");
        Failure::new(Code::NoSuchSchema, format!("there is no schema `{name}`: there are {names}"))
    })?;
    Ok(([(header::CONTENT_TYPE, schemas::MEDIA_TYPE)], schema.text).into_response())
}
