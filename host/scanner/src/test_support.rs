//! Plugins, packages and scanners made up for this crate's tests.

pub(crate) mod archive;
#[path = "../../matching/src/test_support/made_up.rs"]
mod made_up;

use std::sync::OnceLock;

use limpid_model::{NoticeFilter, Subscription, SubscriptionSpec, Target};
use limpid_runtime::{Registry, Runtime};
use limpid_store::Store;

use crate::{Clock, Scanner, Settings};
pub(crate) use made_up::*;

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
