//! Fetches components from where their authors publish them: a file, an address, an OCI registry.
//!
//! This crate owns the client's side of HTTP and the small part of the OCI distribution
//! specification that reads one artifact. It knows nothing of plugins: what it brings is bytes,
//! bounded in size and, where they come from a registry, verified by their digest. Whoever gets
//! them decides what they are.
//!
//! It is written on `ureq` rather than taken from `oci-client`, because that brings a second HTTP
//! stack (hyper as a client, by way of reqwest) to a program in which hyper belongs to the server
//! alone, and an async runtime to a command that waits for one answer. Pulling an artifact is three
//! requests.
//!
//! What comes from a registry is not to be trusted: addresses that it names go through one guard
//! (no step down to plain HTTP, none to this machine from elsewhere, credentials only to where they
//! belong), and every body has a limit.
//!
//! ```no_run
//! use limpid_fetch::{Fetcher, Options, Source};
//!
//! # fn main() -> Result<(), limpid_fetch::Error> {
//! let fetcher = Fetcher::new(Options::default());
//! let source: Source = "oci://registry.example/limpid/golang:1.2.0".parse()?;
//! let fetched = fetcher.fetch(&source)?;
//! println!("{} bytes, {}", fetched.bytes.len(), fetched.digest);
//! # Ok(())
//! # }
//! ```

mod address;
mod challenge;
mod error;
mod fetcher;
mod login;
mod manifest;
mod reference;
mod registry;
mod source;
#[cfg(test)]
mod test_support;
mod transport;

pub use error::Error;
pub use fetcher::{Fetched, Fetcher, Options};
pub use login::{Login, Logins};
pub use reference::Reference;
pub use source::Source;
pub use transport::PlainHttp;

#[cfg(test)]
mod tests;
