//! Loads and runs Limpid's plugins.
//!
//! This crate owns the WebAssembly engine, the bounds of a call, the contract `limpid:plugin` and
//! what is loaded; it is the only one that knows wasmtime. It knows no ecosystem, no store, no
//! image format and no HTTP: files, documents and what is done with results come in as traits.
//!
//! Everything here is synchronous and blocks: call it from threads that may block, with the usual
//! 2 MiB of stack.
//!
//! Each call runs in a fresh instance, so nothing that one input does to a plugin reaches another.
//! It is bounded in time, memory, table growth, bytes returned and bytes logged. Whatever goes wrong is a
//! [`PluginFailure`](limpid_model::PluginFailure) that says who is to blame.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use limpid_runtime::{Registry, Runtime, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = Runtime::new(Settings::default())?;
//! let registry = Registry::load_dir(&runtime, Path::new("plugins"))?;
//! let plugins = registry.snapshot();
//! for refused in plugins.refused() {
//!     eprintln!("{}: {}", refused.path.display(), refused.reason);
//! }
//! if let Some(scheme) = plugins.scheme("dpkg") {
//!     let keys = scheme.keys("an example", &["1.0-1", "1.0~rc1-1"])?;
//!     assert!(keys.get(0) > keys.get(1));
//! }
//! # Ok(())
//! # }
//! ```

mod allow;
mod bounds;
mod call;
mod compiled;
mod compiler;
mod contract;
mod convert;
mod detector;
mod engine;
mod error;
mod failure;
mod feed;
mod handles;
mod health;
mod limits;
mod log;
mod metadata;
mod plugin;
mod registry;
mod scheme;
mod settings;
mod shape;
mod times;
mod upgrades;

pub use bounds::PluginLimits;
pub use compiler::Compiler;
pub use detector::{Detected, Detector, LayerFile};
pub use engine::Runtime;
pub use error::{Error, LoadError};
pub use feed::{Document, Documents, Feed, Mode, Sink, Source};
pub use metadata::Metadata;
pub use plugin::Plugin;
pub use registry::{Change, ChangeError, LeftOut, Refused, Registry, Snapshot, Version, Watch};
pub use scheme::Scheme;
pub use settings::Settings;
pub use times::{CallTimes, CalledPlugin, EndedCall};

#[cfg(test)]
mod tests;
