use std::fs::File;
use std::io::Read;
use std::path::Path;

use limpid_bytes::Stop;
use limpid_model::Digest;

use crate::address::Address;
use crate::transport::{Bound, Request};
use crate::{Error, Logins, PlainHttp, Reference, Registries, RegistrySettings, Source, manifest};

/// How components are fetched.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size of a component, in bytes, that is fetched at most (setting `plugins.component_bytes`).
    pub component_bytes: u64,
    /// Whither requests may go that are not encrypted.
    pub plain_http: PlainHttp,
    /// Who asks registries of which the settings say nothing.
    pub logins: Logins,
    /// How registries are asked (settings `registries.*`).
    pub registries: RegistrySettings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            component_bytes: 64 << 20,
            plain_http: PlainHttp::default(),
            logins: Logins::default(),
            registries: RegistrySettings::default(),
        }
    }
}

/// Fetches components that a person names. Blocks.
#[derive(Debug)]
pub struct Fetcher {
    registries: Registries,
    component_bytes: u64,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The component.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
}

impl Fetcher {
    /// A fetcher with these options.
    ///
    /// # Errors
    /// A setting of registries cannot be used.
    pub fn new(options: Options) -> Result<Self, Error> {
        let Options { component_bytes, plain_http, logins, registries } = options;
        Ok(Self { registries: Registries::by_hand(registries, logins, plain_http)?, component_bytes })
    }

    /// Fetches a component.
    ///
    /// # Errors
    /// [`Error`], which says what went wrong, and where.
    pub fn fetch(&self, source: &Source) -> Result<Fetched, Error> {
        let bound = Bound { bytes: self.component_bytes, setting: "plugins.component_bytes" };
        let bytes = match source {
            Source::File(path) => read(path, bound)?,
            Source::Address(address) => {
                let address = Address::parse(address)?;
                let stop = Stop::default();
                self.registries.transport().ask(&address, Request::default(), &stop)?.read(bound, &stop)?
            }
            Source::Registry(reference) => self.pull(reference, bound)?,
        };
        Ok(Fetched { digest: Digest::of(&bytes), bytes })
    }

    /// The one layer of an artifact, verified, and no longer than is allowed.
    fn pull(&self, reference: &Reference, bound: Bound) -> Result<Vec<u8>, Error> {
        let stop = Stop::default();
        let repository = self.registries.repository(reference, None)?;
        let manifest = repository.manifest(&reference.version(), &stop)?;
        let layer = manifest::component(&manifest.bytes)
            .map_err(|why| Error::NotWasm { reference: reference.to_string(), why })?;
        repository.whole(&layer.digest, layer.size, bound, &stop)
    }
}

fn read(path: &Path, bound: Bound) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that what is too large is seen to be.
    file.take(bound.bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > bound.bytes {
        let what = path.display().to_string();
        return Err(Error::TooLarge { what, size: None, limit: bound.bytes, setting: bound.setting });
    }
    Ok(bytes)
}
