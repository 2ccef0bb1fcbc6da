//! Versions as keys: asked of the scheme plugins in batches, once for each version.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::{
    Digest, Key, KeyedRange, KeyedVersion, Keys, Package, PackageKeys, PluginFailure, RangeEnd, Statement,
};
use limpid_runtime::{Scheme, Snapshot};

use crate::Error;

/// Versions to be ordered, by scheme.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What they are wanted for: an image, a source of a feed.
    cause: String,
    by_scheme: BTreeMap<String, BTreeSet<String>>,
    /// Those whose last build is asked for, too.
    ceilings: BTreeMap<String, BTreeSet<String>>,
}

impl Wanted {
    pub(crate) fn of(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), by_scheme: BTreeMap::new(), ceilings: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, scheme: &str, version: &str) {
        add(&mut self.by_scheme, scheme, version);
    }

    /// A version, and the last build that publishers mean by it.
    pub(crate) fn add_with_builds(&mut self, scheme: &str, version: &str) {
        self.add(scheme, version);
        add(&mut self.ceilings, scheme, version);
    }
}

fn add(by_scheme: &mut BTreeMap<String, BTreeSet<String>>, scheme: &str, version: &str) {
    match by_scheme.get_mut(scheme) {
        Some(versions) if versions.contains(version) => {}
        Some(versions) => {
            versions.insert(version.to_owned());
        }
        None => {
            by_scheme.insert(scheme.to_owned(), BTreeSet::from([version.to_owned()]));
        }
    }
}

/// The keys of versions, and who computed them, by scheme.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys(HashMap<String, OfScheme>);

#[derive(Debug)]
struct OfScheme {
    component: Option<Digest>,
    keys: Answers,
    ceilings: Answers,
}

/// Versions in their order, as what a scheme says of them.
#[derive(Debug, Default)]
struct Answers {
    versions: Vec<String>,
    keys: Keys,
}

impl Answers {
    fn of(&self, version: &str) -> Option<Result<&[u8], &str>> {
        let place = self.versions.binary_search_by(|it| it.as_str().cmp(version)).ok()?;
        self.keys.get(place)
    }
}

impl KnownKeys {
    /// The component that computed the keys of a scheme.
    pub(crate) fn component(&self, scheme: &str) -> Option<Digest> {
        self.0.get(scheme).and_then(|scheme| scheme.component)
    }

    /// A version that was wanted, with its key or why it has none.
    pub(crate) fn keyed(&self, scheme: &str, version: &str) -> KeyedVersion {
        keyed(scheme, version, self.0.get(scheme).and_then(|scheme| scheme.keys.of(version)))
    }

    /// Adds a range for each listed version that has builds: a version that is named as one of several
    /// stands for all of them.
    pub(crate) fn add_builds(&self, statement: &mut Statement) {
        for listed in &statement.versions {
            let last = self.ceiling(&statement.scheme, &listed.version);
            if listed.key.is_ok() && last.key.is_ok() && listed.key != last.key {
                let range =
                    KeyedRange { introduced: Some(listed.clone()), until: Some(last), end: RangeEnd::Last };
                if !statement.ranges.contains(&range) {
                    statement.ranges.push(range);
                }
            }
        }
    }

    /// A version with the key of the last build that publishers mean by it.
    pub(crate) fn ceiling(&self, scheme: &str, version: &str) -> KeyedVersion {
        keyed(scheme, version, self.0.get(scheme).and_then(|scheme| scheme.ceilings.of(version)))
    }
}

fn keyed(scheme: &str, version: &str, answer: Option<Result<&[u8], &str>>) -> KeyedVersion {
    let key = match answer {
        Some(answer) => answer.map(|key| Key::new(key.to_vec())).map_err(str::to_owned),
        None => Err(format!("scheme `{scheme}` was not asked")),
    };
    KeyedVersion { version: version.into(), key }
}

/// The keys of packages. `cause` is what they are for.
pub(crate) fn package_keys<'a>(
    plugins: &Snapshot,
    versions_a_call: usize,
    cause: &str,
    packages: impl Iterator<Item = &'a Package> + Clone,
) -> Vec<PackageKeys> {
    let mut wanted = Wanted::of(cause);
    for package in packages.clone() {
        wanted.add(&package.scheme, &package.version);
        if let Some(source) = &package.source {
            wanted.add(&package.scheme, &source.version);
        }
    }
    let keys = keys(plugins, wanted, versions_a_call);
    let of = |package: &Package| PackageKeys {
        scheme: keys.component(&package.scheme),
        version: keys.keyed(&package.scheme, &package.version),
        source: package.source.as_ref().map(|source| keys.keyed(&package.scheme, &source.version)),
    };
    packages.map(of).collect()
}

/// Asks the scheme plugins for keys. What a plugin cannot order, or fails on, has none, with the
/// reason.
pub(crate) fn keys(plugins: &Snapshot, wanted: Wanted, versions_a_call: usize) -> KnownKeys {
    let Wanted { cause, by_scheme, mut ceilings } = wanted;
    let mut known = KnownKeys::default();
    for (scheme, versions) in by_scheme {
        let plugin = plugins.scheme(&scheme);
        let component = plugin.map(|plugin| plugin.plugin().digest);
        let ask = |versions: BTreeSet<String>, ask: Ask| {
            let versions: Vec<String> = versions.into_iter().collect();
            let mut keys = Keys::with_capacity(versions.len());
            for chunk in versions.chunks(versions_a_call.max(1)) {
                let answer = match plugin {
                    Some(plugin) => ask(&plugin, &cause, chunk).map_err(|failure| failure.to_string()),
                    None => Err(format!("no plugin orders versions of scheme `{scheme}`")),
                };
                match answer {
                    Ok(answer) => keys.append(&answer),
                    Err(why) => chunk.iter().for_each(|_| keys.push(Err(&why))),
                }
            }
            Answers { versions, keys }
        };
        let ceilings = ceilings.remove(&scheme).unwrap_or_default();
        let ceilings = ask(ceilings, |plugin, cause, versions| plugin.ceilings(cause, versions));
        let keys = ask(versions, |plugin, cause, versions| plugin.keys(cause, versions));
        known.0.insert(scheme, OfScheme { component, keys, ceilings });
    }
    known
}

type Ask = fn(&Scheme<'_>, &str, &[String]) -> Result<Keys, PluginFailure>;

/// The keys of versions of one scheme.
///
/// # Errors
/// [`Error::NoScheme`] where no plugin orders it, [`Error::Plugin`] where that plugin fails.
pub(crate) fn keys_of_scheme(plugins: &Snapshot, scheme: &str, versions: &[String]) -> Result<Keys, Error> {
    let Some(plugin) = plugins.scheme(scheme) else {
        let known = plugins.schemes().map(|scheme| scheme.name().to_owned());
        return Err(Error::NoScheme { name: scheme.to_owned(), known: known.collect() });
    };
    Ok(plugin.keys("a comparison", versions)?)
}
