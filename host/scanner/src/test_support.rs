//! Plugins, packages and scanners made up for this crate's tests.

pub(crate) mod archive;

use std::sync::{Arc, OnceLock};

use limpid_model::{Digest, Evidence, Key, KeyedVersion, Package, PluginId, Scope};
use limpid_model::{NoticeFilter, Subscription, SubscriptionSpec, Target};
use limpid_runtime::{Registry, Runtime};
use limpid_store::Store;
use limpid_store::tables::findings::PackageKeys;

use crate::fold::Held;
use crate::{Clock, Scanner, Settings};

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
        qualifiers: Vec::new(),
        licenses: Vec::new(),
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

/// A package that the lowest layer of an image brought.
pub(crate) fn held(package: Package) -> Held {
    Held {
        detector: Arc::new(plugin("detector")),
        path: "db".into(),
        member: None,
        keys: keys(&package),
        package: Box::new(package),
        stated_by: 0,
        introduced_by: 0,
        owner: None,
    }
}

/// A scanner without plugins, and the directory that holds its temporary files.
pub(crate) fn scanner(store: Store) -> (Scanner, tempfile::TempDir) {
    scanner_with(store, |_| ())
}

/// The same with other settings.
pub(crate) fn scanner_with(store: Store, change: impl FnOnce(&mut Settings)) -> (Scanner, tempfile::TempDir) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Runtime::new(limpid_runtime::Settings::default()).unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let registry = Registry::load_dir(runtime, scratch.path()).unwrap();
    let mut settings = Settings::new(scratch.path().to_owned());
    settings.clock = Clock::new(|| 1_000);
    settings.waits_for_detectors = false;
    change(&mut settings);
    (Scanner::new(store, registry, settings).unwrap(), scratch)
}

/// A subscription as it is when it has just been made: of a broker that is called as it is.
pub(crate) fn subscription(name: &str, period: Option<u64>) -> Subscription {
    let target = Target::Amqp { url: name.to_owned(), exchange: String::new(), routing_key: String::new() };
    let spec = SubscriptionSpec { target, filter: NoticeFilter::default(), period, enabled: true };
    Subscription { name: name.to_owned(), created: 0, next_number: 1, spec }
}
