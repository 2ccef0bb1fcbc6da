//! Whom others vouch for: subjects of OpenID Connect issuers, and programs that share a key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use limpid_identity::{CodeSettings, IssuerSettings, SharedKeySettings};
use limpid_model::AccessRole;
use limpid_scanner::check_repositories;
use serde::{Deserialize, Serialize};

use super::access::Hidden;

/// Longest file of certificates or of a key, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// Names, of which one may stand alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    fn all(&self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name.clone()],
            Self::Several(names) => names.clone(),
        }
    }
}

/// An OpenID Connect issuer. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Oidc {
    /// Its address, as tokens say it.
    issuer: String,
    /// For whom tokens must be: one of these.
    audience: Names,
    /// By which algorithms tokens may be signed.
    algorithms: Vec<String>,
    /// The claim that names somebody; of a claim within others, all names from the outermost.
    subject_claim: Names,
    /// What claims must say besides.
    required_claims: BTreeMap<String, String>,
    /// The claim that says which roles somebody has.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_claim: Option<Names>,
    /// What its values allow.
    roles: BTreeMap<String, String>,
    /// What is allowed to everybody whose token is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// The claim that says which repositories somebody sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_claim: Option<Names>,
    /// Which repositories somebody sees where no claim says it.
    repositories: Vec<String>,
    /// How far clocks may differ.
    leeway: u64,
    /// How long a token may be good for.
    lifetime: u64,
    /// How often keys are fetched.
    refresh: u64,
    /// How long those are used that were fetched last.
    keep: u64,
    /// A file with who may vouch for its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
    /// Whether it may be at an address that is not public.
    private_addresses: bool,
    /// How people sign in at it on pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<Pages>,
}

/// How people sign in on pages at an issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pages {
    /// What the issuer calls the service.
    client_id: String,
    /// A file that holds what the service shows to the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_file: Option<PathBuf>,
    /// The address at which browsers reach the service.
    address: String,
    /// What is asked for besides `openid`.
    scopes: Vec<String>,
}

impl Pages {
    fn code(&self) -> anyhow::Result<CodeSettings> {
        let secret = self.client_secret_file.as_deref().map(|path| read("client_secret_file", path));
        let secret = secret.transpose()?.map(String::from_utf8).transpose();
        let secret = secret.context("`client_secret_file` is no text")?;
        Ok(CodeSettings {
            client_id: self.client_id.clone(),
            client_secret: secret.map(|secret| secret.trim().to_owned()),
            address: self.address.clone(),
            scopes: self.scopes.clone(),
        })
    }
}

impl Default for Oidc {
    fn default() -> Self {
        let defaults = IssuerSettings::default();
        Self {
            issuer: defaults.issuer,
            audience: Names::Several(defaults.audience),
            algorithms: defaults.algorithms.iter().map(|algorithm| algorithm.to_string()).collect(),
            subject_claim: Names::Several(defaults.subject_claim),
            required_claims: defaults.required_claims,
            role_claim: None,
            roles: BTreeMap::new(),
            role: None,
            repository_claim: None,
            repositories: defaults.repositories,
            leeway: defaults.leeway.as_secs(),
            lifetime: defaults.lifetime.as_secs(),
            refresh: defaults.refresh.as_secs(),
            keep: defaults.keep.as_secs(),
            ca: None,
            private_addresses: defaults.private_addresses,
            pages: None,
        }
    }
}

impl Oidc {
    /// What is taken of the issuer.
    pub(super) fn issuer(&self) -> anyhow::Result<IssuerSettings> {
        let algorithm = |name: &String| {
            let known = IssuerSettings::ALGORITHMS;
            let found = known.into_iter().find(|known| known.as_str() == name);
            found.ok_or_else(|| {
                let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
                anyhow!("`algorithms`: `{name}` is none of {}", known.join(", "))
            })
        };
        check_repositories(&self.repositories).context("`repositories`")?;
        Ok(IssuerSettings {
            issuer: self.issuer.clone(),
            audience: self.audience.all(),
            algorithms: self.algorithms.iter().map(algorithm).collect::<Result<_, _>>()?,
            subject_claim: self.subject_claim.all(),
            required_claims: self.required_claims.clone(),
            role_claim: self.role_claim.as_ref().map(Names::all),
            roles: roles(&self.roles).context("`roles`")?,
            role: self.role.as_deref().map(role).transpose().context("`role`")?,
            repository_claim: self.repository_claim.as_ref().map(Names::all),
            repositories: self.repositories.clone(),
            leeway: Duration::from_secs(self.leeway),
            lifetime: Duration::from_secs(self.lifetime),
            refresh: Duration::from_secs(self.refresh),
            keep: Duration::from_secs(self.keep),
            authorities: self.ca.as_deref().map(|path| read("ca", path)).transpose()?,
            private_addresses: self.private_addresses,
            pages: self.pages.as_ref().map(Pages::code).transpose().context("`pages`")?,
        })
    }
}

/// A key that programs share, as Clair's `auth.psk` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SharedKey {
    /// The key, in base64.
    #[serde(skip_serializing)]
    key: Option<Hidden>,
    /// A file that holds it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
    /// What is allowed to whoever signs as whom (`iss`).
    issuers: BTreeMap<String, String>,
}

impl SharedKey {
    /// The file that holds it.
    pub(super) fn file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    /// The key.
    pub(super) fn key(&self) -> anyhow::Result<SharedKeySettings> {
        let coded = match (&self.key, &self.key_file) {
            (Some(key), None) => key.as_str().as_bytes().to_vec(),
            (None, Some(path)) => read("key_file", path)?,
            _ => bail!("there is one of `key` and `key_file`"),
        };
        let key = BASE64_STANDARD.decode(coded.trim_ascii()).ok();
        let key = key.context("the key is no base64: `openssl rand -base64 32` makes one")?;
        Ok(SharedKeySettings { key, issuers: roles(&self.issuers).context("`issuers`")? })
    }
}

fn role(name: &str) -> anyhow::Result<AccessRole> {
    name.parse().map_err(anyhow::Error::msg)
}

fn roles(stated: &BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, AccessRole>> {
    let role =
        |(of, name): (&String, &String)| Ok((of.clone(), role(name).with_context(|| format!("`{of}`"))?));
    stated.iter().map(role).collect()
}

fn read(setting: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("file `{}` of `{setting}` cannot be read", path.display());
    let metadata = std::fs::metadata(path).with_context(cannot)?;
    if !metadata.is_file() || metadata.len() > FILE_BYTES {
        bail!("`{}` of `{setting}` is no file of at most {FILE_BYTES} bytes", path.display());
    }
    std::fs::read(path).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::super::Access;

    fn load(text: &str) -> Result<(bool, String), String> {
        let access: Access = toml::from_str(text).map_err(|error| error.to_string())?;
        let printed = toml::to_string_pretty(&access).unwrap();
        let again: Access = toml::from_str(&printed).map_err(|error| error.to_string())?;
        let is_named = access.identities().map_err(|error| format!("{error:#}"))?.is_some();
        assert!(again == access || printed.contains("[psk"), "{printed}");
        Ok((is_named, printed))
    }

    #[track_caller]
    fn refused(text: &str, named: &str) {
        let why = load(text).unwrap_err();
        assert!(why.contains(named), "{why}");
    }

    #[test]
    fn an_issuer_has_a_table_of_its_own() {
        assert!(!load("").unwrap().0);
        let issuer = "[oidc.main]\nissuer = 'https://issuer.example'\naudience = 'limpid'\n";
        let full = "role_claim = ['realm_access', 'roles']\nroles = { root = 'admin' }\n\
                    repositories = ['shop/*']\nalgorithms = ['RS256', 'EdDSA']\n\
                    required_claims = { owner = 'acme' }\nsubject_claim = 'email'\n";
        assert!(load(&format!("{issuer}{full}")).unwrap().0);
        refused(issuer, "nobody would be allowed anything");
        refused(&format!("{issuer}role = 'root'"), "`root` is no role");
        refused(&format!("{issuer}role = 'read'\nalgorithms = ['HS256']"), "`HS256` is none of `RS256`");
        refused(&format!("{issuer}role = 'read'\nalgorithms = ['none']"), "`none` is none of");
        refused(&format!("{issuer}role = 'read'\nrepositories = ['a{{']"), "`a{` is no glob");
        refused(&format!("{issuer}role = 'read'\nca = '/none'"), "`/none` of `ca` cannot be read");
        refused(&format!("{issuer}role = 'read'\nrolle = 'read'"), "unknown field `rolle`");
        let twice = issuer.replace("main", "other");
        refused(&format!("{issuer}role = 'read'\n{twice}role = 'read'"), "is that of `main`, too");
    }

    #[test]
    fn a_key_is_base64_and_not_printed() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let (is_named, printed) =
            load(&format!("[psk]\nkey = '{key}'\nissuers = {{ quay = 'operate' }}")).unwrap();
        assert!(is_named && printed.contains("quay") && !printed.contains("AAEC"), "{printed}");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, format!("{key}\n")).unwrap();
        let file = format!("[psk]\nkey_file = '{}'\nissuers = {{ quay = 'operate' }}\n", path.display());
        assert!(load(&file).unwrap().0);
        refused(&format!("{file}[psk.x]"), "unknown field");
        refused("[psk]\nissuers = { quay = 'operate' }", "one of `key` and `key_file`");
        refused("[psk]\nkey = 'AAEC'\nissuers = { quay = 'operate' }", "at least 32");
        refused("[psk]\nkey = '?'\nissuers = { quay = 'operate' }", "no base64");
        refused(&format!("[psk]\nkey = '{key}'"), "`issuers`");
        refused(&format!("[psk]\nkey = '{key}'\nissuers = {{ quay = 'root' }}"), "`quay`");
    }
}
