//! How calls of plugins have failed lately.

use limpid_model::{Digest, RecentFailure};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;
use crate::tables::values::{HowFailed, Party};

define_table! {
    /// The table. A key is the name of a plugin.
    PluginFailures = 66 "plugin_failures", key String;
}

/// The failures of one component, the last first. They are few and short, and written together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    component: Digest,
    failures: Vec<Failure>,
}

/// Calls that failed alike for one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failure {
    cause: String,
    call: String,
    kind: HowFailed,
    blame: Party,
    message: String,
    times: u64,
    first_at: u64,
    last_at: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// How calls of a component have failed, the last first.
    pub fn new(component: Digest, failures: Vec<RecentFailure>) -> Self {
        Self { component, failures: failures.into_iter().map(Failure::from).collect() }
    }

    /// The component.
    pub const fn component(&self) -> Digest {
        self.component
    }

    /// How calls of it have failed, the last first.
    pub fn into_failures(self) -> Vec<RecentFailure> {
        self.failures.into_iter().map(RecentFailure::from).collect()
    }
}

impl From<RecentFailure> for Failure {
    fn from(failure: RecentFailure) -> Self {
        // Whether the plugin is still called for the cause is known to whoever calls it.
        let RecentFailure { cause, call, kind, blame, message, times, first_at, last_at, is_avoided: _ } =
            failure;
        let (kind, blame) = (kind.into(), blame.into());
        Self { cause, call, kind, blame, message, times, first_at, last_at }
    }
}

impl From<Failure> for RecentFailure {
    fn from(failure: Failure) -> Self {
        let Failure { cause, call, kind, blame, message, times, first_at, last_at } = failure;
        let (kind, blame) = (kind.into(), blame.into());
        Self { cause, call, kind, blame, message, times, first_at, last_at, is_avoided: false }
    }
}
