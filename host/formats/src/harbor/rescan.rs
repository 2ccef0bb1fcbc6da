use limpid_model::Digest;
use serde::{Deserialize, Serialize};

/// What a Harbor is asked to scan again: the body of a message to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescan {
    /// Each is asked for once.
    pub artifacts: Vec<RescannedArtifact>,
}

/// An artifact that is scanned again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RescannedArtifact {
    /// `project/name`.
    pub repository: String,
    /// Digests of manifests, of which the first is meant that the repository has.
    pub digests: Vec<Digest>,
}
