//! Changing plugins while the service runs.

use std::sync::Arc;

use limpid_model::{Digest, PluginId};
use limpid_runtime::{Plugin, Snapshot, Version};

use crate::{Error, Scanner};

/// The error of a feed that nobody reads.
pub(crate) fn no_feed(plugins: &Snapshot, feed: &str) -> Error {
    let known = plugins.feeds().map(|feed| feed.name().to_owned()).collect();
    Error::NoFeed { name: feed.to_owned(), known }
}

impl Scanner {
    /// Size of a component, in bytes, that is taken at most.
    pub fn component_bytes(&self) -> u64 {
        self.registry().component_bytes()
    }

    /// Takes a component in the place of the plugin of its name. The signature is one over the text
    /// of its digest, for setting `plugins.allow`.
    ///
    /// # Errors
    /// [`Error::Change`]; what ran before goes on.
    pub fn put_plugin(
        &self,
        name: &str,
        component: &[u8],
        signature: Option<&str>,
    ) -> Result<PluginId, Error> {
        let id = self.registry().put(name, component, signature)?;
        tracing::info!("plugin {id} is taken");
        Ok(id)
    }

    /// Removes a plugin. Its versions are kept.
    ///
    /// # Errors
    /// [`Error::Change`] where there is no such plugin.
    pub fn remove_plugin(&self, name: &str) -> Result<(), Error> {
        self.registry().remove(name)?;
        tracing::info!("plugin `{name}` is removed");
        Ok(())
    }

    /// Goes back to an earlier version of a plugin; to the one before where none is named.
    ///
    /// # Errors
    /// [`Error::Change`] where none is kept; what ran before goes on.
    pub fn roll_back_plugin(&self, name: &str, to: Option<&Digest>) -> Result<PluginId, Error> {
        let id = self.registry().rollback(name, to)?;
        tracing::info!("plugin {id} is back");
        Ok(id)
    }

    /// Gives a quarantined plugin another chance.
    ///
    /// # Errors
    /// [`Error::Change`] where there is no such plugin.
    pub fn release_plugin(&self, name: &str) -> Result<PluginId, Error> {
        let (plugin, _) = self.plugin(name)?;
        plugin.release();
        tracing::info!("plugin {} is released", plugin.id());
        Ok(plugin.id().clone())
    }

    /// A plugin and the versions of it that are kept.
    ///
    /// # Errors
    /// [`Error::Change`] where there is no such plugin.
    pub fn plugin(&self, name: &str) -> Result<(Arc<Plugin>, Vec<Version>), Error> {
        let plugins = self.plugins();
        let plugin = plugins
            .named(name)
            .ok_or_else(|| Error::Change(limpid_runtime::ChangeError::NotLoaded(name.to_owned())))?;
        Ok((Arc::clone(plugin), self.registry().versions(name)))
    }
}
