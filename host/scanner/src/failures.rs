//! How calls of plugins have failed lately, kept over a restart.
//!
//! A failed call writes nothing: what plugins remember of their failures is written now and then, all plugins in one
//! batch, so that it costs the same however often they fail. What a process that is killed has not written is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use limpid_model::Digest;
use limpid_runtime::{Plugin, Registry, Snapshot};
use limpid_store::tables::plugin_failures::{self, PluginFailures};
use limpid_store::{Batch, Store};
use parking_lot::Mutex;

use crate::workers::{Beside, attempt};
use crate::{Error, Scanner};

/// How often failures are written, at most.
const INTERVAL: Duration = Duration::from_secs(60);

/// How many calls of each component had failed when that was written last.
#[derive(Debug, Default)]
pub(crate) struct Written(Mutex<BTreeMap<Digest, u64>>);

/// Recalls how calls of the components that are loaded failed before this process began.
pub(crate) fn recall(store: &Store, plugins: &Snapshot) -> Result<(), Error> {
    let view = store.view();
    for plugin in plugins.plugins() {
        if plugin.has_recalled_failures() {
            continue;
        }
        let row = view.get::<PluginFailures>(&plugin.id().name)?;
        // Those of another version say nothing of this one.
        let row = row.filter(|row| row.component() == plugin.id().digest);
        plugin.recall_failures(row.map(plugin_failures::Row::into_failures).unwrap_or_default());
    }
    Ok(())
}

/// Writes how calls have failed since it was written last, and forgets those of plugins that are gone.
pub(crate) fn keep(store: &Store, registry: &Registry, written: &Written) -> Result<(), Error> {
    let plugins = registry.snapshot();
    // One that was loaded meanwhile may be the one that ran before.
    recall(store, &plugins)?;
    let mut written = written.0.lock();
    let mut batch = Batch::default();
    let mut now = BTreeMap::new();
    for plugin in plugins.plugins() {
        let (id, failed) = (plugin.id(), plugin.failed_calls());
        // One that is loaded anew counts from the beginning.
        if failed > 0 && written.get(&id.digest) != Some(&failed) {
            batch.put::<PluginFailures>(&id.name, &row(plugin))?;
        }
        now.insert(id.digest, failed);
    }
    // Where something is not loaded, it is not known whether it is gone.
    if plugins.missing().is_empty() && plugins.left_out().is_empty() {
        for name in store.view().keys::<PluginFailures>(|_| ()) {
            let name = name?;
            if plugins.named(&name).is_none() {
                batch.delete::<PluginFailures>(&name);
            }
        }
    }
    if !batch.is_empty() {
        store.commit(batch)?;
    }
    *written = now;
    Ok(())
}

fn row(plugin: &Plugin) -> plugin_failures::Row {
    plugin_failures::Row::new(plugin.id().digest, plugin.failures())
}

/// Forgets how calls of a plugin have failed that was removed.
pub(crate) fn forget(store: &Store, name: &str, written: &Written) -> Result<(), Error> {
    // Nobody else writes meanwhile.
    let _written = written.0.lock();
    let mut batch = Batch::default();
    batch.delete::<PluginFailures>(&name.to_owned());
    Ok(store.commit(batch)?)
}

/// Keeps how calls of plugins fail, until it is dropped: then it writes what is not written yet.
#[derive(Debug)]
pub struct KeepingFailures {
    _thread: Beside,
}

impl KeepingFailures {
    /// Starts the thread.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let thread = Beside::start("plugin failures", move |stop| {
            loop {
                let is_last = stop.wait(INTERVAL);
                attempt("failures of plugins are not kept", || scanner.keep_failures());
                if is_last {
                    break;
                }
            }
        });
        Ok(Self { _thread: thread? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::scanner;

    #[test]
    fn failures_of_plugins_that_are_gone_go_too() {
        let (scanner, _scratch) = scanner(Store::in_memory());
        let put = || {
            let mut batch = Batch::default();
            for name in ["one", "other"] {
                let row = plugin_failures::Row::new(Digest::of(b"component"), Vec::new());
                batch.put::<PluginFailures>(&name.to_owned(), &row).unwrap();
            }
            scanner.store().commit(batch).unwrap();
        };
        let names = || -> Vec<String> {
            scanner.store().view().keys::<PluginFailures>(|_| ()).collect::<Result<_, _>>().unwrap()
        };
        put();
        forget(scanner.store(), "one", &scanner.0.failures).unwrap();
        assert_eq!(names(), ["other"]);
        put();
        scanner.keep_failures().unwrap();
        assert_eq!(names(), [""; 0]);
    }
}
