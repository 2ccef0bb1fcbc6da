//! Plugins and packages made up for the tests of this crate and of those above it.

use limpid_model::{Digest, Evidence, Key, KeyedVersion, Package, PackageKeys, PluginId, Scope};

/// A plugin of that name.
pub(crate) fn plugin(name: &str) -> PluginId {
    PluginId { name: name.to_owned(), version: "1".to_owned(), digest: Digest::of(name.as_bytes()) }
}

/// The component that computed the keys of these tests.
pub(crate) fn component() -> Digest {
    Digest::of(b"component of scheme `number`")
}

/// A package of scheme `number`.
pub(crate) fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.into(),
        version: version.into(),
        scheme: "number".into(),
        scope: Scope::Distribution,
        evidence: Evidence::Installed,
        purl: format!("pkg:test/{name}@{version}"),
        arch: None,
        source: None,
        symbols: None,
        qualifiers: Vec::new(),
        licenses: Vec::new(),
        requires: None,
    }
}

/// A version of scheme `number`, whose keys are big-endian; other texts have none.
pub(crate) fn keyed(version: &str) -> KeyedVersion {
    let key = version.parse::<u32>().map(|number| Key::new(number.to_be_bytes().to_vec()));
    KeyedVersion { version: version.into(), key: key.map_err(|_| format!("`{version}` is no number")) }
}

/// The keys of a package of scheme `number`.
pub(crate) fn keys(package: &Package) -> PackageKeys {
    PackageKeys {
        scheme: Some(component()),
        version: keyed(&package.version),
        source: package.source.as_ref().map(|source| keyed(&source.version)),
    }
}
