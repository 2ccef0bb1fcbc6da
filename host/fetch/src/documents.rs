//! Documents of feeds: asked for only where they have changed, written to disk as they come, tried
//! again where that may help.

mod attempt;
mod mirrors;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::time::Duration;

pub use limpid_bytes::Stop;
use limpid_model::Digest;
use limpid_outbound::shown;
use ureq::Proxy;

use crate::address::Address;
use crate::transport::Transport;
use crate::{Error, PlainHttp};

/// How documents are fetched: what the settings of feeds say.
#[derive(Clone, Debug)]
pub struct DocumentOptions {
    /// Size of a document as it is sent, in bytes.
    pub bytes: u64,
    /// The setting that says so: `feeds.document_bytes`.
    pub setting: &'static str,
    /// How long a document may take (`feeds.document_time`).
    pub time: Duration,
    /// How long nothing of it may come (`feeds.idle_time`).
    pub idle: Duration,
    /// How often an address is tried (`feeds.attempts`).
    pub attempts: u32,
    /// How long to wait after the first failure; twice as long after each further one
    /// (`feeds.backoff`).
    pub backoff: Duration,
    /// How long to wait at most before another try (`feeds.longest_wait`).
    pub longest_wait: Duration,
    /// Whither requests may go that are not encrypted (`feeds.plain_http`).
    pub plain_http: PlainHttp,
    /// Through which proxy; none: the one that the environment names (`feeds.proxy`).
    pub proxy: Option<String>,
    /// What to ask in the place of addresses that begin with the key, in this order (`mirrors`).
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// Hosts, with their ports where they have one of their own, that may be asked though they are
    /// internal (`hosts`).
    pub hosts: Vec<String>,
}

/// What is kept of a document already, by its publisher's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The address that stated them. Another one, a mirror, does not know them.
    pub address: String,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub modified: Option<String>,
}

/// What came of asking for a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchedDocument {
    /// It is as it was.
    Unchanged,
    /// It was written to the file.
    New {
        /// Its length as it was sent.
        bytes: u64,
        /// Its digest as it was sent.
        digest: Digest,
        /// By which it is known next time.
        validators: Validators,
    },
}

/// Fetches documents. Blocks.
pub struct DocumentFetcher {
    transport: Transport,
    options: DocumentOptions,
    stop: Stop,
}

impl DocumentFetcher {
    /// A fetcher with these options, until it is stopped.
    ///
    /// # Errors
    /// The proxy or a mirror is no address.
    pub fn new(options: DocumentOptions, stop: Stop) -> Result<Self, Error> {
        let proxy = match options.proxy.as_deref().filter(|proxy| !proxy.is_empty()) {
            Some(proxy) => Some(Proxy::new(proxy).map_err(|_| Error::Proxy(shown(proxy)))?),
            None => Proxy::try_from_env(),
        };
        let mut named: BTreeSet<String> =
            options.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        for mirror in options.mirrors.values().flatten() {
            named.insert(Address::parse(mirror)?.origin());
        }
        let transport = Transport::guarded(options.plain_http, named, proxy, options.idle);
        Ok(Self { transport, options, stop })
    }

    /// Fetches a document into a file, unless it is as it is known to be. `came` is told of bytes
    /// as they come.
    ///
    /// # Errors
    /// [`Error`], of the address that was asked last.
    pub fn fetch(
        &self,
        url: &str,
        known: Option<&Validators>,
        file: &File,
        came: &dyn Fn(u64),
    ) -> Result<FetchedDocument, Error> {
        let mut failure = Error::Stopped;
        for address in mirrors::addresses(url, &self.options.mirrors) {
            let known = known.filter(|known| known.address == address);
            let address = Address::parse(&address)?;
            match self.persist(&address, known, file, came) {
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => failure = error,
                fetched => return fetched,
            }
        }
        Err(failure)
    }
}

/// Host and port of an address, as `security-tracker.debian.org` or `127.0.0.1:8080`: what the
/// setting `hosts` of a feed names.
///
/// # Errors
/// It is no address that anything is fetched from.
pub fn origin(url: &str) -> Result<String, Error> {
    Address::parse(url).map(|address| address.origin())
}

impl fmt::Debug for DocumentFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DocumentFetcher").field(&self.options).finish()
    }
}

#[cfg(test)]
mod tests;
