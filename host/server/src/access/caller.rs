use std::net::IpAddr;
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
    /// Whom somebody else vouches for.
    Guest {
        /// What they are allowed. Their name says in which way they are known, and how they are called.
        holder: Arc<Holder>,
        /// Who vouches for them, by its address; none: whoever has the shared key.
        issuer: Option<String>,
    },
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
            Self::Guest { holder, .. } => holder.token.spec.name.clone(),
            Self::DataDirectory => "data-directory".to_owned(),
            Self::Network => "network".to_owned(),
            Self::Registry => "registry".to_owned(),
            Self::Anybody => "anybody".to_owned(),
        }
    }

    /// Who it is and what it may, for as long as the service runs: nobody else has the same. Who has shown nothing is
    /// known by where it is.
    pub(crate) fn identity(&self, address: Option<IpAddr>) -> String {
        match self {
            Self::Token(holder) => holder.token.id.clone(),
            Self::Guest { issuer, holder } => {
                let (issuer, spec) = (issuer.as_deref().unwrap_or_default(), &holder.token.spec);
                format!("{issuer} {} {} {:?}", spec.name, spec.role, spec.repositories)
            }
            _ => format!("{} {address:?}", self.name()),
        }
    }

    /// By which token, by its identifier, or by whose word.
    pub(super) fn token(&self) -> Option<String> {
        match self {
            Self::Token(holder) => Some(holder.token.id.clone()),
            Self::Guest { issuer, .. } => issuer.clone(),
            _ => None,
        }
    }

    /// What it is allowed by what it has shown.
    pub(super) fn role(&self) -> Option<AccessRole> {
        match self {
            Self::Token(holder) | Self::Guest { holder, .. } => Some(holder.token.spec.role),
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
            Self::Guest { holder, .. } => {
                let spec = &holder.token.spec;
                format!("`{}` has role `{}`, and this needs `{role}`", spec.name, spec.role)
            }
            _ => format!("this needs a token of role `{role}`"),
        }
    }

    /// Begins to answer a request.
    ///
    /// # Errors
    /// It is put off.
    pub(super) fn begin(&self) -> Result<Option<UnderWay>, Failure> {
        let (Self::Token(holder) | Self::Guest { holder, .. }) = self else { return Ok(None) };
        holder.begin().map(Some).map_err(put_off)
    }

    /// Takes on a submission, which counts as long as what this gives is there.
    ///
    /// # Errors
    /// It has too many that are not done.
    pub(crate) fn submit(&self) -> Result<Option<UnderWay>, Failure> {
        let (Self::Token(holder) | Self::Guest { holder, .. }) = self else { return Ok(None) };
        holder.submit().map(Some).map_err(put_off)
    }

    /// Whoever sees some repositories only.
    pub(crate) fn bound(&self) -> Option<&Holder> {
        match self {
            Self::Token(holder) | Self::Guest { holder, .. } if !holder.sees_everything() => Some(holder),
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
