//! Versions as keys: asked of the scheme plugins in batches, once for each version.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::{Digest, Key, KeyedVersion, Keys};
use limpid_runtime::{Scheme, Snapshot};

use crate::{Error, Scanner};

/// Versions to be ordered, by scheme.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What they are wanted for: an image, a source of a feed.
    cause: String,
    by_scheme: BTreeMap<String, BTreeSet<String>>,
}

impl Wanted {
    pub(crate) fn of(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), by_scheme: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, scheme: &str, version: &str) {
        match self.by_scheme.get_mut(scheme) {
            Some(versions) if versions.contains(version) => {}
            Some(versions) => {
                versions.insert(version.to_owned());
            }
            None => {
                self.by_scheme.insert(scheme.to_owned(), BTreeSet::from([version.to_owned()]));
            }
        }
    }
}

/// The keys of versions, and who computed them, by scheme.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys(HashMap<String, OfScheme>);

#[derive(Debug)]
struct OfScheme {
    component: Option<Digest>,
    /// In their order, as their keys.
    versions: Vec<String>,
    keys: Keys,
}

impl KnownKeys {
    /// The component that computed the keys of a scheme.
    pub(crate) fn component(&self, scheme: &str) -> Option<Digest> {
        self.0.get(scheme).and_then(|scheme| scheme.component)
    }

    /// A version that was wanted, with its key or why it has none.
    pub(crate) fn keyed(&self, scheme: &str, version: &str) -> KeyedVersion {
        let answer = self.0.get(scheme).and_then(|scheme| {
            let place = scheme.versions.binary_search_by(|it| it.as_str().cmp(version)).ok()?;
            scheme.keys.get(place)
        });
        let key = match answer {
            Some(answer) => answer.map(|key| Key::new(key.to_vec())).map_err(str::to_owned),
            None => Err(format!("scheme `{scheme}` was not asked")),
        };
        KeyedVersion { version: version.into(), key }
    }
}

/// Asks the scheme plugins for keys. What a plugin cannot order, or fails on, has none, with the
/// reason.
pub(crate) fn keys(plugins: &Snapshot, wanted: Wanted, versions_a_call: usize) -> KnownKeys {
    let mut keys = KnownKeys::default();
    for (scheme, versions) in wanted.by_scheme {
        let plugin = plugins.scheme(&scheme);
        let component = plugin.map(|plugin| plugin.plugin().digest);
        let versions: Vec<String> = versions.into_iter().collect();
        let mut of_scheme = Keys::with_capacity(versions.len());
        for chunk in versions.chunks(versions_a_call.max(1)) {
            match ask(plugin, &wanted.cause, &scheme, chunk) {
                Ok(keys) => of_scheme.append(&keys),
                Err(why) => chunk.iter().for_each(|_| of_scheme.push(Err(&why))),
            }
        }
        keys.0.insert(scheme, OfScheme { component, versions, keys: of_scheme });
    }
    keys
}

fn ask(plugin: Option<Scheme<'_>>, cause: &str, scheme: &str, versions: &[String]) -> Result<Keys, String> {
    match plugin {
        Some(plugin) => plugin.keys(cause, versions).map_err(|failure| failure.to_string()),
        None => Err(format!("no plugin orders versions of scheme `{scheme}`")),
    }
}

impl Scanner {
    /// The keys of versions of one scheme.
    ///
    /// # Errors
    /// [`Error::NoScheme`] where no plugin orders it, [`Error::Plugin`] where that plugin fails.
    pub fn keys(&self, scheme: &str, versions: &[String]) -> Result<Keys, Error> {
        let plugins = self.plugins();
        let Some(plugin) = plugins.scheme(scheme) else {
            let known = plugins.schemes().map(|scheme| scheme.name().to_owned());
            return Err(Error::NoScheme { name: scheme.to_owned(), known: known.collect() });
        };
        Ok(plugin.keys("a comparison", versions)?)
    }
}
