//! What is known of how packages hold each other.

use std::collections::{BTreeMap, HashMap};

use limpid_purl::Purl;

use crate::json as api;

/// The packages that packages hold, each by its place in the inventory.
///
/// A package of the distribution holds those that its files state, where one package has the name of that owner. An
/// archive holds those that are stated within it, where it is one package itself. Where several may be meant, nothing is
/// claimed.
pub(super) struct Parts(BTreeMap<usize, Vec<usize>>);

/// Of what there is one, or more than that.
enum Found {
    One(usize),
    Several,
}

/// A file in its layer, and who read it.
type File<'a> = (&'a str, usize, &'a str);

impl Parts {
    pub(super) fn of(inventory: &api::Inventory) -> Self {
        let mut by_name: HashMap<&str, Found> = HashMap::new();
        let mut archives: HashMap<File<'_>, Found> = HashMap::new();
        for (place, package) in inventory.packages.iter().enumerate() {
            if package.owner.is_none() && is_of_distribution(package) {
                found(&mut by_name, &package.name, place);
            }
            if package.member.is_none() {
                found(&mut archives, file(package), place);
            }
        }
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, package) in inventory.packages.iter().enumerate() {
            let owner = package.owner.as_deref().and_then(|owner| one(by_name.get(owner)));
            let archive = package.member.as_ref().and_then(|_| one(archives.get(&file(package))));
            for holder in owner.into_iter().chain(archive) {
                parts.entry(holder).or_default().push(place);
            }
        }
        Self(parts)
    }

    /// Those that the package at a place holds.
    pub(super) fn get(&self, holder: usize) -> &[usize] {
        self.0.get(&holder).map_or(&[], Vec::as_slice)
    }

    /// Packages with those that they hold, all in the order of the inventory.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &[usize])> {
        self.0.iter().map(|(holder, parts)| (*holder, parts.as_slice()))
    }
}

fn file(package: &api::Package) -> File<'_> {
    (&package.path, package.layer.index, &package.detector)
}

fn found<K: std::hash::Hash + Eq>(known: &mut HashMap<K, Found>, key: K, place: usize) {
    known.entry(key).and_modify(|it| *it = Found::Several).or_insert(Found::One(place));
}

fn one(found: Option<&Found>) -> Option<usize> {
    match found? {
        Found::One(place) => Some(*place),
        Found::Several => None,
    }
}

/// Whether its package URL says of which distribution it is.
fn is_of_distribution(package: &api::Package) -> bool {
    let purl = package.purl.parse::<Purl>();
    purl.is_ok_and(|purl| purl.qualifiers.iter().any(|(key, _)| key == "distro"))
}
