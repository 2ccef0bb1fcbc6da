use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use limpid_formats::schemas;
use serde::Serialize;

use crate::error::{Code, Failure};

/// The schemas of documents that are stored and passed on.
#[derive(Serialize)]
pub(super) struct SchemaNames {
    schemas: [&'static str; schemas::ALL.len()],
}

pub(super) async fn list() -> Json<SchemaNames> {
    Json(SchemaNames { schemas: schemas::ALL.map(|schema| schema.name) })
}

pub(super) async fn show(Path(name): Path<String>) -> Result<Response, Failure> {
    let known = schemas::ALL.into_iter().find(|schema| schema.name == name);
    let schema = known.ok_or_else(|| {
        let names = schemas::ALL.map(|schema| schema.name).join(", ");
        Failure::new(Code::NoSuchSchema, format!("there is no schema `{name}`: there are {names}"))
    })?;
    Ok(([(header::CONTENT_TYPE, schemas::MEDIA_TYPE)], schema.text).into_response())
}
