//! Folding layers: a fact lives in a file.
//!
//! Where a later layer replaces or deletes the file that states a fact, the fact goes with it; where
//! the file stays, the fact stays. That one rule gives the packages of the image, the layer that
//! introduced each, and what each layer added, removed and changed, whatever the ecosystem.

mod changes;
mod linked;
mod ownership;
mod release;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use limpid_model::{
    Digest, Distribution, Fact, Finding, Image, ImageLayer, LayerFindings, Owner, Package, PluginFailure,
    PluginId, Scope, Text, Unread,
};
use limpid_store::View;
use limpid_store::tables::findings::{self, Findings, PackageKeys};
use limpid_store::tables::images::LinkedFile;

use crate::Error;
use crate::unexamined;
pub(crate) use changes::{Change, Changes};
pub(crate) use limpid_layers::Hidden;
pub(crate) use linked::LinkedLayer;
pub(crate) use ownership::{OtherClaims, Ownership, keep_shared_ownership};

/// What the detectors found in one layer.
#[derive(Clone, Debug)]
pub(crate) struct LayerFacts {
    pub(crate) layer: ImageLayer,
    pub(crate) found: Vec<Found>,
    /// Of files that are seen through links, which are no layer of the image: which file of which layer
    /// each is.
    pub(crate) linked: Option<Vec<LinkedFile>>,
}

/// What one detector found in one layer. `keys` holds one element for each package.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) detector: Arc<PluginId>,
    pub(crate) findings: LayerFindings,
    pub(crate) keys: Vec<PackageKeys>,
    /// Where these are files that are seen through links: the place of the layer that has each.
    pub(crate) linked: Option<HashMap<String, usize>>,
}

impl LayerFacts {
    /// The files that state something, or should have.
    pub(crate) fn stating(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for found in &self.found {
            paths.extend(found.findings.findings.iter().map(|finding| finding.path.to_string()));
            paths.extend(found.findings.unread.iter().map(|unread| unread.path.clone()));
        }
        paths
    }
}

/// What detectors found in the layers of an image that is known.
pub(crate) fn facts(
    view: &View<'_>,
    image: &Image,
    linked: Option<(Digest, &[LinkedFile])>,
    detectors: &[Digest],
    fresh: &BTreeMap<findings::Key, findings::Row>,
) -> Result<Vec<LayerFacts>, Error> {
    let remarks = unexamined::remarks(view, &image.id)?;
    facts_but(view, (image, linked), detectors, fresh, &unexamined::unread(&remarks))
}

/// What detectors found in the layers of an image: what is in `fresh`, or else in the store. In those that
/// could not be read nobody found anything, whatever another image tells of them since. What they found in
/// files that are seen through links comes last.
pub(crate) fn facts_but(
    view: &View<'_>,
    (image, linked): (&Image, Option<(Digest, &[LinkedFile])>),
    detectors: &[Digest],
    fresh: &BTreeMap<findings::Key, findings::Row>,
    unread: &BTreeSet<usize>,
) -> Result<Vec<LayerFacts>, Error> {
    let mut layers = Vec::with_capacity(image.layers.len() + 1);
    let behind = linked.map(|(diff_id, _)| ImageLayer { diff_id, created_by: None });
    let all = image.layers.iter().map(|layer| (layer, None));
    let behind = behind.iter().map(|layer| (layer, linked.map(|(_, files)| files.to_vec())));
    for (place, (layer, linked)) in all.chain(behind).enumerate() {
        if unread.contains(&place) {
            layers.push(LayerFacts { layer: layer.clone(), found: Vec::new(), linked });
            continue;
        }
        let key = |&component: &Digest| findings::Key { diff_id: layer.diff_id, component };
        let keys: Vec<_> = detectors.iter().map(key).collect();
        let known = view.multi_get::<Findings>(&keys)?;
        let rows = keys.iter().zip(known).filter_map(|(key, known)| fresh.get(key).cloned().or(known));
        let found = rows.map(|row| {
            let (detector, findings, keys) = row.into_parts();
            Found { detector: Arc::new(detector), findings, keys, linked: None }
        });
        layers.push(LayerFacts { layer: layer.clone(), found: found.collect(), linked });
    }
    Ok(layers)
}

/// A package that is there, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) detector: Arc<PluginId>,
    pub(crate) path: Text,
    pub(crate) member: Option<String>,
    pub(crate) package: Box<Package>,
    pub(crate) keys: PackageKeys,
    /// Place of the layer whose file states it now.
    pub(crate) stated_by: usize,
    /// Place of the layer that brought it.
    pub(crate) introduced_by: usize,
    /// The package of the distribution that put the file there which states it.
    pub(crate) owner: Option<Arc<Owner>>,
}

/// What an image holds when all of its layers are laid upon each other.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) distribution: Option<Distribution>,
    /// Namespaces of other releases that packages may come from, too.
    pub(crate) elsewhere: Vec<String>,
    pub(crate) packages: Vec<Held>,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) unread: Vec<(Digest, PluginId, Unread)>,
    pub(crate) failures: Vec<(Digest, PluginFailure)>,
}

/// What an image adds to what its layers state of packages.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) distribution: Option<Distribution>,
    /// Namespaces of other releases that packages may come from, too.
    pub(crate) elsewhere: Vec<String>,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) ownership: Ownership,
}

/// The surroundings of all packages of an image.
pub(crate) fn surroundings(layers: Vec<LayerFacts>, hidden: &[Hidden]) -> Surroundings {
    surroundings_within(&linked::spread(layers), &Ends::new(hidden))
}

fn surroundings_within(layers: &[LayerFacts], ends: &Ends<'_>) -> Surroundings {
    let mut surroundings =
        Surroundings { ownership: Ownership::new(layers, ends), ..Surroundings::default() };
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
                    surroundings.properties.push((name.clone(), value.clone()));
                }
                _ => {}
            }
        }
    }
    (surroundings.distribution, surroundings.elsewhere) = release.combined();
    surroundings
}

/// What an image holds; `on_layer` is told what each layer did to the packages, lowest first.
pub(crate) fn fold(
    layers: Vec<LayerFacts>,
    hidden: &[Hidden],
    on_layer: impl FnMut(usize, &Changes<'_>),
) -> Contents {
    let mut contents = lay(layers, hidden, on_layer);
    state_once(&mut contents.packages);
    contents
}

/// Lays layers upon each other, lowest first.
fn lay(
    layers: Vec<LayerFacts>,
    hidden: &[Hidden],
    mut on_layer: impl FnMut(usize, &Changes<'_>),
) -> Contents {
    let layers = linked::spread(layers);
    let ends = Ends::new(hidden);
    let Surroundings { distribution, elsewhere, properties, ownership } = surroundings_within(&layers, &ends);
    let mut contents = Contents { distribution, elsewhere, properties, ..Contents::default() };
    for (place, layer) in layers.into_iter().enumerate() {
        let mut brought = Vec::new();
        for found in layer.found {
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
            let held = held(found.detector, found.findings.findings, found.keys, stated_by, owner);
            brought.extend(held.map(|held| {
                let introduced_by = real.get(held.path.as_str()).copied().unwrap_or(place);
                Held { introduced_by, ..held }
            }));
        }
        // What its own layer has under another name at the same place.
        brought.retain(|held| ends.of(held.stated_by, &held.path) != Some(place));
        let (gone, mut staying): (Vec<_>, Vec<_>) = contents
            .packages
            .into_iter()
            .partition(|held| ends.of(held.stated_by, &held.path) == Some(place));
        on_layer(place, &changes::carry_over(&gone, &mut brought));
        staying.append(&mut brought);
        contents.packages = staying;
    }
    contents
}

/// Of a package of the distribution that several files state alike, one as its package manager keeps it
/// in two places, the one counts that was there first.
fn state_once(packages: &mut Vec<Held>) {
    let mut known = HashSet::new();
    packages.retain(|held| {
        let Package { name, version, arch, .. } = &*held.package;
        held.package.scope != Scope::Distribution
            || known.insert((held.detector.name.clone(), name.clone(), version.clone(), arch.clone()))
    });
}

/// The packages that a detector found in the layer at a place; `owner` says to which package of the
/// distribution a file of that layer belongs.
pub(crate) fn held(
    detector: Arc<PluginId>,
    findings: Vec<Finding>,
    keys: Vec<PackageKeys>,
    place: usize,
    owner: impl Fn(&str) -> Option<Arc<Owner>>,
) -> impl Iterator<Item = Held> {
    let packages = findings.into_iter().filter_map(|finding| match finding.fact {
        Fact::Package(package) => Some((finding.path, finding.member, package)),
        Fact::Distribution(_) | Fact::Property(..) | Fact::Ownership(_) => None,
    });
    packages.zip(keys).map(move |((path, member, package), keys)| Held {
        owner: owner(&path).filter(|_| package.scope != Scope::Distribution),
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
    fn new(hidden: &'a [Hidden]) -> Self {
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
