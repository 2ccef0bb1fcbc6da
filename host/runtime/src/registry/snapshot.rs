use std::path::PathBuf;
use std::sync::Arc;

use limpid_model::PluginId;

use crate::{Detector, Feed, LoadError, Plugin, Scheme};

/// Which plugins there were at one moment. Whoever works with several of them holds on to one
/// snapshot, so that what it does rests on the same plugins from beginning to end.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub(super) plugins: Vec<Arc<Plugin>>,
    pub(super) refused: Vec<Arc<Refused>>,
}

/// A component that was not loaded. Where it was to replace one that runs, that one goes on.
#[derive(Debug)]
pub struct Refused {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub reason: LoadError,
}

impl Snapshot {
    /// All plugins, by file name.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// What was not loaded, by file name.
    pub fn refused(&self) -> &[Arc<Refused>] {
        &self.refused
    }

    /// The plugin of that name.
    pub fn named(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.plugins.iter().find(|plugin| plugin.id().name == name)
    }

    /// The plugin of that identity, down to the build.
    pub fn plugin(&self, id: &PluginId) -> Option<&Arc<Plugin>> {
        self.plugins.iter().find(|plugin| plugin.id() == id)
    }

    /// All detectors.
    pub fn detectors(&self) -> impl Iterator<Item = Detector<'_>> {
        self.plugins.iter().filter_map(|plugin| plugin.detector())
    }

    /// All feeds.
    pub fn feeds(&self) -> impl Iterator<Item = Feed<'_>> {
        self.plugins.iter().filter_map(|plugin| plugin.feed())
    }

    /// All schemes.
    pub fn schemes(&self) -> impl Iterator<Item = Scheme<'_>> {
        self.plugins.iter().filter_map(|plugin| plugin.scheme())
    }

    /// The feed of that name.
    pub fn feed(&self, name: &str) -> Option<Feed<'_>> {
        self.feeds().find(|feed| feed.name() == name)
    }

    /// The scheme of that name.
    pub fn scheme(&self, name: &str) -> Option<Scheme<'_>> {
        self.schemes().find(|scheme| scheme.name() == name)
    }
}
