use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use limpid_model::Digest;
use wasmtime::component::{Component, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmFeatures,
};

use crate::allow::AllowList;
use crate::call::State;
use crate::compiled::Compiled;
use crate::compiler::Compiler;
use crate::times::CallTimes;
use crate::{Error, LoadError, Plugin, Settings, contract};

/// How often running plugins are looked at. A bound on time is met this much late at most.
const TICK: Duration = Duration::from_millis(10);

/// What a component may be made of. Interpreters linked from many modules use a few dozen core
/// instances and one memory; more than that is not a plugin, but an attempt on the pool.
const CORE_INSTANCES_PER_COMPONENT: u32 = 128;
const MEMORIES_PER_COMPONENT: u32 = 2;
const TABLES_PER_COMPONENT: u32 = 16;
const TABLES_PER_MODULE: u32 = 4;
/// Room for what the engine itself keeps of an instance.
const INSTANCE_BYTES: usize = 4 << 20;

/// Memory of an instance that stays with its place in the pool when it has ended, zeroed, in bytes:
/// fetching pages from the system anew took a tenth of the time of a parser.
const KEPT_BYTES: usize = 8 << 20;
/// The same of each table.
const KEPT_TABLE_BYTES: usize = 64 << 10;
/// Places that keep theirs while nobody uses them.
const WARM: u32 = 4;

/// Compiles plugins and runs them. Clones are the same runtime.
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<Shared>);

/// What all plugins of a runtime share.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<State>,
    pub(crate) settings: Settings,
    pub(crate) allow: AllowList,
    compiled: Option<Compiled>,
    /// Compiled forms that came with the plugins.
    shipped: Option<Compiled>,
    compiler: Option<Compiler>,
    pub(crate) times: CallTimes,
    pub(crate) calls: Lane,
    pub(crate) parses: Lane,
    /// One for each processor: compiling takes a whole one, and much memory.
    compiles: Lane,
    _ticker: Ticker,
}

impl Runtime {
    /// Reserves the pool of instances and starts the thread that watches the time; it ends with
    /// the last clone of this runtime and the last plugin that was loaded by it. Components are
    /// compiled in this process, without a bound on the time that it takes.
    ///
    /// # Errors
    /// [`Error`], where a setting makes no sense or the address space cannot be had.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::build(settings, None, None)
    }

    /// The same, and keeps what it compiles in a directory that only the user of this process can
    /// write.
    ///
    /// # Errors
    /// [`Error`], also where others can write the directory.
    pub fn with_cache(settings: Settings, directory: &Path) -> Result<Self, Error> {
        Self::build(settings, Some(cache(directory)?), None)
    }

    /// The same, and has components compiled by a process of its own, which ends when it takes too
    /// much time or memory: for components from anybody.
    ///
    /// # Errors
    /// [`Error`], also where others can write the directory.
    pub fn with_compiler(settings: Settings, directory: &Path, compiler: Compiler) -> Result<Self, Error> {
        Self::build(settings, Some(cache(directory)?), Some(compiler))
    }

    fn build(
        settings: Settings,
        compiled: Option<Compiled>,
        compiler: Option<Compiler>,
    ) -> Result<Self, Error> {
        settings.check()?;
        let shipped = settings.compiled_dir.as_deref().map(shipped).transpose()?;
        let engine_error = |error: wasmtime::Error| Error::Engine(format!("{error:#}"));
        let engine = Engine::new(&config(&settings)).map_err(engine_error)?;
        Ok(Self(Arc::new(Shared {
            linker: contract::linker(&engine).map_err(engine_error)?,
            _ticker: Ticker::start(engine.clone()).map_err(|error| Error::Engine(error.to_string()))?,
            engine,
            times: CallTimes::default(),
            calls: Lane::new(settings.instances),
            parses: Lane::new(settings.parse_instances),
            compiles: Lane::new(processors()),
            allow: AllowList::parse(&settings.allow)?,
            settings,
            compiled,
            shipped,
            compiler,
        })))
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// How calls of plugins went since the runtime was made.
    pub fn times(&self) -> &CallTimes {
        &self.0.times
    }

    /// Removes the compiled forms of all components but these.
    pub fn forget_compiled_except(&self, components: &HashSet<Digest>) {
        if let Some(compiled) = &self.0.compiled {
            compiled.keep_only(&self.0.engine, components);
        }
    }

    /// The compiled form of a component that was checked, from the cache or anew.
    pub(crate) fn compile(&self, digest: &Digest, bytes: &[u8]) -> Result<Component, LoadError> {
        let Shared { engine, compiled, shipped, .. } = &*self.0;
        let mut places = compiled.iter().chain(shipped);
        if let Some(known) = places.find_map(|compiled| compiled.get(engine, digest)) {
            return Ok(known);
        }
        if let (Some(compiled), Some(compiler)) = (compiled, &self.0.compiler) {
            let _place = self.0.compiles.enter();
            let code = compiler.compile(&self.0.settings, bytes)?;
            return compiled.put(engine, digest, &code).map_err(|source| LoadError::Kept { source });
        }
        let component = Component::from_binary(engine, bytes)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        if let (Some(compiled), Ok(code)) = (compiled, component.serialize()) {
            // That it cannot be kept costs time, and nothing else.
            if let Err(error) = compiled.put(engine, digest, &code) {
                tracing::warn!(%error, "the compiled form of component {digest} cannot be kept");
            }
        }
        Ok(component)
    }

    /// Loads a component as it is, with no signature.
    ///
    /// # Errors
    /// As of [`Self::load_signed`].
    pub fn load(&self, component: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        self.load_signed(component, None)
    }

    /// Compiles a component, holds it against the contract and asks it what it claims or how it is
    /// called. Takes some tenths of a second, most of it compiling, on all processors, unless its
    /// compiled form is in the cache. Where setting `plugins.allow` says what may run, that is
    /// looked at first; a signature is one over the text of the component's digest, in hex or base64.
    ///
    /// # Errors
    /// [`LoadError`], which says what is wrong with the component.
    pub fn load_signed(&self, component: &[u8], signature: Option<&str>) -> Result<Arc<Plugin>, LoadError> {
        Plugin::load(self, component, signature).map(Arc::new)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runtime").field(&self.0.settings).finish()
    }
}

fn processors() -> u32 {
    thread::available_parallelism().ok().and_then(|number| number.get().try_into().ok()).unwrap_or(1)
}

fn cache(directory: &Path) -> Result<Compiled, Error> {
    Compiled::open(directory).map_err(|source| Error::Cache { directory: directory.to_owned(), source })
}

fn shipped(directory: &Path) -> Result<Compiled, Error> {
    Compiled::shipped(directory).map_err(|source| Error::Cache { directory: directory.to_owned(), source })
}

/// The compiled form of a component, for engines with these settings.
///
/// # Errors
/// What is wrong with the component, in words.
pub(crate) fn compile_only(settings: &Settings, component: &[u8]) -> Result<Vec<u8>, String> {
    let engine = Engine::new(&config(settings)).map_err(|error| format!("{error:#}"))?;
    engine.precompile_component(component).map_err(|error| format!("{error:#}"))
}

fn config(settings: &Settings) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .parallel_compilation(true)
        .epoch_interruption(true)
        .max_wasm_stack(settings.stack_bytes)
        .wasm_backtrace_max_frames(None)
        // The same input gives the same bytes out, whichever processor made them.
        .cranelift_nan_canonicalization(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    // What compilers to WebAssembly do not ask for by themselves stays off: less to attack, and
    // relaxed SIMD would make results depend on the processor.
    let unneeded = WasmFeatures::RELAXED_SIMD
        | WasmFeatures::MEMORY64
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::TAIL_CALL;
    config.wasm_features(unneeded, false);
    config
}

/// A pool in which every call that a lane lets through finds its instance. Each memory reserves
/// 4 GiB of address space, so that the compiled code needs no bounds checks.
fn pool(settings: &Settings) -> PoolingAllocationConfig {
    let slots = settings.instances.saturating_add(settings.parse_instances);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .total_memories(slots.saturating_mul(MEMORIES_PER_COMPONENT))
        .total_tables(slots.saturating_mul(TABLES_PER_COMPONENT))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_tables_per_module(TABLES_PER_MODULE)
        .max_component_instance_size(INSTANCE_BYTES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_memory_size(settings.memory_bytes)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        .pagemap_scan(Enabled::Auto)
        .max_unused_warm_slots(WARM)
        .table_elements(settings.table_elements);
    pool
}

/// Advances the engine's epoch, at which running plugins look at the clock.
struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: Engine) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("plugin-clock".into()).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked: it only waits and counts.
            let _ = thread.join();
        }
    }
}

/// Lets a number of calls through at a time.
pub(crate) struct Lane {
    free: Mutex<u32>,
    freed: Condvar,
}

/// A place in a lane, given back when dropped.
pub(crate) struct Place<'a>(&'a Lane);

impl Lane {
    fn new(places: u32) -> Self {
        Self { free: Mutex::new(places), freed: Condvar::new() }
    }

    /// Waits for a place. Those who hold one are bounded in time.
    pub(crate) fn enter(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_sub(1);
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(1);
        self.0.freed.notify_one();
    }
}
