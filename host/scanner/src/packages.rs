//! Which images hold a package.

use std::iter;

use limpid_model::{Digest, InstalledVersion, Key, PackageHolder, Page};
use limpid_runtime::Snapshot;
use limpid_store::key::Writer;
use limpid_store::tables::inventory::{self, Named};
use limpid_store::{Store, View};

use crate::inventory::{Admission, Asked, Context, Go, Holder, Part, Position, Rows, page, stretch};
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

/// Images that hold a package of that name, or built from a source package of that name: by digest where few layers hold one, and else by version. A package of a
/// distribution is found under each namespace in which advisories for that distribution are published.
/// A page may hold less where another follows.
///
/// # Errors
/// [`Error::NoScheme`] and [`Error::BadVersion`] where the versions cannot be ordered.
pub(crate) fn holders(
    store: &Store,
    plugins: &Snapshot,
    (namespace, name): (&str, &str),
    versions: &Versions,
    asked: Asked<'_>,
) -> Result<Page<PackageHolder, Position>, Error> {
    let bounds = bounds(plugins, versions)?;
    let named = OfName { namespace, name, bounds: bounds.as_ref() };
    let within = |context: &Context, key: &inventory::Key, row: &inventory::Row| {
        let holds = (!key.namespace.is_empty() || context.row.namespaces().iter().any(|it| it == namespace))
            && context.holds(&key.component, row.path());
        Ok(holds.then(|| installed(context, key, row)).into_iter().collect())
    };
    let page = page(&store.view(), &named, within, &Every, asked)?;
    let holder = |holder: Holder<InstalledVersion>| {
        let mut installed = holder.found.to_vec();
        installed.sort_unstable();
        installed.dedup();
        PackageHolder { image: holder.image, names: holder.names, installed }
    };
    Ok(Page { items: page.items.into_iter().map(holder).collect(), next: page.next })
}

fn installed(context: &Context, key: &inventory::Key, row: &inventory::Row) -> InstalledVersion {
    let (path, package, _) = row.clone().into_parts();
    InstalledVersion {
        name: package.name.into(),
        version: package.version.into(),
        diff_id: context.row.real_layer(&path).unwrap_or(key.diff_id),
        path: path.into(),
    }
}

/// All images count.
struct Every;

impl Admission for Every {
    fn is_open(&self) -> bool {
        true
    }

    fn admits(&self, _: &[String], _: &[(String, String)]) -> bool {
        true
    }
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

/// Packages of a name.
struct OfName<'a> {
    namespace: &'a str,
    name: &'a str,
    bounds: Option<&'a Bounds>,
}

impl<'a> OfName<'a> {
    fn part(&self) -> Option<Part<'a>> {
        let key = |key: &'a Option<Key>| key.as_ref().map(Key::as_bytes);
        self.bounds.map(|bounds| Part { from: key(&bounds.from), until: key(&bounds.below) })
    }

    /// Whether a version is one that is not wanted any more, which the part still has.
    fn is_end(&self, version: &[u8]) -> bool {
        let below = self.bounds.and_then(|bounds| bounds.below.as_ref());
        below.is_some_and(|below| version >= below.as_bytes())
    }
}

impl Rows for OfName<'_> {
    fn visit(
        &self,
        view: &View<'_>,
        from: Option<&inventory::Key>,
        mut visit: impl FnMut(inventory::Key, inventory::Row) -> Result<Go, Error>,
    ) -> Result<(), Error> {
        let mut rows = view.cursor();
        let mut wanted = |key: inventory::Key, row| match self.is_end(&key.version) {
            true => Ok(Go::ToNextVersion),
            false => visit(key, row),
        };
        // A package of a distribution does not know of which.
        let own = (!self.namespace.is_empty()).then_some(self.namespace);
        for namespace in iter::once("").chain(own) {
            for named in [Named::Alike, Named::Package, Named::Source] {
                let prefix = |key: &mut Writer| match self.bounds {
                    None => inventory::Key::of_name(key, namespace, self.name, named),
                    Some(it) => inventory::Key::prefix(key, namespace, self.name, named, Some(&it.component)),
                };
                if stretch(&mut rows, from, self.part(), prefix, &mut wanted)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn has(&self, key: &inventory::Key) -> bool {
        key.name == self.name
            && (key.namespace.is_empty() || key.namespace == self.namespace)
            && self.bounds.is_none_or(|bounds| key.scheme == Some(bounds.component))
            && self.part().is_none_or(|part| part.has(&key.version))
            && !self.is_end(&key.version)
    }
}
