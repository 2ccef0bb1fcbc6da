use std::collections::BTreeSet;
use std::fmt;
use std::time::Instant;

use limpid_model::{Digest, PluginId, PluginLimit, PluginState, RecentFailure, Role};
use wasmparser::Encoding;

use crate::call::Callee;
use crate::contract::Surface;
use crate::detector::{Detector, DetectorRole};
use crate::feed::{Feed, FeedRole};
use crate::scheme::{Scheme, SchemeRole};
use crate::{LoadError, Metadata, Runtime, contract, metadata, shape};

/// A component that was compiled, fits the contract and answered when it was first called.
pub struct Plugin {
    callee: Callee,
    metadata: Metadata,
    surface: Surface,
    size: u64,
    detector: Option<DetectorRole>,
    feed: Option<FeedRole>,
    scheme: Option<SchemeRole>,
}

impl Plugin {
    pub(crate) fn load(runtime: &Runtime, bytes: &[u8], signature: Option<&str>) -> Result<Self, LoadError> {
        check_size(runtime, bytes)?;
        let digest = Digest::of(bytes);
        runtime.0.allow.check(&digest, signature)?;
        check_form(bytes)?;
        let component = runtime.compile(&digest, bytes)?;
        let surface = contract::surface(&runtime.0.engine, &component)?;
        let identity = metadata::read(bytes)?;
        let misfit = |error: wasmtime::Error| LoadError::Misfit(format!("{error:#}"));
        let instance = runtime.0.linker.instantiate_pre(&component).map_err(misfit)?;
        let id = PluginId { name: identity.name, version: identity.version, digest };
        let callee = Callee::new(id, runtime.clone(), instance);
        let has = |role| surface.roles.contains(&role).then_some(&callee);
        Ok(Self {
            detector: has(Role::Detector).map(DetectorRole::probe).transpose()?,
            feed: has(Role::Feed).map(FeedRole::probe).transpose()?,
            scheme: has(Role::Scheme).map(SchemeRole::probe).transpose()?,
            metadata: identity.metadata,
            surface,
            size: bytes.len() as u64,
            callee,
        })
    }

    /// Which plugin it is.
    pub const fn id(&self) -> &PluginId {
        &self.callee.id
    }

    /// What it can be asked for, by what it exports; at least one role.
    pub fn roles(&self) -> &[Role] {
        &self.surface.roles
    }

    /// The interfaces that it imports, as the component names them.
    pub fn imports(&self) -> &[String] {
        &self.surface.imports
    }

    /// What it exports, as the component names it.
    pub fn exports(&self) -> &[String] {
        &self.surface.exports
    }

    /// Size of the component, in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// What else it says of itself.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What is shown of it.
    pub fn state(&self) -> PluginState {
        let metadata = self.metadata();
        PluginState {
            id: self.id().clone(),
            roles: self.roles().to_vec(),
            scheme: self.scheme().map(|scheme| scheme.name().to_owned()),
            quarantined: self.quarantined(),
            description: metadata.description.clone(),
            license: metadata.licenses.clone(),
            authors: metadata.authors.clone(),
            source: metadata.source.clone(),
        }
    }

    /// Versions of the contract that it exports, oldest first.
    pub fn contracts(&self) -> Vec<String> {
        let versions = self.exports().iter().filter_map(|export| export.split_once('@'));
        let versions: BTreeSet<_> = versions.map(|(_, version)| version.to_owned()).collect();
        versions.into_iter().collect()
    }

    /// What it may use, each with its setting.
    pub fn limits(&self) -> Vec<PluginLimit> {
        self.callee.limits()
    }

    /// How many calls of it have failed since it was loaded: who looks now and then sees that more have.
    pub fn failed_calls(&self) -> u64 {
        self.callee.health.noted()
    }

    /// Whether it was recalled how calls failed before the process began.
    pub fn has_recalled_failures(&self) -> bool {
        self.callee.health.has_recalled()
    }

    /// Recalls how calls of this very component failed before the process began, the last first. Only once.
    pub fn recall_failures(&self, earlier: Vec<RecentFailure>) {
        self.callee.health.recall(earlier);
    }

    /// How calls of it have failed lately, the last first.
    pub fn failures(&self) -> Vec<RecentFailure> {
        self.callee.failures()
    }

    /// Why it is not called any more, where it broke its contract too often.
    pub fn quarantined(&self) -> Option<String> {
        self.callee.health.quarantined()
    }

    /// Whether it is quarantined, and the next call goes through all the same.
    pub fn awaits_trial(&self) -> bool {
        self.callee.health.awaits_trial(Instant::now())
    }

    /// How often it was quarantined or that has ended. Where it has ended, what it did not see meanwhile
    /// can be shown to it.
    pub fn quarantines(&self) -> u64 {
        self.callee.health.changes()
    }

    /// This very component is known to have worked: what breaks it now is not the plugin.
    pub fn vouch(&self) {
        self.callee.health.vouch();
    }

    /// Gives a plugin that is not called any more another chance.
    pub fn release(&self) {
        self.callee.health.release();
    }

    /// It as a detector, where it is one.
    pub fn detector(&self) -> Option<Detector<'_>> {
        self.detector.as_ref().map(|role| Detector::new(&self.callee, role))
    }

    /// It as a feed, where it is one.
    pub fn feed(&self) -> Option<Feed<'_>> {
        self.feed.as_ref().map(|role| Feed::new(&self.callee, role))
    }

    /// It as a scheme, where it is one.
    pub fn scheme(&self) -> Option<Scheme<'_>> {
        self.scheme.as_ref().map(|role| Scheme::new(&self.callee, role))
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("id", self.id()).field("roles", &self.roles()).finish()
    }
}

fn check_size(runtime: &Runtime, bytes: &[u8]) -> Result<(), LoadError> {
    let limit = runtime.settings().component_bytes;
    let size = bytes.len() as u64;
    if size > limit { Err(LoadError::TooLarge { size, limit }) } else { Ok(()) }
}

/// What must hold before a component is given to the compiler.
fn check_form(bytes: &[u8]) -> Result<(), LoadError> {
    match metadata::encoding(bytes) {
        None => return Err(LoadError::NotWasm),
        Some(Encoding::Module) => return Err(LoadError::Module),
        Some(Encoding::Component) => {}
    }
    shape::check(bytes)
}
