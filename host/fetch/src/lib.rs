//! Fetches manifests and layers of images from registries, components from where their authors publish
//! them (a file, an address, a registry), and documents of feeds from their publishers.
//!
//! This crate owns the client's side of HTTP and of the OCI distribution specification, as far as it
//! reads ([`Registries`]). It knows nothing of images and plugins: what it brings is bytes, bounded in
//! size and, where they come from a registry and are read whole, verified by their digest. Whoever gets
//! them decides what they are.
//!
//! It is written on `ureq` rather than taken from `oci-client`, because that brings a second HTTP
//! stack (hyper as a client, by way of reqwest) to a program in which hyper belongs to the server
//! alone, and an async runtime to threads that wait for one answer each; and it leaves the rules below
//! (which addresses may be asked, resuming, limits with a setting each) to be written anyway.
//!
//! What comes from a registry is not to be trusted: addresses that it names go through one guard
//! (no step down to plain HTTP, none to this machine or a private network from elsewhere,
//! credentials only to where they belong), and every body has a limit. Addresses of documents come
//! from plugins and from what they read: of those that are internal only such are asked that the
//! settings name, and a name that leads to an internal number is refused when it is resolved.
//!
//! ```no_run
//! use limpid_fetch::{Fetcher, Options, Source};
//!
//! # fn main() -> Result<(), limpid_fetch::Error> {
//! let fetcher = Fetcher::new(Options::default())?;
//! let source: Source = "oci://registry.example/limpid/golang:1.2.0".parse()?;
//! let fetched = fetcher.fetch(&source)?;
//! println!("{} bytes, {}", fetched.bytes.len(), fetched.digest);
//! # Ok(())
//! # }
//! ```

mod address;
mod challenge;
mod docker_config;
mod documents;
mod error;
mod fetcher;
mod helper;
mod interrupt;
mod login;
mod manifest;
mod reference;
mod registries;
mod retries;
mod socket;
mod source;
#[cfg(test)]
mod test_support;
mod transport;

pub use documents::{DocumentFetcher, DocumentOptions, FetchedDocument, Stop, Validators, origin};
pub use error::Error;
pub use fetcher::{Fetched, Fetcher, Options};
pub use login::{Login, Logins};
pub use reference::{Reference, Version};
pub use registries::{
    Blob, Listing, Manifest, OneRegistry, Referrer, Registries, RegistrySettings, Repository, Secret,
};
pub use socket::{Socket, SocketAnswer};
pub use source::Source;
pub use transport::PlainHttp;

#[cfg(test)]
mod tests;
