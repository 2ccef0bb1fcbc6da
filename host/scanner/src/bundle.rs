//! Bundles: what feeds are read from, to be carried to a service that reaches no publisher.
//!
//! A bundle is a tar compressed with zstd: `manifest.json`, which says of each feed and each of its
//! sources which documents it is read from and as of when; where somebody vouches for it,
//! `manifest.sig`, an ed25519 signature over the bytes of the manifest; then the documents as their
//! publishers served them, `documents/<sha256 in hex>`, each once. Whoever ingests it has its own
//! plugins read them. Nothing of it is ingested before all of it was compared with the manifest.

mod manifest;
mod read;
mod sign;
mod take;
#[cfg(test)]
mod tests;
mod write;

pub use sign::sign;
pub use write::{Exported, ExportedFeed};

/// The member that says what is in a bundle.
const MANIFEST: &str = "manifest.json";
/// The member that says who vouches for it.
const SIGNATURE: &str = "manifest.sig";
/// The folder of the documents.
const DOCUMENTS: &str = "documents/";
