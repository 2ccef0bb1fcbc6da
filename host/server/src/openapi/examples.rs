//! An answer of each kind, as a service gave it. A test of what users see asks for them, and writes them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Ref, RefOr};

/// By the names of schemas.
static ANSWERS: LazyLock<BTreeMap<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

/// Adds them to the answers of an operation.
pub(super) fn add(operation: &mut Operation) {
    for answer in operation.responses.responses.values_mut() {
        let RefOr::T(answer) = answer else { continue };
        let Some(RefOr::T(content)) = answer.content.get_mut(super::JSON) else { continue };
        let Some(RefOr::Ref(Ref { ref_location, .. })) = &content.schema else { continue };
        let name = ref_location.rsplit('/').next().unwrap_or_default();
        content.example = ANSWERS.get(name).cloned();
    }
}
