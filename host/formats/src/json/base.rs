//! The image upon which another was built, and what of a report comes from it.

use limpid_model::{BaseImage, Provenance, report};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An image upon which another was built: its layers are the lowest of the other.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Base {
    /// Digest of its configuration.
    pub digest: String,
    /// Its names.
    pub names: Vec<String>,
    /// How many layers it has.
    pub layers: usize,
}

/// Findings by where they come from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ByOrigin {
    /// Those of packages that the base image brought.
    pub base: usize,
    /// All others.
    pub own: usize,
}

/// The newest image of the base's repository that is known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Recommendation {
    /// Digest of its configuration.
    pub digest: String,
    /// Its names.
    pub names: Vec<String>,
    /// When it was made, as its configuration says.
    #[schema(required)]
    pub created: Option<String>,
    /// Findings of the base image that it does not have.
    pub removes: usize,
    /// Findings that it has and the base image does not.
    pub adds: usize,
    /// Whether all of both images was read and judged.
    pub complete: bool,
    /// Whether all images of the repository were looked at.
    pub is_newest_known: bool,
}

impl ByOrigin {
    /// None where no base image is known.
    pub(super) fn of(report: &report::Report, findings: &[report::Finding]) -> Option<Self> {
        let is_of_base = |it: &&report::Finding| report.provenance(it) == Some(Provenance::Base);
        let base = findings.iter().filter(is_of_base).count();
        report.base.as_ref().map(|_| Self { base, own: findings.len().saturating_sub(base) })
    }
}

impl From<BaseImage> for Base {
    fn from(base: BaseImage) -> Self {
        Self { digest: base.id.to_string(), names: base.names, layers: base.layers }
    }
}

impl From<limpid_model::Recommendation> for Recommendation {
    fn from(newest: limpid_model::Recommendation) -> Self {
        Self {
            digest: newest.id.to_string(),
            names: newest.names,
            created: newest.created,
            removes: newest.removes,
            adds: newest.adds,
            complete: newest.is_complete,
            is_newest_known: newest.is_newest_known,
        }
    }
}
