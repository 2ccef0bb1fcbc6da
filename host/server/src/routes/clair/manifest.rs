//! Manifests as they are submitted.

use axum::body::Body;
use limpid_formats::json::{NoSubmission, SubmissionParts, SubmissionWanted, WantedManifest};
use limpid_model::{Digest, LayerAddresses, Submission};
use limpid_scanner::Secrets;

use crate::body;
use crate::error::Failure;
use crate::routes::without_values;
use crate::state::AppState;

/// A manifest, with the addresses of its layers and what is sent with requests for them.
pub(super) struct Manifest {
    pub(super) addresses: LayerAddresses,
    pub(super) secrets: Secrets,
}

/// A body that is held in memory.
pub(super) async fn read_body(state: &AppState, body: Body) -> Result<Vec<u8>, Failure> {
    let limits = body::Limits {
        bytes: state.scanner.settings().limits.json_document_bytes,
        setting: Some("layers.json_document_bytes"),
        pace: state.settings.pace(),
    };
    body::read(body, limits).await
}

impl Manifest {
    /// Reads one. What a retry would not heal is the fault of whoever sent it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let wanted: WantedManifest =
            serde_json::from_slice(bytes).map_err(|error| unread(&NoSubmission::Form(error)))?;
        let parts = SubmissionWanted::Manifest(wanted).parts().map_err(|why| unread(&why))?;
        let SubmissionParts { submission: Submission::Addresses(addresses), headers, .. } = parts else {
            return Err(Failure::internal("a manifest was read as something else"));
        };
        if addresses.layers.is_empty() {
            return Err(Failure::bad_request("bogus manifest: it has no layers"));
        }
        Ok(Self { addresses, secrets: Secrets { login: None, headers } })
    }
}

fn unread(why: &NoSubmission) -> Failure {
    let why = match why {
        NoSubmission::Form(error) => without_values(error),
        other => other.to_string(),
    };
    Failure::bad_request(format!("failed to deserialize manifest: {why}"))
}

/// Digests of manifests, in a list.
pub(super) fn digests(bytes: &[u8]) -> Result<Vec<Digest>, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::bad_request(format!("failed to deserialize digests: {}", without_values(&error)))
    })
}
