use limpid_model::{Keys, PluginFailure, PluginId, SchemeRevision};
use wasmtime::component::ComponentExportIndex;

use crate::LoadError;
use crate::call::{Borrowed, Callee};
use crate::contract::{Exported, Packed};

/// Longest name of a scheme, in bytes.
const NAME_BYTES: usize = 64;

/// Longest version that a scheme is asked about, in bytes. Versions come from images and documents
/// and are as long as their authors like; a longer one has no key.
const VERSION_BYTES: usize = 4096;

/// Versions in one call of the plugin. Larger batches gain nothing, and smaller ones keep what an
/// instance must hold small.
const BATCH: usize = 8192;

/// What is known of a plugin that is a scheme.
pub(crate) struct SchemeRole {
    keys: ComponentExportIndex,
    ceilings: Option<ComponentExportIndex>,
    name: String,
}

/// What `keys` and `ceilings` take, and what they give.
type Asked<'a> = (&'a [&'a str],);
type Told = (Packed<Keys>,);

impl SchemeRole {
    /// Asks for the scheme's name, once and for all.
    pub(crate) fn probe(callee: &Callee) -> Result<Self, LoadError> {
        let component = callee.instance_pre().component();
        let exported = Exported::required(component, "scheme")?;
        let (name, keys) = (exported.function("name")?, exported.function("keys")?);
        let (name,) = callee
            .call("name", Borrowed::default(), |store, instance| {
                instance.get_typed_func::<Asked<'_>, Told>(&mut *store, &keys)?;
                instance.get_typed_func::<(), (String,)>(&mut *store, &name)?.call(store, ())
            })
            .map_err(LoadError::Probe)?;
        if name.is_empty() || name.len() > NAME_BYTES {
            let message = format!("name of the scheme is {} bytes, not 1 to {NAME_BYTES}", name.len());
            return Err(LoadError::Probe(callee.violation("name", message)));
        }
        let builds = Exported::of(component, "builds");
        let ceilings = builds.map(|builds| builds.function("ceilings")).transpose()?;
        Ok(Self { keys, ceilings, name })
    }
}

/// A plugin in its role of ordering the versions of one scheme.
#[derive(Clone, Copy)]
pub struct Scheme<'a> {
    callee: &'a Callee,
    role: &'a SchemeRole,
}

impl<'a> Scheme<'a> {
    pub(crate) const fn new(callee: &'a Callee, role: &'a SchemeRole) -> Self {
        Self { callee, role }
    }

    /// Which plugin.
    pub const fn plugin(&self) -> &'a PluginId {
        &self.callee.id
    }

    /// The scheme's name: `dpkg`, `semver`.
    pub fn name(&self) -> &'a str {
        &self.role.name
    }

    /// Whose keys these are. Keys of two revisions do not compare.
    pub fn revision(&self) -> SchemeRevision {
        SchemeRevision { name: self.role.name.clone(), component: self.callee.id.digest }
    }

    /// A key for each version, in their order, or why it has none: it is not a version of this
    /// scheme, or longer than 4096 bytes.
    ///
    /// Any number of versions may be asked about; they are given to the plugin in batches. `cause`
    /// is what they are asked for: an image, a source of a feed.
    ///
    /// # Errors
    /// The plugin failed; it gave fewer or more answers than it was asked for, or a key longer
    /// than 64 KiB.
    pub fn keys<S: AsRef<str>>(&self, cause: &str, versions: &[S]) -> Result<Keys, PluginFailure> {
        self.ask("keys", self.role.keys, cause, versions)
    }

    /// For each version, the key of the last of its builds as publishers mean it: all versions whose keys
    /// are from [the version's own](Self::keys) up to that are that version. Where the scheme knows no
    /// builds, these are the keys.
    ///
    /// # Errors
    /// As of [`Self::keys`].
    pub fn ceilings<S: AsRef<str>>(&self, cause: &str, versions: &[S]) -> Result<Keys, PluginFailure> {
        match self.role.ceilings {
            Some(ceilings) => self.ask("ceilings", ceilings, cause, versions),
            None => self.keys(cause, versions),
        }
    }

    fn ask<S: AsRef<str>>(
        &self,
        name: &'static str,
        function: ComponentExportIndex,
        cause: &str,
        versions: &[S],
    ) -> Result<Keys, PluginFailure> {
        let mut keys = Keys::with_capacity(versions.len());
        for batch in versions.chunks(BATCH) {
            self.callee.counted(cause, name, || self.ask_batch(name, function, batch, &mut keys))?;
        }
        Ok(keys)
    }

    fn ask_batch<S: AsRef<str>>(
        &self,
        name: &'static str,
        function: ComponentExportIndex,
        versions: &[S],
        keys: &mut Keys,
    ) -> Result<(), PluginFailure> {
        let fits = |version: &&S| version.as_ref().len() <= VERSION_BYTES;
        let asked: Vec<&str> = versions.iter().filter(fits).map(AsRef::as_ref).collect();
        let (Packed(answers),) = self.callee.call(name, Borrowed::default(), |store, instance| {
            let keys = instance.get_typed_func::<Asked<'_>, Told>(&mut *store, &function)?;
            keys.call(store, (&asked,))
        })?;
        if answers.len() != asked.len() {
            let message = format!("gave {} keys for {} versions", answers.len(), asked.len());
            return Err(self.callee.violation(name, message));
        }
        // As nearly always.
        if asked.len() == versions.len() {
            keys.append(&answers);
            return Ok(());
        }
        let mut answers = answers.iter();
        for version in versions {
            let answer = if fits(&version) { answers.next() } else { None };
            match answer {
                Some(answer) => keys.push(answer),
                None => keys.push(Err(&too_long(version.as_ref()))),
            }
        }
        Ok(())
    }
}

fn too_long(version: &str) -> String {
    format!("version is {} bytes, over the limit of {VERSION_BYTES}", version.len())
}
