//! Which images hold a package.

use std::collections::BTreeMap;

use limpid_model::{Digest, InstalledVersion, Key, PackageHolder, Page};
use limpid_runtime::Snapshot;
use limpid_store::tables::images::{Called, Images};
use limpid_store::tables::inventory::{self, Inventory, Named};
use limpid_store::{Store, View};

use crate::inventory::{Context, KnownContexts, by_image, images_of};
use crate::{Error, versions};

/// Which versions are asked for. Without a scheme, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The scheme that orders them.
    pub scheme: Option<String>,
    /// The first.
    pub from: Option<String>,
    /// The first that is not wanted any more.
    pub below: Option<String>,
}

/// Images that hold a package of that name, or built from a source package of that name, by
/// digest, from the one after `after` on, `limit` at most. A package of a distribution is found
/// under each namespace in which advisories for that distribution are published.
///
/// # Errors
/// [`Error::NoScheme`] and [`Error::BadVersion`] where the versions cannot be ordered.
pub(crate) fn holders(
    store: &Store,
    plugins: &Snapshot,
    (namespace, name): (&str, &str),
    versions: &Versions,
    after: Option<&Digest>,
    limit: usize,
) -> Result<Page<PackageHolder, Digest>, Error> {
    let bounds = bounds(plugins, versions)?;
    let view = store.view();
    let by_group = by_group(&view, (namespace, name), bounds.as_ref())?;
    let (groups, stored): (Vec<_>, Vec<_>) = by_group.into_iter().unzip();
    let found = images_of(&view, &groups, after, limit.saturating_add(1))?;
    let found: Vec<_> = by_image(&found).collect();
    let more = found.len() > limit;
    let mut images = view.stream::<Images>();
    let mut items = Vec::new();
    for (image, same) in found.into_iter().take(limit) {
        let called: Option<Called> = images.glance(&image)?;
        let mut versions: Vec<InstalledVersion> =
            same.iter().filter_map(|(_, place)| stored.get(*place)).flatten().cloned().collect();
        versions.sort_unstable();
        versions.dedup();
        let names = called.map(|called| called.names).unwrap_or_default();
        items.push(PackageHolder { image, names, installed: versions });
    }
    let next = items.last().filter(|_| more).map(|last| last.image);
    Ok(Page { items, next })
}

fn bounds(plugins: &Snapshot, versions: &Versions) -> Result<Option<Bounds>, Error> {
    let Some(scheme) = &versions.scheme else { return Ok(None) };
    let key = |version: &Option<String>| -> Result<Option<Key>, Error> {
        let Some(version) = version else { return Ok(None) };
        let keys = versions::keys_of_scheme(plugins, scheme, std::slice::from_ref(version))?;
        let key = keys.get(0).unwrap_or(Err("the plugin gave no answer"));
        let bad = |why: &str| Error::BadVersion { version: version.clone(), why: why.to_owned() };
        key.map(|key| Some(Key::new(key.to_vec()))).map_err(bad)
    };
    let (from, below) = (key(&versions.from)?, key(&versions.below)?);
    let component = plugins.scheme(scheme).map(|scheme| scheme.plugin().digest);
    Ok(component.map(|component| Bounds { component, from, below }))
}

/// Versions as keys of one component.
struct Bounds {
    component: Digest,
    from: Option<Key>,
    below: Option<Key>,
}

type ByGroup = BTreeMap<(Digest, u64), Vec<InstalledVersion>>;

fn by_group(
    view: &View<'_>,
    (namespace, name): (&str, &str),
    bounds: Option<&Bounds>,
) -> Result<ByGroup, Error> {
    let mut groups = ByGroup::new();
    let mut contexts = KnownContexts::new(view);
    for of in [namespace, ""] {
        for named in [Named::Alike, Named::Package, Named::Source] {
            for row in rows(view, (of, name, named), bounds) {
                let (key, row) = row?;
                let below = bounds.and_then(|bounds| bounds.below.as_ref());
                if below.is_some_and(|below| key.version.as_slice() >= below.as_bytes()) {
                    break;
                }
                for context in contexts.of(&key.diff_id)? {
                    if holds(context, of, namespace, &key, &row) {
                        let (path, package, _) = row.clone().into_parts();
                        let stored = InstalledVersion {
                            name: package.name.into(),
                            version: package.version.into(),
                            diff_id: context.row.real_layer(&path).unwrap_or(key.diff_id),
                            path: path.into(),
                        };
                        groups.entry((key.diff_id, context.id)).or_default().push(stored);
                    }
                }
            }
        }
    }
    Ok(groups)
}

/// Whether the package is there in a context, and of the namespace that is asked for.
fn holds(context: &Context, of: &str, namespace: &str, key: &inventory::Key, row: &inventory::Row) -> bool {
    (!of.is_empty() || context.row.namespaces().iter().any(|known| known == namespace))
        && context.holds(&key.component, row.path())
}

type Rows<'v> = Box<dyn Iterator<Item = Result<(inventory::Key, inventory::Row), limpid_store::Error>> + 'v>;

fn rows<'v>(
    view: &'v View<'v>,
    (namespace, name, named): (&'v str, &'v str, Named),
    bounds: Option<&'v Bounds>,
) -> Rows<'v> {
    let Some(Bounds { component, from, .. }) = bounds else {
        return Box::new(view.scan::<Inventory>(move |key| {
            inventory::Key::of_name(key, namespace, name, named);
        }));
    };
    Box::new(view.scan_from::<Inventory>(
        move |key| inventory::Key::prefix(key, namespace, name, named, Some(component)),
        move |key| {
            inventory::Key::prefix(key, namespace, name, named, Some(component));
            if let Some(from) = from {
                key.bytes(from.as_bytes());
            }
        },
    ))
}
