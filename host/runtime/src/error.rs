use std::path::PathBuf;

use limpid_model::{Digest, PluginFailure};

/// Why there is no engine to run plugins.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that no engine can be built with.
    #[error("setting `{setting}` is {value}, {expected}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        value: u64,
        /// What it must be.
        expected: &'static str,
    },
    /// A limit of one plugin that is not below the general one.
    #[error(
        "setting `plugins.limits.{plugin}.{field}` is {value}, must be 1 to {general}, \
         which is `plugins.{field}`"
    )]
    PluginLimit {
        /// The plugin.
        plugin: String,
        /// Which limit.
        field: &'static str,
        /// What it is.
        value: u64,
        /// What it is for all.
        general: u64,
    },
    /// An entry of the list of components that may run that is none.
    #[error("setting `plugins.allow` holds `{entry}`: {why}")]
    Allow {
        /// The entry, shortened.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The directory of compiled components cannot be used.
    #[error("directory `{}` cannot hold compiled components", directory.display())]
    Cache {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The engine refused to start, for instance because the address space that the pool reserves
    /// cannot be had.
    #[error(
        "the WebAssembly engine does not start: {0} \
         (fewer `plugins.instances` need less address space)"
    )]
    Engine(String),
}

/// Why a component is not a plugin that this host can run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot be read")]
    Read(#[source] std::io::Error),
    /// Larger than a component may be.
    #[error("is {size} bytes, over the limit of {limit} (setting `plugins.component_bytes`)")]
    TooLarge {
        /// Its size in bytes, as far as it was looked at.
        size: u64,
        /// What is allowed.
        limit: u64,
    },
    /// Not among those that the operator lets run.
    #[error("may not run: setting `plugins.allow` names what may, and it is {digest}, {why}")]
    NotAllowed {
        /// Its digest.
        digest: Digest,
        /// Why it is not allowed.
        why: &'static str,
    },
    /// Not WebAssembly.
    #[error("is not WebAssembly: it does not begin with `\\0asm`")]
    NotWasm,
    /// A core module, which is what compilers write before it is made a component.
    #[error("is a core module, not a component; `wasm-tools component new` makes one of it")]
    Module,
    /// Damaged, or uses a WebAssembly feature that this host does not offer.
    #[error("does not compile: {0}")]
    Invalid(String),
    /// Takes longer to compile than it may.
    #[error("takes more than {limit:?} to compile, the limit of setting `plugins.compile_time`")]
    CompileTime {
        /// What is allowed.
        limit: std::time::Duration,
    },
    /// Takes more memory to compile than it may.
    #[error(
        "takes {bytes} bytes of memory to compile, over the limit of {limit} \
         (setting `plugins.compile_bytes`)"
    )]
    CompileMemory {
        /// What it had taken when it was stopped.
        bytes: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The program that compiles cannot be run. That is not the component's fault.
    #[error("cannot be compiled: running `{}` failed", program.display())]
    Compiler {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its compiled form cannot be kept or loaded. That is not the component's fault.
    #[error("was compiled, but its compiled form cannot be kept")]
    Kept {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Made of more parts than a plugin is, so that compiling it might never end.
    #[error("holds {count} {what}, over the limit of {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many, as far as it was looked at.
        count: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// Imports what plugins are not given.
    #[error(
        "imports `{import}`, which is not part of limpid:plugin in versions {served}; \
         a plugin may import nothing else"
    )]
    Import {
        /// The import, as the component names it.
        import: String,
        /// The contract versions that this host serves.
        served: &'static str,
    },
    /// Speaks a version of the contract that this host does not.
    #[error("uses `{interface}`; this host serves versions {served} of that contract")]
    Version {
        /// The interface, as the component names it.
        interface: String,
        /// The contract versions that this host serves.
        served: &'static str,
    },
    /// Exports nothing that a plugin is asked for.
    #[error(
        "exports none of `limpid:plugin/detector`, `limpid:plugin/feed`, `limpid:plugin/scheme` \
         in versions {served}"
    )]
    NoRole {
        /// The contract versions that this host serves.
        served: &'static str,
    },
    /// Does not say who it is.
    #[error("has no {0} in its metadata; `limpid plugin identify` writes one")]
    Anonymous(&'static str),
    /// Says who it is in a form that cannot stand in addresses and file names.
    #[error("states as its {field} `{value}`, which is not {expected}")]
    Identity {
        /// `name` or `version`.
        field: &'static str,
        /// What it states, shortened.
        value: String,
        /// What is expected.
        expected: &'static str,
    },
    /// Its imports or exports have the right names and the wrong types.
    #[error("does not fit the contract: {0}")]
    Misfit(String),
    /// Failed when it was first asked something.
    #[error("fails when first called: {0}")]
    Probe(PluginFailure),
    /// Another plugin has its name.
    #[error("is named `{name}`, and so is {}", other.display())]
    NameTaken {
        /// The name.
        name: String,
        /// Where the plugin that has it was loaded from.
        other: PathBuf,
    },
    /// Another plugin has its scheme: versions must have one order.
    #[error("orders the versions of scheme `{scheme}`, and so does {}", other.display())]
    SchemeTaken {
        /// The scheme.
        scheme: String,
        /// Where the plugin that has it was loaded from.
        other: PathBuf,
    },
}

impl LoadError {
    /// Whether another plugin stands in the way, which may go.
    pub(crate) const fn is_conflict(&self) -> bool {
        matches!(self, Self::NameTaken { .. } | Self::SchemeTaken { .. })
    }
}
