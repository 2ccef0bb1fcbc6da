use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize, Serializer};

/// How registries are asked: the settings `registries.*`. Times are in seconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrySettings {
    /// How often an address is asked, or a layer resumed without a byte of it having come.
    pub attempts: u32,
    /// How long to wait after the first failure; twice as long after each further one.
    #[serde(with = "seconds")]
    pub backoff: Duration,
    /// How long to wait at most before another try. A registry that asks for more time is not asked again.
    #[serde(with = "seconds")]
    pub longest_wait: Duration,
    /// How long a connection may take to be made.
    #[serde(with = "seconds")]
    pub connect_time: Duration,
    /// How long nothing of an answer may come.
    #[serde(with = "seconds")]
    pub idle_time: Duration,
    /// How long a manifest, a token or a page of a list may take.
    #[serde(with = "seconds")]
    pub answer_time: Duration,
    /// How long a layer may take, with all tries.
    #[serde(with = "seconds")]
    pub layer_time: Duration,
    /// Bytes a second that have to come of a layer, over the time of `idle_time`; 0: any.
    pub least_rate: u64,
    /// Size of a layer as it is stored.
    pub layer_bytes: u64,
    /// Size of a manifest, a configuration or a page of a list.
    pub manifest_bytes: u64,
    /// Pages of one list of repositories or tags.
    pub pages: u64,
    /// Names of one list of repositories or tags.
    pub names: u64,
    /// How long a credential helper may take.
    #[serde(with = "seconds")]
    pub helper_time: Duration,
    /// Docker's configuration file, whose credentials the service shows to registries. Commands read the one
    /// of whoever runs them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_config: Option<PathBuf>,
    /// Whether the service runs the credential helpers that this file names. Commands do.
    pub credential_helpers: bool,
    /// What holds for one registry only, by its host, with its port where that is named.
    #[serde(flatten)]
    pub each: BTreeMap<String, OneRegistry>,
}

/// What holds for one registry: the settings `registries."HOST".*`. That it is named there also lets requests
/// go to it where its address is internal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneRegistry {
    /// What is asked before it, in this order: hosts, with a beginning of repositories where the mirror has
    /// one (`mirror.example/hub`), and `http://` before those that are not encrypted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
    /// Further internal hosts, with their ports, to which it may lead: those of its tokens and its storage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Whether it is asked unencrypted; those on this machine are where nothing is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_http: Option<bool>,
    /// A file of certificates (PEM) of who may vouch for it, in place of whom the system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// A file with the certificate (PEM) that it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<PathBuf>,
    /// A file with the key (PEM) of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    /// The user as whom it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// A file with the user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// An identity token, for which it gives others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            attempts: 5,
            backoff: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            connect_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
            answer_time: Duration::from_secs(120),
            layer_time: Duration::from_secs(3600),
            least_rate: 16 << 10,
            layer_bytes: 16 << 30,
            manifest_bytes: 4 << 20,
            pages: 10_000,
            names: 1_000_000,
            helper_time: Duration::from_secs(30),
            docker_config: None,
            credential_helpers: false,
            each: BTreeMap::new(),
        }
    }
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}
