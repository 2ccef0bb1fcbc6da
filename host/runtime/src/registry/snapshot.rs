use std::path::{Path, PathBuf};
use std::sync::Arc;

use limpid_model::{PluginId, Plugins, RefusedPlugin, Role};

use crate::{Detector, Feed, LoadError, Plugin, Scheme};

/// Which plugins there were at one moment. Whoever works with several of them holds on to one
/// snapshot, so that what it does rests on the same plugins from beginning to end.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub(super) plugins: Vec<Arc<Plugin>>,
    pub(super) refused: Vec<Arc<Refused>>,
    pub(super) left_out: Vec<LeftOut>,
}

/// A component that was not loaded because nobody needs what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Who it says that it is.
    pub id: PluginId,
    /// What it could be asked for.
    pub roles: Vec<Role>,
}

/// A component that was not loaded. Where it was to replace one that runs, that one goes on.
#[derive(Debug)]
pub struct Refused {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub reason: LoadError,
    /// Whether what ran before goes on in its place.
    pub is_replaced: bool,
}

impl Snapshot {
    /// What is shown of all of them.
    pub fn state(&self) -> Plugins {
        let refused = self.refused.iter().map(|refused| RefusedPlugin {
            file: file_name(&refused.path),
            reason: limpid_model::chain(&refused.reason),
        });
        let loaded = self.plugins.iter().map(|plugin| plugin.state()).collect();
        Plugins { loaded, refused: refused.collect() }
    }

    /// All plugins, by file name.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// What was not loaded, by file name.
    pub fn refused(&self) -> &[Arc<Refused>] {
        &self.refused
    }

    /// The names of files that were not loaded and in whose place nothing runs, in their order.
    pub fn missing(&self) -> Vec<String> {
        let missing = self.refused.iter().filter(|refused| !refused.is_replaced);
        missing.map(|refused| file_name(&refused.path)).collect()
    }

    /// What was not loaded because [nobody needs it](crate::Registry::with_roles), by file name.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The names of all feeds that there are, loaded or left out.
    pub fn feed_names(&self) -> impl Iterator<Item = &str> {
        let left_out = self.left_out.iter().filter(|left_out| left_out.roles.contains(&Role::Feed));
        self.feeds().map(|feed| feed.name()).chain(left_out.map(|left_out| left_out.id.name.as_str()))
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

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
