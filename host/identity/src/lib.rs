//! Who somebody is by what others have signed: tokens (JWT, [RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)) of
//! OpenID Connect issuers, and of programs that share a key, as Clair's clients do (`auth.psk`).
//!
//! This crate owns which of these tokens are taken and what they allow: a role, and globs of repositories. It fetches
//! the keys of issuers ([OpenID Connect Discovery](https://openid.net/specs/openid-connect-discovery-1_0.html)) and
//! keeps them. When they are fetched, and what is done with who somebody is, is up to whoever asks.

mod algorithm;
mod claims;
mod code;
mod fetch;
mod issuer;
mod keys;
mod settings;
mod shared;
mod token;

use std::sync::Arc;

use limpid_model::AccessRole;

pub use algorithm::Algorithm;
pub use code::{Begun, CodeSettings};
pub use issuer::Issuer;
pub use settings::{BadSettings, Claim, IssuerSettings, Settings, SharedKeySettings};
use shared::SharedKey;
use token::Token;

/// Longest subject, in bytes.
const SUBJECT_BYTES: usize = 256;

/// Whom others vouch for.
#[derive(Debug)]
pub struct Identities {
    issuers: Vec<Arc<Issuer>>,
    shared: Option<SharedKey>,
}

/// Who somebody is, and what they are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `oidc:SUBJECT`, or `psk:ISSUER`.
    pub name: String,
    /// The issuer that says so, by its address; none: whoever has the shared key.
    pub issuer: Option<String>,
    /// What they are allowed.
    pub role: AccessRole,
    /// Globs of the repositories that they see; none: everything.
    pub repositories: Vec<String>,
}

/// Why a token is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is none, or says of itself what no token may.
    #[error("the token is no JWT that can be read: {0}")]
    Malformed(String),
    /// Its signature is not one of its issuer, or its claims are not those that are asked for.
    #[error("{0}")]
    Invalid(String),
    /// The issuer has no such key, as far as is known.
    #[error("{why}")]
    NoKey {
        /// Which issuer, by its place.
        issuer: usize,
        /// What is known of its keys.
        why: String,
    },
    /// It is time for nothing of it.
    #[error("{0}")]
    Time(String),
    /// It is who it says, and is allowed nothing.
    #[error("{0}")]
    NoRole(String),
}

/// Whether two are the same is asked of settings only.
impl PartialEq for Identities {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Identities {}

impl Identities {
    /// Those of the settings; none where nobody is named. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`BadSettings`].
    pub fn new(settings: Settings) -> Result<Option<Self>, BadSettings> {
        let Settings { issuers, shared } = settings;
        if issuers.is_empty() && shared.is_none() {
            return Ok(None);
        }
        let mut all: Vec<Arc<Issuer>> = Vec::new();
        for (place, (name, settings)) in issuers.into_iter().enumerate() {
            if let Some(other) = all.iter().find(|other| other.address() == settings.issuer) {
                return Err(BadSettings::new(
                    &name,
                    format!("issuer `{}` is that of `{}`, too", settings.issuer, other.name()),
                ));
            }
            all.push(Arc::new(Issuer::new(place, name, settings)?));
        }
        Ok(Some(Self { issuers: all, shared: shared.map(SharedKey::new).transpose()? }))
    }

    /// Issuers whose keys are to be fetched.
    pub fn issuers(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    /// Whether a token says that it is of somebody who is known here. What others call a token is theirs.
    pub fn concerns(&self, token: &str) -> bool {
        let is_shared = |issuer: &str| self.shared.as_ref().is_some_and(|shared| shared.names(issuer));
        let said = Token::read(token);
        said.is_ok_and(|said| self.issuer(&said.issuer).is_some() || is_shared(&said.issuer))
    }

    fn issuer(&self, address: &str) -> Option<&Arc<Issuer>> {
        self.issuers.iter().find(|issuer| issuer.address() == address)
    }

    /// Who shows a token, at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refused`]. Where it is [`Refused::NoKey`], it may be otherwise when [`Issuer::refresh`] has fetched the
    /// keys of [`Self::to_ask`] anew.
    pub fn identify(&self, token: &str, now: u64) -> Result<Identity, Refused> {
        let token = Token::read(token)?;
        let now = now / 1_000;
        if !token.algorithm.is_public() {
            // No issuer signs so: whoever could check it could sign it.
            let shared = self.shared.as_ref().filter(|shared| shared.names(&token.issuer));
            let unknown = || unknown(&token.issuer, "`access.psk.issuers`");
            return shared.ok_or_else(unknown)?.identify(token, now);
        }
        let issuer = self.issuer(&token.issuer).ok_or_else(|| unknown(&token.issuer, "`access.oidc`"))?;
        issuer.identify(token, now)
    }

    /// Whose keys may be fetched anew, because a token was refused for lack of one; none where that is too soon.
    pub fn to_ask(&self, refused: &Refused) -> Option<&Arc<Issuer>> {
        let Refused::NoKey { issuer, .. } = refused else { return None };
        self.issuers.get(*issuer).filter(|issuer| issuer.may_be_asked())
    }
}

fn unknown(issuer: &str, setting: &str) -> Refused {
    Refused::Invalid(format!(
        "the token is of issuer `{}`, whom setting {setting} does not name",
        shown(issuer)
    ))
}

/// A text of somebody else, as it may be shown.
fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(SUBJECT_BYTES).collect()
}

#[cfg(test)]
mod tests;
