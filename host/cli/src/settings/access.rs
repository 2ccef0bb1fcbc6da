use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use limpid_identity::Identities;
use limpid_scanner::AccessSettings;
use serde::{Deserialize, Serialize};

use super::identity::{Oidc, SharedKey};

/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// Who may do what with the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Access {
    /// Whether everybody must show a token; where nothing is stated, whoever is not on this machine must.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    /// Most tokens.
    tokens: usize,
    /// Requests of the holder of a token in a second; 0: any number.
    rate: u32,
    /// Those that are answered at a time.
    concurrent: usize,
    /// Submissions of the holder of a token that are not done; 0: any number.
    pending: usize,
    /// For how many days it is kept who changed what.
    audit_days: u64,
    /// OpenID Connect issuers by name, whose tokens are taken.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    oidc: BTreeMap<String, Oidc>,
    /// A key that programs share, as Clair's clients do.
    #[serde(skip_serializing_if = "Option::is_none")]
    psk: Option<SharedKey>,
}

impl Default for Access {
    fn default() -> Self {
        let AccessSettings { tokens, rate, concurrent, pending, audit } = AccessSettings::default();
        Self {
            required: None,
            tokens,
            rate,
            concurrent,
            pending,
            audit_days: audit / DAY,
            oidc: BTreeMap::new(),
            psk: None,
        }
    }
}

impl Access {
    /// How much there may be, and is kept.
    pub(crate) fn kept(&self) -> AccessSettings {
        let Self { tokens, rate, concurrent, pending, audit_days, .. } = *self;
        AccessSettings { tokens, rate, concurrent, pending, audit: audit_days.saturating_mul(DAY) }
    }

    /// The file that holds the key that programs share.
    pub(super) fn shared_key_file(&self) -> Option<&Path> {
        self.psk.as_ref()?.file()
    }

    /// Whom others vouch for; none where nobody is named.
    ///
    /// # Errors
    /// What is stated of them cannot be used.
    pub(crate) fn identities(&self) -> anyhow::Result<Option<Identities>> {
        let mut issuers = BTreeMap::new();
        for (name, oidc) in &self.oidc {
            let what = || format!("settings: `access.oidc.{name}`");
            issuers.insert(name.clone(), oidc.issuer().with_context(what)?);
        }
        let shared = self.psk.as_ref().map(SharedKey::key).transpose().context("settings: `access.psk`")?;
        Ok(Identities::new(limpid_identity::Settings { issuers, shared })?)
    }

    /// Whether everybody must show a token, of a service that other machines reach, or that none does.
    ///
    /// # Errors
    /// Other machines reach it, and nobody must.
    pub(crate) fn required(&self, is_reached: bool) -> anyhow::Result<bool> {
        match self.required {
            Some(false) if is_reached => bail!(
                "other machines reach the service where it listens, and setting `access.required` is `false`: everybody \
                 could do everything. Let it listen on `127.0.0.1`, or remove the setting and make tokens with \
                 `limpid token create`"
            ),
            Some(required) => Ok(required),
            None => Ok(is_reached),
        }
    }
}

/// How connections are encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tls {
    /// The certificate of the service and its chain, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<PathBuf>,
    /// The key of that, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
    /// Who vouches for clients, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ca: Option<PathBuf>,
}

impl Tls {
    /// The file that holds the key.
    pub(super) fn key(&self) -> Option<&Path> {
        self.key.as_deref()
    }

    /// The files that are named, by the setting that names each.
    pub(crate) fn files(&self) -> Vec<(&'static str, &Path)> {
        let Self { certificate, key, client_ca } = self;
        let files = [("tls.certificate", certificate), ("tls.key", key), ("tls.client_ca", client_ca)];
        files.into_iter().filter_map(|(setting, path)| Some((setting, path.as_deref()?))).collect()
    }

    /// What encrypts connections; none where nothing is stated.
    ///
    /// # Errors
    /// Half of it is stated, or the certificates cannot be used.
    pub(crate) fn load(&self) -> anyhow::Result<Option<limpid_server::Tls>> {
        let Self { certificate, key, client_ca } = self.clone();
        match (certificate, key, client_ca) {
            (None, None, None) => Ok(None),
            (Some(certificate), Some(key), client_ca) => {
                let files = limpid_server::TlsFiles { certificate, key, client_ca };
                Ok(Some(limpid_server::Tls::load(files)?))
            }
            _ => bail!(
                "settings: `tls.certificate` and `tls.key` are stated together, and `tls.client_ca` with them"
            ),
        }
    }
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(String);

impl Hidden {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

/// What commands show to a service elsewhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown(Option<String>);

impl Shown {
    /// One of a token and a file that holds one.
    ///
    /// # Errors
    /// There are both, or the file cannot be read.
    pub(crate) fn new(token: Option<&str>, file: Option<&PathBuf>) -> anyhow::Result<Self> {
        let token = match (token, file) {
            (Some(_), Some(_)) => bail!("settings: there is one of `token` and `token_file`, not both"),
            (Some(token), None) => Some(token.to_owned()),
            (None, Some(path)) => Some(std::fs::read_to_string(path).with_context(|| {
                format!("file `{}` of setting `token_file` cannot be read", path.display())
            })?),
            (None, None) => None,
        };
        Ok(Self(token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())))
    }

    /// The token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reaches_it_from_elsewhere_shows_a_token() {
        let required = |required: Option<bool>, is_reached: bool| {
            Access { required, ..Access::default() }.required(is_reached).ok()
        };
        assert_eq!(required(None, false), Some(false));
        assert_eq!(required(None, true), Some(true));
        assert_eq!(required(Some(true), false), Some(true));
        assert_eq!(required(Some(false), false), Some(false));
        assert_eq!(required(Some(false), true), None);
    }
}
