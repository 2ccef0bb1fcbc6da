use limpid_model::PluginId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Word, time};

/// Which plugin.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PluginRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of its component.
    pub digest: String,
}

/// A plugin that is loaded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plugin {
    /// Which.
    #[serde(flatten)]
    pub id: PluginRef,
    /// `detector`, `feed`, `scheme`.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Word>,
    /// The scheme that it orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scheme: Option<String>,
    /// Why it is not called any more, where it failed too often.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quarantined: Option<String>,
    /// What it says of itself.
    #[schema(required)]
    pub description: Option<String>,
    /// Its licence.
    #[schema(required)]
    pub license: Option<String>,
    /// Who wrote it.
    #[schema(required)]
    pub authors: Option<String>,
    /// Where its source is.
    #[schema(required)]
    pub source: Option<String>,
}

/// A plugin, and the versions of it that are kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PluginWithVersions {
    /// The plugin.
    #[serde(flatten)]
    pub plugin: Plugin,
    /// Digests of the versions to which it can be rolled back, latest first; the one that runs is
    /// among them.
    pub versions: Vec<String>,
    /// Versions of the contract that it exports, oldest first.
    #[serde(default)]
    #[schema(required)]
    pub contracts: Vec<String>,
    /// What it may use.
    #[serde(default)]
    #[schema(required)]
    pub limits: Vec<PluginLimit>,
    /// How calls of it have failed lately, the last first; 100 at most. Those of before a restart are among them, except
    /// those of the last minute before a process that was killed.
    #[serde(default)]
    #[schema(required)]
    pub failures: Vec<RecentFailure>,
}

/// What a plugin may use.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PluginLimit {
    /// The setting that says so. Its end names the unit: `_bytes`, `_time` (seconds), or a number of things.
    pub setting: String,
    /// How much.
    pub limit: u64,
}

/// Calls of a plugin that failed alike for one cause.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecentFailure {
    /// What the calls were made for: an image, a source.
    pub cause: String,
    /// Which function was called last.
    pub call: String,
    /// How it failed: `time`, `memory`, `tables`, `output`, `trap`, `contract`, `refused`, `host`.
    #[schema(value_type = String)]
    pub kind: Word,
    /// Who is to blame: `plugin`, `input`, `host`.
    #[schema(value_type = String)]
    pub blame: Word,
    /// What happened last.
    pub message: String,
    /// How often.
    pub times: u64,
    /// When for the first time.
    pub first_at: String,
    /// When for the last time.
    pub last_at: String,
    /// Whether the plugin is not called for this cause until ten minutes have passed since it failed last: too many calls
    /// have failed by its own fault (`plugins.quarantine_after`).
    pub avoided: bool,
}

/// All plugins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plugins {
    /// Those that are loaded, by name.
    pub plugins: Vec<Plugin>,
    /// Files that are no plugins of this Limpid, and why.
    pub refused: Vec<RefusedPlugin>,
}

/// A file in the plugins directory that was not loaded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RefusedPlugin {
    /// Its name in the directory.
    pub file: String,
    /// Why.
    pub reason: String,
}

impl From<PluginId> for PluginRef {
    fn from(id: PluginId) -> Self {
        Self { name: id.name, version: id.version, digest: id.digest.to_string() }
    }
}

impl From<limpid_model::PluginState> for Plugin {
    fn from(plugin: limpid_model::PluginState) -> Self {
        Self {
            id: plugin.id.into(),
            roles: plugin.roles.iter().map(|role| role.as_str().into()).collect(),
            scheme: plugin.scheme,
            quarantined: plugin.quarantined,
            description: plugin.description,
            license: plugin.license,
            authors: plugin.authors,
            source: plugin.source,
        }
    }
}

impl From<limpid_model::PluginVersions> for PluginWithVersions {
    fn from(known: limpid_model::PluginVersions) -> Self {
        let limit =
            |limit: limpid_model::PluginLimit| PluginLimit { setting: limit.setting, limit: limit.limit };
        Self {
            plugin: known.plugin.into(),
            versions: known.versions.iter().map(ToString::to_string).collect(),
            contracts: known.contracts,
            limits: known.limits.into_iter().map(limit).collect(),
            failures: known.failures.into_iter().map(RecentFailure::from).collect(),
        }
    }
}

impl From<limpid_model::RecentFailure> for RecentFailure {
    fn from(failure: limpid_model::RecentFailure) -> Self {
        Self {
            cause: failure.cause,
            call: failure.call,
            kind: failure.kind.as_str().into(),
            blame: failure.blame.as_str().into(),
            message: failure.message,
            times: failure.times,
            first_at: time(failure.first_at),
            last_at: time(failure.last_at),
            avoided: failure.is_avoided,
        }
    }
}

impl From<limpid_model::Plugins> for Plugins {
    fn from(plugins: limpid_model::Plugins) -> Self {
        let refused = |refused: limpid_model::RefusedPlugin| RefusedPlugin {
            file: refused.file,
            reason: refused.reason,
        };
        Self {
            plugins: plugins.loaded.into_iter().map(Plugin::from).collect(),
            refused: plugins.refused.into_iter().map(refused).collect(),
        }
    }
}
