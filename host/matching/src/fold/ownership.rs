use std::collections::HashMap;
use std::sync::Arc;

use limpid_model::{Fact, Finding, Owner, Package, PluginId, Scope, Text};

use super::{Ends, LayerFacts};

/// Which packages of the distribution put the files there from which detectors read packages of
/// languages.
///
/// What counts is what is in force when all layers lie upon each other: in which layer the package
/// database lies is no matter. A file that a layer above the database writes again is still its
/// package's as long as it states the same (`chmod -R`, `chown -R`); where it states something else,
/// somebody else has put it there.
#[derive(Debug, Default)]
pub struct Ownership {
    /// By layer and path.
    owners: HashMap<usize, HashMap<Text, Arc<Owner>>>,
}

impl Ownership {
    /// The ownership in an image whose layers state these facts.
    pub(super) fn new(layers: &[LayerFacts], ends: &Ends<'_>) -> Self {
        let lists = Lists::new(layers, ends);
        let mut owners: HashMap<usize, HashMap<Text, Arc<Owner>>> = HashMap::new();
        if lists.by_path.is_empty() {
            return Self { owners };
        }
        let installed = installed(layers, ends);
        let mut stated = Stated::default();
        for (place, layer) in layers.iter().enumerate() {
            for (reader, finding, package) in modules(layer) {
                let list = lists.by_path.get(finding.path.as_str()).into_iter().flatten();
                let mut list = list.filter(|list| list.detector != reader.name);
                let is_owned =
                    |list: &&List<'_>| list.place >= place || stated.before(list, reader, finding, package);
                let owner = list
                    .find(is_owned)
                    .and_then(|list| installed.get(&(list.detector, list.package)).map(Arc::clone));
                if let Some(owner) = owner {
                    owners.entry(place).or_default().insert(finding.path.clone(), owner);
                }
            }
            for (reader, finding, package) in modules(layer) {
                if lists.by_path.contains_key(finding.path.as_str()) {
                    stated.add(place, reader, finding, package);
                }
            }
        }
        Self { owners }
    }

    /// The package that put a file of a layer there.
    pub fn of(&self, layer: usize, path: &str) -> Option<&Arc<Owner>> {
        self.owners.get(&layer)?.get(path)
    }

    /// All files of a layer that packages put there, by path.
    pub fn in_layer(&self, layer: usize) -> Vec<(String, Owner)> {
        let owned = self.owners.get(&layer).into_iter().flatten();
        let mut owned: Vec<_> = owned.map(|(path, owner)| (path.to_string(), Owner::clone(owner))).collect();
        owned.sort_unstable();
        owned
    }
}

/// That a package put a file there, as a detector says.
struct List<'a> {
    detector: &'a str,
    package: &'a str,
    /// Place of the layer that says so.
    place: usize,
}

/// All such statements that are in force, by path, those of higher layers first.
struct Lists<'a> {
    by_path: HashMap<&'a str, Vec<List<'a>>>,
}

impl<'a> Lists<'a> {
    fn new(layers: &'a [LayerFacts], ends: &Ends<'_>) -> Self {
        let mut by_path: HashMap<&str, Vec<List<'_>>> = HashMap::new();
        for (place, layer) in layers.iter().enumerate().rev() {
            for found in &layer.found {
                for finding in &found.findings.findings {
                    let Fact::Ownership(owned) = &finding.fact else { continue };
                    if ends.of(found.place(place), &finding.path).is_some() {
                        continue;
                    }
                    for path in owned.paths.iter() {
                        let list = List { detector: &found.detector.name, package: &owned.package, place };
                        by_path.entry(path).or_default().push(list);
                    }
                }
            }
        }
        Self { by_path }
    }
}

/// The packages of the distribution that are there in the end, by detector and name.
fn installed<'a>(layers: &'a [LayerFacts], ends: &Ends<'_>) -> HashMap<(&'a str, &'a str), Arc<Owner>> {
    let mut installed = HashMap::new();
    for (place, layer) in layers.iter().enumerate() {
        for found in &layer.found {
            for finding in &found.findings.findings {
                let Fact::Package(package) = &finding.fact else { continue };
                if package.scope == Scope::Distribution
                    && ends.of(found.place(place), &finding.path).is_none()
                {
                    let owner = Arc::new(Owner::of(package));
                    installed.insert((found.detector.name.as_str(), package.name.as_str()), owner);
                }
            }
        }
    }
    installed
}

/// What detectors found in a layer that is not the distribution's.
fn modules(layer: &LayerFacts) -> impl Iterator<Item = (&PluginId, &Finding, &Package)> {
    layer.found.iter().flat_map(|found| {
        found.findings.findings.iter().filter_map(|finding| match &finding.fact {
            Fact::Package(package) if package.scope != Scope::Distribution => {
                Some((&*found.detector, finding, &**package))
            }
            _ => None,
        })
    })
}

/// What files stated in lower layers, by reader and path.
#[derive(Default)]
struct Stated<'a>(HashMap<(&'a str, &'a str), Vec<Module<'a>>>);

/// What one file stated.
struct Module<'a> {
    name: &'a str,
    version: &'a str,
    /// Place of the layer.
    place: usize,
}

impl<'a> Stated<'a> {
    fn add(&mut self, place: usize, reader: &'a PluginId, finding: &'a Finding, package: &'a Package) {
        let stated = self.0.entry((reader.name.as_str(), finding.path.as_str())).or_default();
        stated.push(Module { name: &package.name, version: &package.version, place });
    }

    /// Whether the file stated the same package where its list is, or below.
    fn before(&self, list: &List<'_>, reader: &PluginId, finding: &Finding, package: &Package) -> bool {
        let stated = self.0.get(&(reader.name.as_str(), finding.path.as_str()));
        let same = |stated: &Module<'_>| {
            stated.name == package.name && stated.version == package.version && stated.place <= list.place
        };
        stated.is_some_and(|stated| stated.iter().any(same))
    }
}
