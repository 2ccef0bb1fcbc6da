use limpid_model::PluginId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Word;

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
        let versions = known.versions.iter().map(ToString::to_string).collect();
        Self { plugin: known.plugin.into(), versions }
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
