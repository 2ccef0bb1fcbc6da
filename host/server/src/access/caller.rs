use std::sync::Arc;
use std::time::Duration;

use limpid_model::AccessRole;
use limpid_scanner::{Holder, TooMuch, UnderWay};

use crate::error::{Code, Failure};

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Whoever holds a token.
    Token(Arc<Holder>),
    /// Whoever may read the data directory: commands on this machine.
    DataDirectory,
    /// Whoever is where the settings allow changes from.
    Network,
    /// A registry, which has the secret of events.
    Registry,
    /// Nobody in particular.
    Anybody,
}

impl Caller {
    /// For the record.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Token(holder) => format!("token:{}", holder.token.spec.name),
            Self::DataDirectory => "data-directory".to_owned(),
            Self::Network => "network".to_owned(),
            Self::Registry => "registry".to_owned(),
            Self::Anybody => "anybody".to_owned(),
        }
    }

    /// Who it is, for as long as the service runs.
    pub(crate) fn identity(&self) -> String {
        self.token().unwrap_or_else(|| self.name())
    }

    /// By which token, by its identifier.
    pub(super) fn token(&self) -> Option<String> {
        match self {
            Self::Token(holder) => Some(holder.token.id.clone()),
            _ => None,
        }
    }

    /// What it is allowed by what it has shown.
    pub(super) fn role(&self) -> Option<AccessRole> {
        match self {
            Self::Token(holder) => Some(holder.token.spec.role),
            Self::DataDirectory => Some(AccessRole::Admin),
            Self::Network | Self::Registry | Self::Anybody => None,
        }
    }

    /// Why it may not do what only a role may.
    pub(super) fn may_not(&self, role: AccessRole) -> String {
        match self {
            Self::Token(holder) => {
                let spec = &holder.token.spec;
                format!("token `{}` has role `{}`, and this needs `{role}`", spec.name, spec.role)
            }
            _ => format!("this needs a token of role `{role}`"),
        }
    }

    /// Begins to answer a request.
    ///
    /// # Errors
    /// It is put off.
    pub(super) fn begin(&self) -> Result<Option<UnderWay>, Failure> {
        let Self::Token(holder) = self else { return Ok(None) };
        holder.begin().map(Some).map_err(put_off)
    }

    /// Takes on a submission, which counts as long as what this gives is there.
    ///
    /// # Errors
    /// It has too many that are not done.
    pub(crate) fn submit(&self) -> Result<Option<UnderWay>, Failure> {
        let Self::Token(holder) = self else { return Ok(None) };
        holder.submit().map(Some).map_err(put_off)
    }

    /// Whoever sees some repositories only.
    pub(crate) fn bound(&self) -> Option<&Holder> {
        match self {
            Self::Token(holder) if !holder.sees_everything() => Some(holder),
            _ => None,
        }
    }
}

fn put_off(why: TooMuch) -> Failure {
    let wait = match why {
        TooMuch::Often { wait } => wait,
        TooMuch::AtOnce | TooMuch::Pending { .. } => Duration::ZERO,
    };
    // In whole seconds, as clients are told.
    Failure::after(wait + Duration::from_millis(999), Code::TooMany, why.to_string())
}
