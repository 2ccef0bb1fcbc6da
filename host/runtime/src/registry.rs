use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use limpid_model::PluginId;

use crate::{Detector, Feed, LoadError, Plugin, Runtime, Scheme};

/// Which plugins there are.
#[derive(Debug)]
pub struct Registry {
    current: Arc<Snapshot>,
}

/// Which plugins there were at one moment. Whoever works with several of them holds on to one
/// snapshot, so that what it does rests on the same plugins from beginning to end.
#[derive(Debug, Default)]
pub struct Snapshot {
    plugins: Vec<Arc<Plugin>>,
    refused: Vec<Refused>,
}

/// A component that was not loaded.
#[derive(Debug)]
pub struct Refused {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub reason: LoadError,
}

impl Registry {
    /// Loads every `*.wasm` of a directory, several at a time. A component that cannot be loaded
    /// is refused, and the others are loaded; where two have one name, or order the versions of
    /// one scheme, the later by file name is refused.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn load_dir(runtime: &Runtime, dir: &Path) -> io::Result<Self> {
        let paths = components(dir)?;
        let loaded = load_all(runtime, &paths);
        let loaded = paths.into_iter().zip(loaded).collect();
        Ok(Self { current: Arc::new(Snapshot::of(loaded)) })
    }

    /// What is loaded now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current)
    }
}

impl Snapshot {
    fn of(loaded: Vec<(PathBuf, Result<Arc<Plugin>, LoadError>)>) -> Self {
        let mut snapshot = Self::default();
        let mut taken = Taken::default();
        for (path, result) in loaded {
            match result.and_then(|plugin| taken.admit(&path, plugin)) {
                Ok(plugin) => snapshot.plugins.push(plugin),
                Err(reason) => snapshot.refused.push(Refused { path, reason }),
            }
        }
        snapshot
    }

    /// All plugins, by file name.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// What was not loaded, by file name.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
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

/// Names that are taken, and by the component at which path.
#[derive(Default)]
struct Taken {
    names: BTreeMap<String, PathBuf>,
    schemes: BTreeMap<String, PathBuf>,
}

impl Taken {
    fn admit(&mut self, path: &Path, plugin: Arc<Plugin>) -> Result<Arc<Plugin>, LoadError> {
        let name = &plugin.id().name;
        if let Some(other) = self.names.get(name) {
            return Err(LoadError::NameTaken { name: name.clone(), other: other.clone() });
        }
        if let Some(scheme) = plugin.scheme() {
            let scheme = scheme.name().to_owned();
            if let Some(other) = self.schemes.get(&scheme) {
                return Err(LoadError::SchemeTaken { scheme, other: other.clone() });
            }
            self.schemes.insert(scheme, path.to_owned());
        }
        self.names.insert(name.clone(), path.to_owned());
        Ok(plugin)
    }
}

fn components(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// One result for each path, in their order.
fn load_all(runtime: &Runtime, paths: &[PathBuf]) -> Vec<Result<Arc<Plugin>, LoadError>> {
    let next = AtomicUsize::new(0);
    let loaded = Mutex::new(BTreeMap::new());
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(paths.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(place) else { break };
                    let result = load(runtime, path);
                    loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(place, result);
                }
            });
        }
    });
    loaded.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

fn load(runtime: &Runtime, path: &Path) -> Result<Arc<Plugin>, LoadError> {
    let limit = runtime.settings().component_bytes;
    let file = File::open(path).map_err(LoadError::Read)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that what is too large is seen to be.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(LoadError::Read)?;
    runtime.load(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::tests::guest::{GOOD, Guest};

    #[test]
    fn a_bad_component_is_refused_and_the_others_are_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let put = |file: &str, bytes: &[u8]| std::fs::write(dir.path().join(file), bytes).unwrap();
        put("1.wasm", &GOOD.component());
        put("2.wasm", b"not a component");
        put("3.wasm", &Guest { scheme: "other", ..GOOD }.component());
        put("4.wasm", &Guest { name: "other", ..GOOD }.component());
        put("5.wasm", &Guest { name: "third", scheme: "third", ..GOOD }.component());
        put("notes.txt", b"not looked at");

        let settings = Settings { instances: 2, parse_instances: 1, ..Settings::default() };
        let runtime = Runtime::new(settings).unwrap();
        let snapshot = Registry::load_dir(&runtime, dir.path()).unwrap().snapshot();

        let names: Vec<&str> = snapshot.plugins().iter().map(|plugin| plugin.id().name.as_str()).collect();
        assert_eq!(names, ["identity", "third"]);
        let first = dir.path().join("1.wasm").display().to_string();
        let refused: Vec<String> =
            snapshot.refused().iter().map(|refused| refused.reason.to_string()).collect();
        assert_eq!(
            refused,
            [
                "is not WebAssembly: it does not begin with `\\0asm`".to_owned(),
                format!("is named `identity`, and so is {first}"),
                format!("orders the versions of scheme `bytes`, and so does {first}"),
            ],
        );
        assert_eq!(snapshot.scheme("third").unwrap().plugin().name, "third");
        assert!(snapshot.scheme("other").is_none());
        assert!(snapshot.feed("identity").is_none());
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let runtime = Runtime::new(Settings::default()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        assert!(Registry::load_dir(&runtime, &dir.path().join("plugins")).is_err());
        assert!(Registry::load_dir(&runtime, dir.path()).unwrap().snapshot().plugins().is_empty());
    }
}
