//! Which layers hold which packages, by name and version: what an advisory that changes is stored
//! against. Derived from what detectors found; rows grow with layers and their packages, never with
//! images.

use limpid_model::{Digest, Evidence, Package, PackageKeys, Scope, SourcePackage, Symbols, Text};
use serde::{Deserialize, Serialize};

use super::findings::{StoredKeys, StoredSymbols};
use crate::define::define_table;
use crate::key::{self, Reader, Writer};
use crate::table;

define_table! {
    /// The table.
    Inventory = 20 "inventory";

    /// A package of a layer, under its own name or that of its source package.
    key {
        /// Where advisories for it are published; empty: wherever those of the image's distribution are.
        namespace: String,
        /// The name.
        name: String,
        /// Whose name that is.
        named: Named,
        /// The component that computed the key of the version; none where it has none.
        scheme: Option<Digest>,
        /// That key; empty where it has none. Keys of one component are in the order of the versions.
        version: Vec<u8>,
        /// The layer.
        diff_id: Digest,
        /// The component of the detector that found it.
        component: Digest,
        /// Its place among the packages that this detector found in the layer.
        place: u64,
    }
}

/// Whose name and version a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// The package's and its source package's: they are the same.
    Alike,
    /// The package's.
    Package,
    /// The source package's.
    Source,
}

impl Named {
    const ALL: [Self; 3] = [Self::Alike, Self::Package, Self::Source];
}

impl key::Key for Named {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&[*self as u8]);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        let [byte] = from.fixed()?;
        Self::ALL.get(usize::from(byte)).copied()
    }
}

impl Key {
    /// Begins the keys of all packages of a name.
    pub fn of_name(out: &mut Writer, namespace: &str, name: &str, named: Named) {
        out.text(namespace).text(name).fixed(&[named as u8]);
    }

    /// The same, of those whose versions one component orders, or none does.
    pub fn prefix(out: &mut Writer, namespace: &str, name: &str, named: Named, scheme: Option<&Digest>) {
        Self::of_name(out, namespace, name, named);
        key::Key::encode(&scheme.copied(), out);
    }
}

/// As much of a package as advisories ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    path: Text,
    name: Text,
    version: Text,
    scheme: Text,
    namespace: Option<String>,
    arch: Option<Text>,
    source: Option<(Text, Text)>,
    qualifiers: Vec<(String, String)>,
    keys: StoredKeys,
    symbols: Option<StoredSymbols>,
}

/// What versions 1 and 2 of a row had. Version 1 ended with the package that owns the file, which contexts say
/// now; neither knew symbols.
#[derive(Deserialize)]
struct Earlier {
    path: Text,
    name: Text,
    version: Text,
    scheme: Text,
    namespace: Option<String>,
    arch: Option<Text>,
    source: Option<(Text, Text)>,
    qualifiers: Vec<(String, String)>,
    keys: StoredKeys,
}

impl table::Row for Row {
    const VERSION: u8 = 3;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        if !matches!(version, 1 | 2) {
            return None;
        }
        let (earlier, _) = postcard::take_from_bytes(fields).ok()?;
        let Earlier { path, name, version, scheme, namespace, arch, source, qualifiers, keys } = earlier;
        Some(Self { path, name, version, scheme, namespace, arch, source, qualifiers, keys, symbols: None })
    }
}

impl Row {
    /// The row of a package that the file at `path` states.
    pub fn new(path: &str, package: &Package, keys: PackageKeys) -> Self {
        Self {
            path: path.into(),
            name: package.name.clone(),
            version: package.version.clone(),
            scheme: package.scheme.clone(),
            namespace: match &package.scope {
                Scope::Distribution => None,
                Scope::Namespace(namespace) => Some(namespace.clone()),
            },
            arch: package.arch.clone(),
            source: package.source.as_ref().map(|source| (source.name.clone(), source.version.clone())),
            qualifiers: package.qualifiers.clone(),
            keys: keys.into(),
            symbols: package.symbols.as_ref().map(StoredSymbols::from),
        }
    }

    /// The file that states it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path, the package as far as advisories ask for it, and its keys.
    pub fn into_parts(self) -> (Text, Package, PackageKeys) {
        let package = Package {
            name: self.name,
            version: self.version,
            scheme: self.scheme,
            scope: self.namespace.map_or(Scope::Distribution, Scope::Namespace),
            evidence: Evidence::Installed,
            purl: String::new(),
            arch: self.arch,
            source: self.source.map(|(name, version)| SourcePackage { name, version }),
            symbols: self.symbols.map(Symbols::from),
            qualifiers: self.qualifiers,
            licenses: Vec::new(),
            requires: None,
        };
        (self.path, package, self.keys.into())
    }
}
