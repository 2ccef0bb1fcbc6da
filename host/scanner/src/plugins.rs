//! Changing plugins while the service runs.

use limpid_model::{Digest, PluginId, PluginVersions};
use limpid_runtime::{Plugin, Registry, Snapshot};

use crate::Error;

/// The error of a feed that nobody reads.
pub(crate) fn no_feed(plugins: &Snapshot, feed: &str) -> Error {
    let known = plugins.feeds().map(|feed| feed.name().to_owned()).collect();
    Error::NoFeed { name: feed.to_owned(), known }
}

/// Size of a component, in bytes, that is taken at most.
pub(crate) fn component_bytes(registry: &Registry) -> u64 {
    registry.component_bytes()
}

/// Takes a component in the place of the plugin of its name. The signature is one over the text
/// of its digest, for setting `plugins.allow`.
///
/// # Errors
/// [`Error::Change`]; what ran before goes on.
pub(crate) fn put_plugin(
    registry: &Registry,
    name: &str,
    component: &[u8],
    signature: Option<&str>,
) -> Result<PluginId, Error> {
    let id = registry.put(name, component, signature)?;
    tracing::info!("plugin {id} is taken");
    Ok(id)
}

/// Removes a plugin. Its versions are kept.
///
/// # Errors
/// [`Error::Change`] where there is no such plugin.
pub(crate) fn remove_plugin(registry: &Registry, name: &str) -> Result<(), Error> {
    registry.remove(name)?;
    tracing::info!("plugin `{name}` is removed");
    Ok(())
}

/// Goes back to an earlier version of a plugin; to the one before where none is named.
///
/// # Errors
/// [`Error::Change`] where none is kept; what ran before goes on.
pub(crate) fn roll_back_plugin(
    registry: &Registry,
    name: &str,
    to: Option<&Digest>,
) -> Result<PluginId, Error> {
    let id = registry.rollback(name, to)?;
    tracing::info!("plugin {id} is back");
    Ok(id)
}

/// Gives a quarantined plugin another chance.
///
/// # Errors
/// [`Error::Change`] where there is no such plugin.
pub(crate) fn release_plugin(plugins: &Snapshot, name: &str) -> Result<PluginId, Error> {
    let plugin = named(plugins, name)?;
    plugin.release();
    tracing::info!("plugin {} is released", plugin.id());
    Ok(plugin.id().clone())
}

/// A plugin and the versions of it that are kept.
///
/// # Errors
/// [`Error::Change`] where there is no such plugin.
pub(crate) fn plugin(plugins: &Snapshot, registry: &Registry, name: &str) -> Result<PluginVersions, Error> {
    let plugin = named(plugins, name)?;
    let versions = registry.versions(name).into_iter().map(|version| version.digest).collect();
    Ok(PluginVersions {
        plugin: plugin.state(),
        contracts: plugin.contracts(),
        limits: plugin.limits(),
        failures: plugin.failures(),
        versions,
    })
}

fn named<'p>(plugins: &'p Snapshot, name: &str) -> Result<&'p Plugin, Error> {
    let plugin = plugins.named(name).map(|plugin| &**plugin);
    plugin.ok_or_else(|| Error::Change(limpid_runtime::ChangeError::NotLoaded(name.to_owned())))
}
