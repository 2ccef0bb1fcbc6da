use serde::{Deserialize, Serialize};

/// How pods are admitted to clusters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admission {
    /// The policy whose bars decide (`admission.policy`); none: all policies that are for an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What becomes of images that are not known (`admission.unknown`).
    pub unknown: Otherwise,
    /// What becomes of those that nobody can judge, or for which there is no bar (`admission.unjudged`).
    pub unjudged: Otherwise,
}

/// What to do where nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// Refuse.
    Deny,
    /// Allow, and warn whoever asked.
    Warn,
    /// Allow.
    Allow,
}

impl Default for Admission {
    fn default() -> Self {
        Self { policy: None, unknown: Otherwise::Warn, unjudged: Otherwise::Warn }
    }
}
