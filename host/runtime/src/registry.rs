//! Which plugins there are, and how that changes: all transitions go through here, one at a time.
//!
//! A component is read whole, hashed, checked, compiled, compared with the contract and asked its
//! first question before it takes the place of another; whatever fails on that way, what runs goes
//! on running, and the failure is shown. Calls that began with the old one end with it.

mod files;
mod snapshot;
mod versions;
mod watch;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use limpid_model::{Digest, PluginId, Role};

use crate::{CallTimes, LoadError, Plugin, Runtime};
use files::{Loaded, Stamp};
pub use snapshot::{LeftOut, Refused, Snapshot};
pub use versions::Version;
use versions::Versions;
pub use watch::Watch;

/// The plugins of a directory. Clones are the same registry.
#[derive(Clone)]
pub struct Registry(Arc<Shared>);

struct Shared {
    runtime: Runtime,
    directory: PathBuf,
    versions: Option<Versions>,
    /// What plugins are loaded for.
    wanted: Vec<Role>,
    current: RwLock<Arc<Snapshot>>,
    /// Kept through a transition.
    files: Mutex<BTreeMap<PathBuf, Known>>,
    listeners: Mutex<Vec<Listener>>,
}

/// Who is told of a change: just before it takes effect, and when it has.
#[derive(Clone)]
struct Listener {
    before: Told,
    after: Told,
}

type Told = Arc<dyn Fn(&Change) + Send + Sync>;

/// What is known of a file of the directory.
#[derive(Default)]
struct Known {
    /// How the file looked when it was last loaded.
    stamp: Option<Stamp>,
    /// How it looks now, where that differs; it is loaded when it looks like that again.
    changing: Option<Stamp>,
    /// What runs of it.
    plugin: Option<Arc<Plugin>>,
    refused: Option<Arc<Refused>>,
    left_out: Option<LeftOut>,
}

/// All that plugins can be asked for.
const ALL: [Role; 3] = [Role::Detector, Role::Feed, Role::Scheme];

/// A plugin that was loaded, replaced or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What ran before.
    pub before: Option<PluginId>,
    /// What runs from now on.
    pub after: Option<PluginId>,
}

/// Why a change of plugins was not made. What ran before goes on.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The component is no plugin of this host.
    #[error("the component {0}")]
    Refused(#[source] LoadError),
    /// It says that it is another plugin.
    #[error("the component states as its name `{stated}`, not `{given}`")]
    OtherName {
        /// The name under which it was to be put.
        given: String,
        /// The name in its metadata.
        stated: String,
    },
    /// There is no such plugin.
    #[error("no plugin named `{0}` is loaded; `limpid plugin list` shows those that are")]
    NotLoaded(String),
    /// There is nothing to go back to.
    #[error("no earlier version of plugin `{0}` is kept; `GET /v1/plugins/{0}` shows those that are")]
    NoEarlier(String),
    /// That version is not kept.
    #[error("version {digest} of plugin `{name}` is not kept")]
    NoVersion {
        /// The plugin.
        name: String,
        /// What was asked for.
        digest: Digest,
    },
    /// The directory could not be changed.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl Registry {
    /// Loads every `*.wasm` of a directory, several at a time. A component that cannot be loaded
    /// is refused, and the others are loaded; where two have one name, or order the versions of
    /// one scheme, one is refused: the one that has never run, or else the later by file name.
    /// Nothing is kept of earlier versions.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn load_dir(runtime: &Runtime, dir: &Path) -> io::Result<Self> {
        Self::build(runtime, dir, None, &ALL)
    }

    /// The same, and keeps the last versions of each plugin in another directory.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn with_versions(runtime: &Runtime, dir: &Path, versions: &Path) -> io::Result<Self> {
        Self::build(runtime, dir, Some(Versions::new(versions.to_owned())), &ALL)
    }

    /// The same, and loads only plugins that have one of these roles: a command that indexes an image needs no
    /// feeds. Roles are read from what components export, before anything is compiled; the others are
    /// [left out](Snapshot::left_out).
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn with_roles(runtime: &Runtime, dir: &Path, versions: &Path, roles: &[Role]) -> io::Result<Self> {
        Self::build(runtime, dir, Some(Versions::new(versions.to_owned())), roles)
    }

    fn build(runtime: &Runtime, dir: &Path, versions: Option<Versions>, wanted: &[Role]) -> io::Result<Self> {
        let registry = Self(Arc::new(Shared {
            runtime: runtime.clone(),
            directory: dir.to_owned(),
            versions,
            wanted: wanted.to_owned(),
            current: RwLock::default(),
            files: Mutex::default(),
            listeners: Mutex::default(),
        }));
        let listed = files::list(dir)?;
        let paths: Vec<PathBuf> = listed.keys().cloned().collect();
        let loaded = files::load_all(runtime, &paths, wanted);
        let mut known = registry.files();
        let mut results: Vec<_> = listed.into_iter().zip(loaded).collect();
        // A file that was dropped in beside one of its name must not win by a restart.
        let has_run = |result: &Result<Loaded, LoadError>| match result {
            Ok(Loaded::Plugin(plugin)) => registry.has_run(plugin.id()),
            _ => false,
        };
        results.sort_by_key(|(_, result)| !has_run(result));
        for ((path, stamp), result) in results {
            registry.settle(&mut known, &path, Some(stamp), result);
        }
        registry.publish(&known);
        drop(known);
        registry.forget_compiled();
        Ok(registry)
    }

    /// Removes what a process left that was killed while it replaced a plugin, from the directory and from that of earlier
    /// versions. For a service that begins: what another process is writing at this moment is removed as well.
    ///
    /// # Errors
    /// A directory cannot be read, or a file not be removed.
    pub fn remove_left_over(&self) -> io::Result<()> {
        files::remove_staged(&self.0.directory)?;
        self.0.versions.as_ref().map_or(Ok(()), Versions::remove_staged)
    }

    /// Size of a component, in bytes, that is loaded at most.
    pub fn component_bytes(&self) -> u64 {
        self.0.runtime.settings().component_bytes
    }

    /// How calls of plugins went since the runtime was made.
    pub fn times(&self) -> &CallTimes {
        self.0.runtime.times()
    }

    /// What is loaded now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `before` just before each change takes effect and `after` when it has, from the thread
    /// that makes it.
    pub fn on_change(
        &self,
        before: impl Fn(&Change) + Send + Sync + 'static,
        after: impl Fn(&Change) + Send + Sync + 'static,
    ) {
        let listener = Listener { before: Arc::new(before), after: Arc::new(after) };
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Looks at the directory: what has gone is removed, and what has looked the same twice is
    /// loaded.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn refresh(&self) -> io::Result<()> {
        let listed = files::list(&self.0.directory)?;
        let due = self.due(listed);
        // Compiling takes its time, and a put or a rollback does not wait for it.
        let paths: Vec<PathBuf> = due.iter().map(|(path, _)| path.clone()).collect();
        let loaded = files::load_all(&self.0.runtime, &paths, &self.0.wanted);
        let mut known = self.files();
        for ((path, stamp), result) in due.into_iter().zip(loaded) {
            // Where somebody put another there meanwhile, that one is looked at next time.
            if Stamp::of(&path).is_ok_and(|now| now == stamp) {
                self.settle(&mut known, &path, Some(stamp), result);
            }
        }
        self.publish(&known);
        Ok(())
    }

    /// Forgets files that are gone, and says which have settled since they were last loaded.
    fn due(&self, listed: BTreeMap<PathBuf, Stamp>) -> Vec<(PathBuf, Stamp)> {
        let mut known = self.files();
        let before = known.len();
        known.retain(|path, _| listed.contains_key(path));
        let freed = known.len() < before;
        let mut due = Vec::new();
        for (path, stamp) in listed {
            let file = known.entry(path.clone()).or_default();
            // A name or scheme that was taken may be free by now.
            let retry = freed && file.refused.as_ref().is_some_and(|refused| refused.reason.is_conflict());
            if file.stamp == Some(stamp) && !retry {
                file.changing = None;
            } else if file.changing == Some(stamp) || retry {
                due.push((path, stamp));
            } else {
                file.changing = Some(stamp);
            }
        }
        due
    }

    /// Whether a version of a plugin has run before, as far as versions are kept.
    fn has_run(&self, id: &PluginId) -> bool {
        self.versions(&id.name).iter().any(|version| version.digest == id.digest)
    }

    /// Loads a component and, where it is good, puts it into the directory in the place of the one
    /// of its name.
    ///
    /// # Errors
    /// [`ChangeError`]; what ran before goes on.
    pub fn put(
        &self,
        name: &str,
        component: &[u8],
        signature: Option<&str>,
    ) -> Result<PluginId, ChangeError> {
        let plugin = self.load(component, signature)?;
        let id = plugin.id().clone();
        if id.name != name {
            return Err(ChangeError::OtherName { given: name.to_owned(), stated: id.name });
        }
        self.install(plugin, component, signature)?;
        Ok(id)
    }

    /// The same under whatever name the component has. Says what it replaced.
    ///
    /// # Errors
    /// [`ChangeError`]; what ran before goes on.
    pub fn add(&self, component: &[u8], signature: Option<&str>) -> Result<Change, ChangeError> {
        let plugin = self.load(component, signature)?;
        let after = Some(plugin.id().clone());
        let before = self.install(plugin, component, signature)?;
        Ok(Change { before, after })
    }

    fn load(&self, component: &[u8], signature: Option<&str>) -> Result<Arc<Plugin>, ChangeError> {
        self.0.runtime.load_signed(component, signature).map_err(ChangeError::Refused)
    }

    /// Puts a plugin that was loaded into the directory. Returns what ran before.
    fn install(
        &self,
        plugin: Arc<Plugin>,
        component: &[u8],
        signature: Option<&str>,
    ) -> Result<Option<PluginId>, ChangeError> {
        let name = &plugin.id().name;
        let mut known = self.files();
        let path = place_of(&known, name).unwrap_or_else(|| self.free_place(&known, plugin.id()));
        admit(&known, &path, &plugin).map_err(ChangeError::Refused)?;
        let before = known.get(&path).and_then(|file| file.plugin.as_ref()).map(|plugin| plugin.id().clone());
        let doing = |source| ChangeError::Io { doing: format!("writing `{}`", path.display()), source };
        files::write(&path, component, signature).map_err(doing)?;
        let stamp = Stamp::of(&path).ok();
        self.settle(&mut known, &path, stamp, Ok(Loaded::Plugin(plugin)));
        self.publish(&known);
        Ok(before)
    }

    /// Where a plugin goes that has no place yet: a file of its name, unless another plugin runs
    /// from that.
    fn free_place(&self, known: &BTreeMap<PathBuf, Known>, id: &PluginId) -> PathBuf {
        let own = self.0.directory.join(format!("{}.wasm", id.name));
        if known.get(&own).is_none_or(|file| file.plugin.is_none()) {
            return own;
        }
        self.0.directory.join(format!("{}-{}.wasm", id.name, id.digest.hex()))
    }

    /// Removes a plugin and its file. Its versions are kept.
    ///
    /// # Errors
    /// [`ChangeError::NotLoaded`], or the file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), ChangeError> {
        let mut known = self.files();
        let path = place_of(&known, name).ok_or_else(|| ChangeError::NotLoaded(name.to_owned()))?;
        files::remove(&path)
            .map_err(|source| ChangeError::Io { doing: format!("removing `{}`", path.display()), source })?;
        known.remove(&path);
        self.publish(&known);
        Ok(())
    }

    /// Goes back to a version that is kept; where none is named, to the one before.
    ///
    /// # Errors
    /// [`ChangeError`]; what ran before goes on.
    pub fn rollback(&self, name: &str, to: Option<&Digest>) -> Result<PluginId, ChangeError> {
        let versions = self.versions(name);
        let running = self.snapshot().named(name).map(|plugin| plugin.id().digest);
        if versions.is_empty() && running.is_none() {
            return Err(ChangeError::NotLoaded(name.to_owned()));
        }
        let target = match to {
            Some(digest) => versions
                .iter()
                .find(|version| version.digest == *digest)
                .ok_or_else(|| ChangeError::NoVersion { name: name.to_owned(), digest: *digest })?,
            None => versions
                .iter()
                .skip_while(|version| running.is_some_and(|running| version.digest != running))
                .find(|version| Some(version.digest) != running)
                .ok_or_else(|| ChangeError::NoEarlier(name.to_owned()))?,
        };
        let Some(kept) = &self.0.versions else { return Err(ChangeError::NoEarlier(name.to_owned())) };
        let (component, signature) = kept.read(name, target).map_err(|source| ChangeError::Io {
            doing: format!("reading version {} of plugin `{name}`", target.digest),
            source,
        })?;
        self.put(name, &component, signature.as_deref())
    }

    /// The versions of a plugin that are kept, latest first; the one that runs among them.
    pub fn versions(&self, name: &str) -> Vec<Version> {
        self.0.versions.as_ref().map(|versions| versions.of(name)).unwrap_or_default()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Known>> {
        self.0.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down what came of loading a file.
    fn settle(
        &self,
        known: &mut BTreeMap<PathBuf, Known>,
        path: &Path,
        stamp: Option<Stamp>,
        result: Result<Loaded, LoadError>,
    ) {
        let admitted = match result {
            Ok(Loaded::Plugin(plugin)) => admit(known, path, &plugin).map(|()| plugin),
            Ok(Loaded::LeftOut(left_out)) => {
                let file = Known { stamp, left_out: Some(left_out), ..Known::default() };
                known.insert(path.to_owned(), file);
                return;
            }
            Err(reason) => Err(reason),
        };
        let file = known.entry(path.to_owned()).or_default();
        file.stamp = stamp;
        file.changing = None;
        file.left_out = None;
        match admitted {
            Ok(plugin) => {
                let (id, place) = (plugin.id(), path.display());
                // Where nobody listens yet, all are loaded at once, and whoever begins tells of all.
                if self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                    tracing::debug!(
                        plugin = id.name,
                        version = id.version,
                        "loaded plugin {id} from `{place}`"
                    );
                } else {
                    tracing::info!(
                        plugin = id.name,
                        version = id.version,
                        "loaded plugin {id} from `{place}`"
                    );
                }
                self.keep_version(plugin.id(), path);
                file.plugin = Some(plugin);
                file.refused = None;
            }
            Err(reason) => {
                tracing::warn!("plugin `{}` is refused: it {reason}", path.display());
                let is_replaced = file.plugin.is_some();
                file.refused = Some(Arc::new(Refused { path: path.to_owned(), reason, is_replaced }));
            }
        }
    }

    fn keep_version(&self, id: &PluginId, path: &Path) {
        let Some(versions) = &self.0.versions else { return };
        if let Err(error) = versions.keep(id, path) {
            tracing::warn!(%error, "version {} of plugin `{}` cannot be kept", id.digest, id.name);
        }
    }

    /// Makes what is known now the current snapshot, and tells whoever listens what has changed.
    fn publish(&self, known: &BTreeMap<PathBuf, Known>) {
        let next = Arc::new(Snapshot {
            plugins: known.values().filter_map(|file| file.plugin.clone()).collect(),
            refused: known.values().filter_map(|file| file.refused.clone()).collect(),
            left_out: known.values().filter_map(|file| file.left_out.clone()).collect(),
        });
        let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let changes = changes(&self.snapshot(), &next);
        let tell = |each: fn(&Listener) -> &Told| {
            for change in &changes {
                listeners.iter().for_each(|listener| each(listener)(change));
            }
        };
        tell(|listener| &listener.before);
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        tell(|listener| &listener.after);
    }

    /// Compiled forms of components that neither run nor are kept are of no more use.
    fn forget_compiled(&self) {
        let snapshot = self.snapshot();
        let mut used: HashSet<Digest> =
            snapshot.left_out().iter().map(|left_out| left_out.id.digest).collect();
        for plugin in snapshot.plugins() {
            used.insert(plugin.id().digest);
            used.extend(self.versions(&plugin.id().name).into_iter().map(|version| version.digest));
        }
        self.0.runtime.forget_compiled_except(&used);
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Registry").field(&self.0.directory).finish()
    }
}

fn place_of(known: &BTreeMap<PathBuf, Known>, name: &str) -> Option<PathBuf> {
    let runs = |file: &Known| file.plugin.as_ref().is_some_and(|plugin| plugin.id().name == name);
    known.iter().find(|(_, file)| runs(file)).map(|(path, _)| path.clone())
}

/// Whether the plugin of a file may run beside those of all other files.
fn admit(known: &BTreeMap<PathBuf, Known>, path: &Path, plugin: &Plugin) -> Result<(), LoadError> {
    let name = &plugin.id().name;
    let scheme = plugin.scheme().map(|scheme| scheme.name());
    let others = known.iter().filter(|(other, _)| *other != path);
    for (other, running) in others.filter_map(|(other, file)| Some((other, file.plugin.as_ref()?))) {
        if running.id().name == *name {
            return Err(LoadError::NameTaken { name: name.clone(), other: other.clone() });
        }
        if let Some(scheme) = scheme.filter(|name| running.scheme().is_some_and(|s| s.name() == *name)) {
            return Err(LoadError::SchemeTaken { scheme: scheme.to_owned(), other: other.clone() });
        }
    }
    Ok(())
}

/// What differs, by name.
fn changes(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let ids = |snapshot: &Snapshot| -> BTreeMap<String, PluginId> {
        snapshot.plugins().iter().map(|plugin| (plugin.id().name.clone(), plugin.id().clone())).collect()
    };
    let mut old = ids(before);
    let mut changes: Vec<Change> = Vec::new();
    for (name, after) in ids(after) {
        let before = old.remove(&name);
        if before.as_ref() != Some(&after) {
            changes.push(Change { before, after: Some(after) });
        }
    }
    changes.extend(old.into_values().map(|before| Change { before: Some(before), after: None }));
    changes
}

#[cfg(test)]
mod tests;
