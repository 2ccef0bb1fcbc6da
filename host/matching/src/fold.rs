//! Folding layers: a fact lives in a file.
//!
//! Where a later layer replaces or deletes the file that states a fact, the fact goes with it; where
//! the file stays, the fact stays. That one rule gives the packages of the image, the layer that
//! introduced each, and what each layer added, removed and changed, whatever the ecosystem.

mod changes;
mod linked;
mod ownership;
mod release;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use limpid_model::{
    Digest, Distribution, Evidence, Fact, Finding, HiddenFile, ImageLayer, LayerFindings, LinkedFile, Owner,
    Package, PackageKeys, PluginFailure, PluginId, Scope, Text, Unread,
};

pub use changes::{Change, Changes};
pub use ownership::Ownership;

/// What the detectors found in one layer.
#[derive(Clone, Debug)]
pub struct LayerFacts {
    /// The layer, as the image has it.
    pub layer: ImageLayer,
    /// What each detector found.
    pub found: Vec<Found>,
    /// Of files that are seen through links, which are no layer of the image: which file of which layer
    /// each is.
    pub linked: Option<Vec<LinkedFile>>,
}

/// What one detector found in one layer. `keys` holds one element for each package.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who found it.
    pub detector: Arc<PluginId>,
    /// Facts, and files that could not be read.
    pub findings: LayerFindings,
    /// The keys of each package, in the order of the findings.
    pub keys: Vec<PackageKeys>,
    /// Where these are files that are seen through links: the place of the layer that has each.
    pub linked: Option<HashMap<String, usize>>,
}

impl LayerFacts {
    /// The files that state something, or should have.
    pub fn stating(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for found in &self.found {
            paths.extend(found.findings.findings.iter().map(|finding| finding.path.to_string()));
            paths.extend(found.findings.unread.iter().map(|unread| unread.path.clone()));
        }
        paths
    }
}

/// A package that is there, and where it came from.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Who found it.
    pub detector: Arc<PluginId>,
    /// The file that states it.
    pub path: Text,
    /// The member of that file which does, where it is an archive.
    pub member: Option<String>,
    /// The package.
    pub package: Box<Package>,
    /// The keys of its versions.
    pub keys: PackageKeys,
    /// Place of the layer whose file states it now.
    pub stated_by: usize,
    /// Place of the layer that brought it.
    pub introduced_by: usize,
    /// The package of the distribution that put the file there which states it.
    pub owner: Option<Arc<Owner>>,
}

/// What an image holds when all of its layers are laid upon each other.
#[derive(Debug, Default)]
pub struct Contents {
    /// The distribution, where a file states it.
    pub distribution: Option<Distribution>,
    /// Namespaces of other releases that packages may come from, too.
    pub elsewhere: Vec<String>,
    /// What is installed, in the order of the layers.
    pub packages: Vec<Installed>,
    /// Facts of the image that advisories may require, as name and value.
    pub properties: Vec<(String, String)>,
    /// Files that a detector could not read, with their layers.
    pub unread: Vec<(Digest, PluginId, Unread)>,
    /// Calls of detectors that failed, with the layers that they were shown.
    pub failures: Vec<(Digest, PluginFailure)>,
}

/// What an image adds to what its layers state of packages.
#[derive(Debug, Default)]
pub struct Context {
    /// The distribution, where a file states it.
    pub distribution: Option<Distribution>,
    /// Namespaces of other releases that packages may come from, too.
    pub elsewhere: Vec<String>,
    /// Facts of the image that advisories may require, as name and value.
    pub properties: Vec<(String, String)>,
    /// Which files packages of the distribution put there.
    pub ownership: Ownership,
}

/// The context of all packages of an image.
pub fn context(layers: Vec<LayerFacts>, hidden: &[HiddenFile]) -> Context {
    context_within(&linked::spread(layers), &Ends::new(hidden))
}

fn context_within(layers: &[LayerFacts], ends: &Ends<'_>) -> Context {
    let mut context = Context { ownership: Ownership::new(layers, ends), ..Context::default() };
    let mut release = release::Stated::default();
    for (place, layer) in layers.iter().enumerate() {
        let findings = layer.found.iter().flat_map(|found| {
            let place = found.place(place);
            found.findings.findings.iter().map(move |finding| (place, finding))
        });
        for (place, finding) in findings {
            match &finding.fact {
                Fact::Distribution(distribution) if ends.of(place, &finding.path).is_none() => {
                    release.add(distribution);
                }
                Fact::Property(name, value) if ends.of(place, &finding.path).is_none() => {
                    context.properties.push((name.clone(), value.clone()));
                }
                _ => {}
            }
        }
    }
    (context.distribution, context.elsewhere) = release.combined();
    context
}

/// What an image holds; `on_layer` is told what each layer did to the packages, lowest first.
pub fn fold(
    layers: Vec<LayerFacts>,
    hidden: &[HiddenFile],
    on_layer: impl FnMut(usize, &Changes<'_>),
) -> Contents {
    fold_with_states(layers, hidden, on_layer, |_, _| ())
}

/// The same; `on_state` is also told what is there from a layer on that is not as it was below, as files
/// state it: [`once`] of that is what counts.
pub fn fold_with_states(
    layers: Vec<LayerFacts>,
    hidden: &[HiddenFile],
    on_layer: impl FnMut(usize, &Changes<'_>),
    on_state: impl FnMut(usize, &[Installed]),
) -> Contents {
    let mut contents = lay(layers, hidden, on_layer, on_state);
    state_once(&mut contents.packages);
    contents
}

/// Lays layers upon each other, lowest first.
fn lay(
    layers: Vec<LayerFacts>,
    hidden: &[HiddenFile],
    mut on_layer: impl FnMut(usize, &Changes<'_>),
    mut on_state: impl FnMut(usize, &[Installed]),
) -> Contents {
    let layers = linked::spread(layers);
    let ends = Ends::new(hidden);
    let Context { distribution, elsewhere, properties, ownership } = context_within(&layers, &ends);
    let mut contents = Contents { distribution, elsewhere, properties, ..Contents::default() };
    for (place, layer) in layers.into_iter().enumerate() {
        let mut brought = Vec::new();
        for found in layer.found {
            brought.reserve(found.keys.len());
            let diff_id = layer.layer.diff_id;
            let stated_by = found.place(place);
            contents.failures.extend(found.findings.failures.into_iter().map(|f| (diff_id, f)));
            for unread in found.findings.unread {
                if ends.of(stated_by, &unread.path).is_none() {
                    contents.unread.push((diff_id, PluginId::clone(&found.detector), unread));
                }
            }
            let owner = |path: &str| ownership.of(place, path).cloned();
            let real = found.linked.unwrap_or_default();
            let installed = installed(found.detector, found.findings.findings, found.keys, stated_by, owner);
            brought.extend(installed.map(|installed| {
                let introduced_by = real.get(installed.path.as_str()).copied().unwrap_or(place);
                Installed { introduced_by, ..installed }
            }));
        }
        // What its own layer has under another name at the same place.
        brought.retain(|installed| ends.of(installed.stated_by, &installed.path) != Some(place));
        let ends_here =
            |installed: &mut Installed| ends.of(installed.stated_by, &installed.path) == Some(place);
        let gone: Vec<_> = contents.packages.extract_if(.., ends_here).collect();
        on_layer(place, &changes::carry_over(&gone, &mut brought));
        let is_other = !gone.is_empty() || !brought.is_empty();
        if contents.packages.is_empty() {
            contents.packages = brought;
        } else {
            contents.packages.append(&mut brought);
        }
        if is_other {
            on_state(place, &contents.packages);
        }
    }
    contents
}

/// Drops the packages that do not count, as [`once`] does.
fn state_once(packages: &mut Vec<Installed>) {
    let mut counted = Counted::of(packages);
    let counts: Vec<_> = packages.iter().map(|installed| counted.counts(installed)).collect();
    let mut counts = counts.into_iter();
    packages.retain(|_| counts.next().unwrap_or(true));
}

/// The packages that count, each once. Of a package of the distribution that several files state alike, one as its
/// package manager keeps it in two places, the one counts that was there first. What a file only declares does not
/// count where the same version of the same package is there.
pub fn once(packages: &[Installed]) -> impl Iterator<Item = &Installed> {
    let mut counted = Counted::of(packages);
    packages.iter().filter(move |installed| counted.counts(installed))
}

/// Which packages were counted.
struct Counted<'p> {
    /// Packages of the distribution: detector, name, version and architecture.
    known: HashSet<(&'p str, &'p Text, &'p Text, Option<&'p Text>), RandomState>,
    /// What is there and is not only declared, where something is: namespace, name and version.
    there: HashSet<(&'p str, &'p Text, &'p Text), RandomState>,
}

impl<'p> Counted<'p> {
    fn of(packages: &'p [Installed]) -> Self {
        let known = HashSet::with_capacity_and_hasher(packages.len(), RandomState::default());
        let is_declared = |installed: &&Installed| installed.package.evidence == Evidence::Declared;
        let mut there = HashSet::default();
        if packages.iter().any(|installed| is_declared(&installed)) {
            there.extend(packages.iter().filter(|it| !is_declared(it)).map(|it| identity(&it.package)));
        }
        Self { known, there }
    }

    fn counts(&mut self, installed: &'p Installed) -> bool {
        let Package { name, version, arch, scope, evidence, .. } = &*installed.package;
        if *evidence == Evidence::Declared && self.there.contains(&identity(&installed.package)) {
            return false;
        }
        let of_distribution = (&*installed.detector.name, name, version, arch.as_ref());
        *scope != Scope::Distribution || self.known.insert(of_distribution)
    }
}

fn identity(package: &Package) -> (&str, &Text, &Text) {
    let namespace = match &package.scope {
        Scope::Distribution => "",
        Scope::Namespace(namespace) => namespace,
    };
    (namespace, &package.name, &package.version)
}

/// The packages that a detector found in the layer at a place; `owner` says to which package of the
/// distribution a file of that layer belongs.
pub fn installed(
    detector: Arc<PluginId>,
    findings: Vec<Finding>,
    keys: Vec<PackageKeys>,
    place: usize,
    owner: impl Fn(&str) -> Option<Arc<Owner>>,
) -> impl Iterator<Item = Installed> {
    let packages = findings.into_iter().filter_map(|finding| match finding.fact {
        Fact::Package(package) => Some((finding.path, finding.member, package)),
        Fact::Distribution(_) | Fact::Property(..) | Fact::Ownership(_) => None,
    });
    packages.zip(keys).map(move |((path, member, package), keys)| Installed {
        owner: (package.scope != Scope::Distribution)
            .then(|| Owner::stated(&package).map(Arc::new).or_else(|| owner(&path)))
            .flatten(),
        detector: Arc::clone(&detector),
        path,
        member,
        package,
        keys,
        stated_by: place,
        introduced_by: place,
    })
}

/// By which layer the files of layers are hidden.
struct Ends<'a>(HashMap<usize, HashMap<&'a str, usize>>);

impl<'a> Ends<'a> {
    fn new(hidden: &'a [HiddenFile]) -> Self {
        let mut by_layer: HashMap<usize, HashMap<_, _>> = HashMap::new();
        for file in hidden {
            by_layer.entry(file.layer).or_default().insert(file.path.as_str(), file.by);
        }
        Self(by_layer)
    }

    /// None where the file stays.
    fn of(&self, layer: usize, path: &str) -> Option<usize> {
        self.0.get(&layer)?.get(path).copied()
    }
}

#[cfg(test)]
mod tests;
