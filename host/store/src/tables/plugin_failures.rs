//! How calls of plugins have failed lately.

use limpid_model::{Blame, Digest, FailureKind, RecentFailure};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

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
    kind: Kind,
    blame: Blamed,
    message: String,
    times: u64,
    first_at: u64,
    last_at: u64,
}

/// How they failed. In this order for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Time,
    Memory,
    Tables,
    Output,
    Trap,
    Contract,
    Refused,
    Host,
    Quarantined,
}

/// Who is to blame. In this order for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Blamed {
    Plugin,
    Input,
    Host,
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
        let kind = match kind {
            FailureKind::Time => Kind::Time,
            FailureKind::Memory => Kind::Memory,
            FailureKind::Tables => Kind::Tables,
            FailureKind::Output => Kind::Output,
            FailureKind::Trap => Kind::Trap,
            FailureKind::Contract => Kind::Contract,
            FailureKind::Refused => Kind::Refused,
            FailureKind::Host => Kind::Host,
            FailureKind::Quarantined => Kind::Quarantined,
        };
        let blame = match blame {
            Blame::Plugin => Blamed::Plugin,
            Blame::Input => Blamed::Input,
            Blame::Host => Blamed::Host,
        };
        Self { cause, call, kind, blame, message, times, first_at, last_at }
    }
}

impl From<Failure> for RecentFailure {
    fn from(failure: Failure) -> Self {
        let Failure { cause, call, kind, blame, message, times, first_at, last_at } = failure;
        let kind = match kind {
            Kind::Time => FailureKind::Time,
            Kind::Memory => FailureKind::Memory,
            Kind::Tables => FailureKind::Tables,
            Kind::Output => FailureKind::Output,
            Kind::Trap => FailureKind::Trap,
            Kind::Contract => FailureKind::Contract,
            Kind::Refused => FailureKind::Refused,
            Kind::Host => FailureKind::Host,
            Kind::Quarantined => FailureKind::Quarantined,
        };
        let blame = match blame {
            Blamed::Plugin => Blame::Plugin,
            Blamed::Input => Blame::Input,
            Blamed::Host => Blame::Host,
        };
        Self { cause, call, kind, blame, message, times, first_at, last_at, is_avoided: false }
    }
}
