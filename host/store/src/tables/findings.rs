//! What one build of one detector found in one layer.

use limpid_model::{
    Digest, Distribution, Evidence, Fact, Finding, KeyedVersion, LayerFindings, Ownership, Package,
    PackageKeys, Scope, SourcePackage, Symbols, Text, Unread,
};
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, Plugin, Unusable, Version, each};
use crate::define::define_table;
use crate::table;

mod failure;
mod requires;

use failure::Failure;
use requires::Requires;

define_table! {
    /// The table.
    Findings = 6 "findings";

    /// A layer and a detector.
    #[derive(Copy)]
    key {
        /// The layer.
        diff_id: Digest,
        /// The detector's component.
        component: Digest,
    }
}

/// Facts of one layer, with the keys of their versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    plugin: Plugin,
    findings: Vec<StoredFinding>,
    unread: Vec<StoredUnread>,
    failures: Vec<Failure>,
    keys: Vec<StoredKeys>,
    /// What of packages is linked in, by their places among the packages.
    symbols: Vec<(u32, StoredSymbols)>,
    /// What packages need.
    requires: Requires,
}

impl table::Row for Row {
    const VERSION: u8 = 3;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        // Version 1 knew no symbols, and neither knew what packages need.
        let ((plugin, findings, unread, failures, keys), symbols) = match version {
            1 => (postcard::from_bytes(fields).ok()?, Vec::new()),
            2 => postcard::from_bytes(fields).ok()?,
            _ => return None,
        };
        Some(Self { plugin, findings, unread, failures, keys, symbols, requires: Requires::default() })
    }
}

/// What was found, without what packages need: most who read a row ask for no more.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Found {
    plugin: Plugin,
    findings: Vec<StoredFinding>,
    unread: Vec<StoredUnread>,
    failures: Vec<Failure>,
    keys: Vec<StoredKeys>,
    symbols: Vec<(u32, StoredSymbols)>,
}

impl table::Glance for Found {
    type Table = Findings;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        // Version 1 knew no symbols.
        let (plugin, findings, unread, failures, keys) =
            (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(Self { plugin, findings, unread, failures, keys, symbols: Vec::new() })
    }
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let Row { plugin, findings, unread, failures, keys, symbols, requires: _ } = row;
        Self { plugin, findings, unread, failures, keys, symbols }
    }
}

impl Found {
    /// What was found, by which plugin, and the keys of each package in their order.
    pub fn into_parts(self) -> (limpid_model::PluginId, LayerFindings, Vec<PackageKeys>) {
        let mut findings: Vec<Finding> = each(self.findings);
        if !self.symbols.is_empty() {
            let mut packages = packages(&mut findings);
            for (of, symbols) in self.symbols {
                if let Some(package) = usize::try_from(of).ok().and_then(|place| packages.get_mut(place)) {
                    package.symbols = Some(symbols.into());
                }
            }
        }
        let found = LayerFindings { findings, unread: each(self.unread), failures: each(self.failures) };
        (self.plugin.into(), found, each(self.keys))
    }
}

/// The packages among findings, in their order.
fn packages(findings: &mut [Finding]) -> Vec<&mut Package> {
    let packages = findings.iter_mut().filter_map(|finding| match &mut finding.fact {
        Fact::Package(package) => Some(&mut **package),
        _ => None,
    });
    packages.collect()
}

/// [`Symbols`], as distances.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct StoredSymbols(Vec<u32>);

impl From<&Symbols> for StoredSymbols {
    fn from(symbols: &Symbols) -> Self {
        Self(symbols.distances().collect())
    }
}

impl From<StoredSymbols> for Symbols {
    fn from(StoredSymbols(distances): StoredSymbols) -> Self {
        Self::of_distances(distances)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct StoredKeys {
    scheme: Option<DigestBytes>,
    version: Version,
    source: Option<Version>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredUnread {
    path: String,
    error: Unusable,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredFinding {
    path: Text,
    member: Option<String>,
    fact: StoredFact,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredFact {
    Distribution {
        id: String,
        version_id: String,
        pretty_name: String,
        cpe: Option<String>,
        namespaces: Vec<String>,
        supported_until: Option<String>,
    },
    Package(Box<StoredPackage>),
    Ownership {
        package: String,
        paths: Vec<String>,
    },
    Property(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredPackage {
    name: Text,
    version: Text,
    scheme: Text,
    /// None: the distribution's.
    namespace: Option<String>,
    evidence: u8,
    purl: String,
    arch: Option<Text>,
    source: Option<(Text, Text)>,
    qualifiers: Vec<(String, String)>,
    licenses: Vec<String>,
}

impl Row {
    /// The row of what `plugin` found. `keys` holds one element for each package, in their order.
    pub fn new(plugin: limpid_model::PluginId, found: LayerFindings, keys: Vec<PackageKeys>) -> Self {
        let packages = found.findings.iter().filter_map(|finding| match &finding.fact {
            Fact::Package(package) => Some(&**package),
            _ => None,
        });
        let packages: Vec<_> = packages.collect();
        let linked =
            (0..).zip(&packages).filter_map(|(place, package)| Some((place, package.symbols.as_ref()?)));
        let symbols = linked.map(|(place, symbols)| (place, symbols.into())).collect();
        Self {
            symbols,
            requires: Requires::of(&packages),
            plugin: plugin.into(),
            findings: each(found.findings),
            unread: each(found.unread),
            failures: each(found.failures),
            keys: each(keys),
        }
    }

    /// What was found, by which plugin, and the keys of each package in their order.
    pub fn into_parts(mut self) -> (limpid_model::PluginId, LayerFindings, Vec<PackageKeys>) {
        let requires = std::mem::take(&mut self.requires);
        let (plugin, mut found, keys) = Found::from(self).into_parts();
        requires.state(&mut packages(&mut found.findings));
        (plugin, found, keys)
    }
}

impl From<PackageKeys> for StoredKeys {
    fn from(keys: PackageKeys) -> Self {
        Self {
            scheme: keys.scheme.map(DigestBytes::from),
            version: keys.version.into(),
            source: keys.source.map(Version::from),
        }
    }
}

impl From<StoredKeys> for PackageKeys {
    fn from(stored: StoredKeys) -> Self {
        Self {
            scheme: stored.scheme.map(Digest::from),
            version: stored.version.into(),
            source: stored.source.map(KeyedVersion::from),
        }
    }
}

impl From<Unread> for StoredUnread {
    fn from(unread: Unread) -> Self {
        Self { path: unread.path, error: unread.error.into() }
    }
}

impl From<StoredUnread> for Unread {
    fn from(stored: StoredUnread) -> Self {
        Self { path: stored.path, error: stored.error.into() }
    }
}

impl From<Finding> for StoredFinding {
    fn from(finding: Finding) -> Self {
        Self { path: finding.path, member: finding.member, fact: finding.fact.into() }
    }
}

impl From<StoredFinding> for Finding {
    fn from(stored: StoredFinding) -> Self {
        Self { path: stored.path, member: stored.member, fact: stored.fact.into() }
    }
}

impl From<Fact> for StoredFact {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Distribution(d) => Self::Distribution {
                id: d.id,
                version_id: d.version_id,
                pretty_name: d.pretty_name,
                cpe: d.cpe,
                namespaces: d.namespaces,
                supported_until: d.supported_until,
            },
            Fact::Package(package) => Self::Package(Box::new((*package).into())),
            Fact::Ownership(owned) => Self::Ownership {
                package: owned.package,
                paths: owned.paths.iter().map(str::to_owned).collect(),
            },
            Fact::Property(name, value) => Self::Property(name, value),
        }
    }
}

impl From<StoredFact> for Fact {
    fn from(stored: StoredFact) -> Self {
        match stored {
            StoredFact::Distribution { id, version_id, pretty_name, cpe, namespaces, supported_until } => {
                Self::Distribution(Distribution {
                    id,
                    version_id,
                    pretty_name,
                    cpe,
                    namespaces,
                    supported_until,
                })
            }
            StoredFact::Package(package) => Self::Package(Box::new((*package).into())),
            StoredFact::Ownership { package, paths } => {
                Self::Ownership(Ownership { package, paths: paths.iter().collect() })
            }
            StoredFact::Property(name, value) => Self::Property(name, value),
        }
    }
}

impl From<Package> for StoredPackage {
    fn from(package: Package) -> Self {
        Self {
            name: package.name,
            version: package.version,
            scheme: package.scheme,
            namespace: match package.scope {
                Scope::Distribution => None,
                Scope::Namespace(namespace) => Some(namespace),
            },
            evidence: match package.evidence {
                Evidence::Installed => 0,
                Evidence::Declared => 1,
                Evidence::Inferred => 2,
            },
            purl: package.purl,
            arch: package.arch,
            source: package.source.map(|source| (source.name, source.version)),
            qualifiers: package.qualifiers,
            licenses: package.licenses,
        }
    }
}

impl From<StoredPackage> for Package {
    fn from(stored: StoredPackage) -> Self {
        Self {
            name: stored.name,
            version: stored.version,
            scheme: stored.scheme,
            scope: stored.namespace.map_or(Scope::Distribution, Scope::Namespace),
            evidence: match stored.evidence {
                0 => Evidence::Installed,
                1 => Evidence::Declared,
                _ => Evidence::Inferred,
            },
            purl: stored.purl,
            arch: stored.arch,
            source: stored.source.map(|(name, version)| SourcePackage { name, version }),
            symbols: None,
            qualifiers: stored.qualifiers,
            licenses: stored.licenses,
            requires: None,
        }
    }
}
