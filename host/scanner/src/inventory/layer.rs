use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Digest, Fact, Package, PackageKeys, Scope};
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::inventory::{self, Inventory, Named};
use limpid_store::{Batch, View};

use crate::Error;

/// What detectors found in one layer, by component.
type Found = BTreeMap<Digest, findings::Row>;

/// Writes what detectors found in a layer, and what follows of it for the inventory.
pub(crate) fn put_findings(
    view: &View<'_>,
    batch: &mut Batch,
    diff_id: &Digest,
    fresh: Vec<(Digest, findings::Row)>,
) -> Result<(), Error> {
    for (component, row) in &fresh {
        batch.put::<Findings>(&findings::Key { diff_id: *diff_id, component: *component }, row)?;
    }
    rewrite(view, batch, diff_id, |found| found.extend(fresh))
}

/// Forgets what some detectors found in a layer.
pub(crate) fn forget_findings(
    view: &View<'_>,
    batch: &mut Batch,
    diff_id: &Digest,
    gone: &BTreeSet<Digest>,
) -> Result<(), Error> {
    for component in gone {
        batch.delete::<Findings>(&findings::Key { diff_id: *diff_id, component: *component });
    }
    rewrite(view, batch, diff_id, |found| found.retain(|component, _| !gone.contains(component)))
}

/// The inventory of a layer is a function of what detectors found in it: writes what differs.
fn rewrite(
    view: &View<'_>,
    batch: &mut Batch,
    diff_id: &Digest,
    change: impl FnOnce(&mut Found),
) -> Result<(), Error> {
    let mut found = found(view, diff_id)?;
    let before = inventory_of(diff_id, found.clone());
    change(&mut found);
    let after = inventory_of(diff_id, found);
    for key in before.keys().filter(|key| !after.contains_key(key)) {
        batch.delete::<Inventory>(key);
    }
    for (key, row) in &after {
        if before.get(key) != Some(row) {
            batch.put::<Inventory>(key, row)?;
        }
    }
    Ok(())
}

/// What detectors found in a layer.
pub(super) fn found(view: &View<'_>, diff_id: &Digest) -> Result<Found, Error> {
    let rows = view.scan::<Findings>(|key| {
        key.digest(diff_id);
    });
    Ok(rows.map(|row| row.map(|(key, row)| (key.component, row))).collect::<Result<_, _>>()?)
}

/// All rows of a layer.
pub(crate) fn inventory_of(diff_id: &Digest, found: Found) -> BTreeMap<inventory::Key, inventory::Row> {
    rows_of(diff_id, found, |_| true)
}

/// The rows of a layer that are wanted.
pub(super) fn rows_of(
    diff_id: &Digest,
    found: Found,
    is_wanted: impl Fn(&inventory::Key) -> bool,
) -> BTreeMap<inventory::Key, inventory::Row> {
    let found: Vec<_> = found.into_iter().map(|(component, row)| (component, row.into_parts())).collect();
    let mut rows = BTreeMap::new();
    for (component, (_, findings, keys)) in &found {
        let packages = findings.findings.iter().filter_map(|finding| match &finding.fact {
            Fact::Package(package) => Some((finding.path.as_str(), &**package)),
            _ => None,
        });
        for (place, ((path, package), keys)) in packages.zip(keys).enumerate() {
            let mut row = None;
            for (name, named, version) in names(package, keys) {
                let key = inventory::Key {
                    namespace: match &package.scope {
                        Scope::Distribution => String::new(),
                        Scope::Namespace(namespace) => namespace.clone(),
                    },
                    name: name.to_owned(),
                    named,
                    scheme: keys.scheme.filter(|_| !version.is_empty()),
                    version,
                    diff_id: *diff_id,
                    component: *component,
                    place: place as u64,
                };
                if is_wanted(&key) {
                    let row = row.get_or_insert_with(|| inventory::Row::new(path, package, keys.clone()));
                    rows.insert(key, row.clone());
                }
            }
        }
    }
    rows
}

/// The names under which advisories speak of a package, with the key of the version that they mean;
/// an empty one where it has none.
fn names<'a>(package: &'a Package, keys: &PackageKeys) -> Vec<(&'a str, Named, Vec<u8>)> {
    let key = |keyed: &limpid_model::KeyedVersion| {
        keyed.key.as_ref().map(|key| key.as_bytes().to_vec()).unwrap_or_default()
    };
    let own = key(&keys.version);
    let Some(source) = &package.source else { return vec![(&package.name, Named::Alike, own)] };
    let of_source = keys.source.as_ref().map_or_else(|| own.clone(), key);
    if source.name == package.name && of_source == own {
        return vec![(&package.name, Named::Alike, own)];
    }
    vec![(&package.name, Named::Package, own), (&source.name, Named::Source, of_source)]
}
