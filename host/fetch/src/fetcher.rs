use std::fs::File;
use std::io::Read;
use std::path::Path;

use limpid_model::Digest;

use crate::address::Address;
use crate::registry::Pull;
use crate::transport::{Bound, Request, Transport};
use crate::{Error, Logins, PlainHttp, Source};

/// How components are fetched.
#[derive(Clone, Debug)]
pub struct Options {
    /// Size of a component, in bytes, that is fetched at most (setting `plugins.component_bytes`).
    pub component_bytes: u64,
    /// Whither requests may go that are not encrypted.
    pub plain_http: PlainHttp,
    /// Who asks registries.
    pub logins: Logins,
}

impl Default for Options {
    fn default() -> Self {
        Self { component_bytes: 64 << 20, plain_http: PlainHttp::default(), logins: Logins::default() }
    }
}

/// Fetches components. Blocks.
pub struct Fetcher {
    transport: Transport,
    options: Options,
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
    pub fn new(options: Options) -> Self {
        Self { transport: Transport::new(options.plain_http), options }
    }

    /// Fetches a component.
    ///
    /// # Errors
    /// [`Error`], which says what went wrong, and where.
    pub fn fetch(&self, source: &Source) -> Result<Fetched, Error> {
        let bound = Bound { bytes: self.options.component_bytes, setting: "plugins.component_bytes" };
        let bytes = match source {
            Source::File(path) => read(path, bound)?,
            Source::Address(address) => {
                let address = Address::parse(address)?;
                self.transport.get(&address, Request::default())?.read(bound)?
            }
            Source::Registry(reference) => {
                Pull::new(&self.transport, reference, &self.options.logins)?.component(bound)?
            }
        };
        Ok(Fetched { digest: Digest::of(&bytes), bytes })
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Fetcher").field(&self.options).finish()
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
