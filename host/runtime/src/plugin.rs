use std::fmt;

use limpid_model::{Digest, PluginId, Role};
use wasmparser::Encoding;

use crate::call::Callee;
use crate::detector::{Detector, DetectorRole};
use crate::feed::{Feed, FeedRole};
use crate::scheme::{Scheme, SchemeRole};
use crate::{LoadError, Metadata, Runtime, contract, metadata, shape};

/// A component that was compiled, fits the contract and answered when it was first called.
pub struct Plugin {
    callee: Callee,
    metadata: Metadata,
    roles: Vec<Role>,
    detector: Option<DetectorRole>,
    feed: Option<FeedRole>,
    scheme: Option<SchemeRole>,
}

impl Plugin {
    pub(crate) fn load(runtime: &Runtime, bytes: &[u8]) -> Result<Self, LoadError> {
        check(runtime, bytes)?;
        let digest = Digest::of(bytes);
        let component = runtime.compile(&digest, bytes)?;
        let roles = contract::roles(&runtime.0.engine, &component)?;
        let identity = metadata::read(bytes)?;
        let misfit = |error: wasmtime::Error| LoadError::Misfit(format!("{error:#}"));
        let instance = runtime.0.linker.instantiate_pre(&component).map_err(misfit)?;
        let id = PluginId { name: identity.name, version: identity.version, digest };
        let callee = Callee::new(id, runtime.clone(), instance);
        let has = |role| roles.contains(&role).then_some(&callee);
        Ok(Self {
            detector: has(Role::Detector).map(DetectorRole::probe).transpose()?,
            feed: has(Role::Feed).map(FeedRole::probe).transpose()?,
            scheme: has(Role::Scheme).map(SchemeRole::probe).transpose()?,
            metadata: identity.metadata,
            roles,
            callee,
        })
    }

    /// Which plugin it is.
    pub const fn id(&self) -> &PluginId {
        &self.callee.id
    }

    /// What it can be asked for, by what it exports; at least one role.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What else it says of itself.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Why it is not called any more, where it broke its contract too often.
    pub fn quarantined(&self) -> Option<String> {
        self.callee.health.quarantined()
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
        f.debug_struct("Plugin").field("id", self.id()).field("roles", &self.roles).finish()
    }
}

/// What must hold before a component is given to the compiler.
fn check(runtime: &Runtime, bytes: &[u8]) -> Result<(), LoadError> {
    let limit = runtime.settings().component_bytes;
    let size = bytes.len() as u64;
    if size > limit {
        return Err(LoadError::TooLarge { size, limit });
    }
    match metadata::encoding(bytes) {
        None => return Err(LoadError::NotWasm),
        Some(Encoding::Module) => return Err(LoadError::Module),
        Some(Encoding::Component) => {}
    }
    shape::check(bytes)
}
