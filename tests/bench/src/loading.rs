use std::path::Path;
use std::time::Instant;

use anyhow::bail;
use limpid_runtime::Registry;
use serde_json::{Value, json};

use crate::{Arguments, runtime};

/// How long it takes until all plugins could be called, as a service that starts does it.
pub(crate) fn measure(arguments: &Arguments, versions: &Path) -> anyhow::Result<Value> {
    let started = Instant::now();
    let runtime = runtime(&arguments.compiled)?;
    let engine = started.elapsed();
    let registry = Registry::with_versions(&runtime, &arguments.plugins, versions)?;
    let plugins = started.elapsed() - engine;
    let snapshot = registry.snapshot();
    if let Some(refused) = snapshot.refused().first() {
        bail!("`{}` is refused: it {}", refused.path.display(), refused.reason);
    }
    Ok(json!({
        "plugins": snapshot.plugins().len(),
        "engine_ms": engine.as_secs_f64() * 1_000.0,
        "plugins_ms": plugins.as_secs_f64() * 1_000.0,
    }))
}
