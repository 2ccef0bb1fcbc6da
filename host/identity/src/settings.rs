use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use limpid_model::AccessRole;

use crate::{Algorithm, CodeSettings};

/// Who vouches for others.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// OpenID Connect issuers, by the names that the settings give them (`access.oidc.NAME`).
    pub issuers: BTreeMap<String, IssuerSettings>,
    /// The key that programs share (`access.psk`).
    pub shared: Option<SharedKeySettings>,
}

/// Where in a token something stands: names of members, from the outermost one.
pub type Claim = Vec<String>;

/// What is taken of an issuer.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// Its address, as tokens say it (`issuer`).
    pub issuer: String,
    /// For whom tokens must be: one of these (`audience`).
    pub audience: Vec<String>,
    /// By which algorithms tokens may be signed (`algorithms`).
    pub algorithms: Vec<Algorithm>,
    /// The claim that names somebody (`subject_claim`).
    pub subject_claim: Claim,
    /// What tokens must say besides: each claim is, or has among its values, this text (`required_claims`).
    pub required_claims: BTreeMap<String, String>,
    /// The claim that says which roles somebody has (`role_claim`).
    pub role_claim: Option<Claim>,
    /// What its values allow (`roles`).
    pub roles: BTreeMap<String, AccessRole>,
    /// What is allowed to everybody whose token is taken (`role`).
    pub role: Option<AccessRole>,
    /// The claim that says which repositories somebody sees, as globs (`repository_claim`).
    pub repository_claim: Option<Claim>,
    /// Which repositories somebody sees, where no claim says it (`repositories`); none: all.
    pub repositories: Vec<String>,
    /// How far clocks may differ (`leeway`).
    pub leeway: Duration,
    /// How long a token may be good for (`lifetime`).
    pub lifetime: Duration,
    /// How often keys are fetched (`refresh`).
    pub refresh: Duration,
    /// How long those are used that were fetched last, while the issuer does not answer (`keep`).
    pub keep: Duration,
    /// Who may vouch for its host, in place of whom the system trusts, as PEM (`ca`).
    pub authorities: Option<Vec<u8>>,
    /// Whether it may be at an address that is not public (`private_addresses`).
    pub private_addresses: bool,
    /// How people sign in at it in a browser (`pages`); none: they do not.
    pub pages: Option<CodeSettings>,
}

impl Default for IssuerSettings {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: Vec::new(),
            algorithms: Self::ALGORITHMS.to_vec(),
            subject_claim: vec!["sub".to_owned()],
            required_claims: BTreeMap::new(),
            role_claim: None,
            roles: BTreeMap::new(),
            role: None,
            repository_claim: None,
            repositories: Vec::new(),
            leeway: Duration::from_secs(30),
            lifetime: Duration::from_secs(24 * 60 * 60),
            refresh: Duration::from_secs(15 * 60),
            keep: Duration::from_secs(24 * 60 * 60),
            authorities: None,
            private_addresses: false,
            pages: None,
        }
    }
}

impl IssuerSettings {
    /// By which algorithms an issuer may sign at all: those of which only it has the key to sign.
    pub const ALGORITHMS: [Algorithm; 9] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];
}

/// The key that programs share.
#[derive(Clone)]
pub struct SharedKeySettings {
    /// The key.
    pub key: Vec<u8>,
    /// What is allowed to whoever signs as whom (`access.psk.issuers`).
    pub issuers: BTreeMap<String, AccessRole>,
}

impl fmt::Debug for SharedKeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKeySettings").field("issuers", &self.issuers).finish_non_exhaustive()
    }
}

/// Settings by which nobody could be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings: `access.{place}`: {why}")]
pub struct BadSettings {
    place: String,
    why: String,
}

impl BadSettings {
    /// Of the issuer of this name.
    pub(crate) fn new(name: &str, why: impl Into<String>) -> Self {
        Self { place: format!("oidc.{name}"), why: why.into() }
    }

    /// Of the shared key.
    pub(crate) fn of_shared(why: impl Into<String>) -> Self {
        Self { place: "psk".to_owned(), why: why.into() }
    }
}
