use limpid_model::PluginFailure;
use serde::{Deserialize, Serialize};

use crate::tables::values::{HowFailed, Party, Plugin};

/// A call that failed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    plugin: Plugin,
    call: String,
    kind: HowFailed,
    blame: Party,
    message: String,
}

impl From<PluginFailure> for Failure {
    fn from(failure: PluginFailure) -> Self {
        Self {
            plugin: failure.plugin.into(),
            call: failure.call,
            kind: failure.kind.into(),
            blame: failure.blame.into(),
            message: failure.message,
        }
    }
}

impl From<Failure> for PluginFailure {
    fn from(stored: Failure) -> Self {
        Self {
            plugin: stored.plugin.into(),
            call: stored.call,
            kind: stored.kind.into(),
            blame: stored.blame.into(),
            message: stored.message,
        }
    }
}
