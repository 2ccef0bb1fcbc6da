//! The same detector as a plugin and linked in, behind one trait.

use std::marker::PhantomData;
use std::sync::Arc;

use anyhow::Context;
use limpid_layers::ClaimedFile;
use limpid_model::Claim;
use limpid_plugin_sdk::detector::{Detector, File};
use limpid_runtime::{Plugin, Snapshot};
use limpid_scanner::borrowed;

/// Finds what is installed in a layer.
pub(crate) trait Detect: Sync {
    /// How many facts the files state.
    fn detect(&self, files: Vec<ClaimedFile>) -> anyhow::Result<usize>;
}

/// A detector that runs as a plugin.
pub(crate) struct Sandboxed(Arc<Plugin>);

/// A detector that is linked into this program.
pub(crate) struct Linked<D>(PhantomData<fn() -> D>);

impl Sandboxed {
    /// The one of that name.
    pub(crate) fn named(plugins: &Snapshot, name: &str) -> anyhow::Result<Self> {
        let plugin = plugins.named(name).with_context(|| format!("there is no plugin `{name}`"))?;
        Ok(Self(Arc::clone(plugin)))
    }

    /// Which files it wants to see.
    pub(crate) fn claims(&self) -> anyhow::Result<&[Claim]> {
        Ok(self.role()?.claims())
    }

    /// It in its role.
    pub(crate) fn role(&self) -> anyhow::Result<limpid_runtime::Detector<'_>> {
        self.0.detector().with_context(|| format!("plugin {} is no detector", self.0.id()))
    }
}

impl<D> Linked<D> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl Detect for Sandboxed {
    fn detect(&self, files: Vec<ClaimedFile>) -> anyhow::Result<usize> {
        Ok(self.role()?.detect("a measurement", borrowed(files))?.findings.len())
    }
}

impl<D: Detector> Detect for Linked<D> {
    fn detect(&self, files: Vec<ClaimedFile>) -> anyhow::Result<usize> {
        Ok(D::detect(&stored(&files)?)?.findings.len())
    }
}

/// Files as the detector reads them without a host.
pub(crate) fn stored(files: &[ClaimedFile]) -> anyhow::Result<Vec<File>> {
    let stored = |file: &ClaimedFile| {
        let content = file.read(0, usize::try_from(file.size())?)?.into_owned();
        Ok(File::in_memory(file.path(), content))
    };
    files.iter().map(stored).collect()
}
