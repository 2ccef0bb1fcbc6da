use limpid_model::{Blame, FailureKind, PluginFailure};
use serde::{Deserialize, Serialize};

use crate::tables::values::Plugin;

/// A call that failed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    plugin: Plugin,
    call: String,
    kind: Kind,
    blame: Party,
    message: String,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Party {
    Plugin,
    Input,
    Host,
}

impl From<PluginFailure> for Failure {
    fn from(failure: PluginFailure) -> Self {
        Self {
            plugin: failure.plugin.into(),
            call: failure.call,
            kind: match failure.kind {
                FailureKind::Time => Kind::Time,
                FailureKind::Memory => Kind::Memory,
                FailureKind::Tables => Kind::Tables,
                FailureKind::Output => Kind::Output,
                FailureKind::Trap => Kind::Trap,
                FailureKind::Contract => Kind::Contract,
                FailureKind::Refused => Kind::Refused,
                FailureKind::Host => Kind::Host,
                FailureKind::Quarantined => Kind::Quarantined,
            },
            blame: match failure.blame {
                Blame::Plugin => Party::Plugin,
                Blame::Input => Party::Input,
                Blame::Host => Party::Host,
            },
            message: failure.message,
        }
    }
}

impl From<Failure> for PluginFailure {
    fn from(stored: Failure) -> Self {
        Self {
            plugin: stored.plugin.into(),
            call: stored.call,
            kind: match stored.kind {
                Kind::Time => FailureKind::Time,
                Kind::Memory => FailureKind::Memory,
                Kind::Tables => FailureKind::Tables,
                Kind::Output => FailureKind::Output,
                Kind::Trap => FailureKind::Trap,
                Kind::Contract => FailureKind::Contract,
                Kind::Refused => FailureKind::Refused,
                Kind::Host => FailureKind::Host,
                Kind::Quarantined => FailureKind::Quarantined,
            },
            blame: match stored.blame {
                Party::Plugin => Blame::Plugin,
                Party::Input => Blame::Input,
                Party::Host => Blame::Host,
            },
            message: stored.message,
        }
    }
}
