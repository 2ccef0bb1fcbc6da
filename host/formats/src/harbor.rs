//! What Harbor and its scanners tell each other: its
//! [pluggable scanner API](https://github.com/goharbor/pluggable-scanner-spec), 1.0 to 1.2.
//!
//! | Form | Version | Of |
//! |---|---|---|
//! | [`Metadata`] | 1.0 | what the scanner can do, and how old its advisories are |
//! | [`ScanRequest`] | 1.0, 1.1 | the artifact, and as whom its registry is asked |
//! | [`Kind::Vulnerabilities`] | 1.1 | findings, one for each vulnerability of a version of a package |
//! | [`Kind::Native`] | 1.0 | the same with less of each |
//! | [`Kind::Sbom`] | 1.0 | a bill of materials, which Harbor stores beside the artifact |
//! | [`Refusal`] | 1.0 | why something is refused |
//!
//! The other way round, a Harbor is asked to scan again by its own API: [`Rescan`].

mod media_type;
mod metadata;
mod request;
mod rescan;
mod sbom;
mod vulnerabilities;

use limpid_model::Digest;
use serde::Serialize;

use crate::exchange::{TOOL, VERSION};

pub use media_type::{BillForm, ERROR, Kind, METADATA, SCAN_RESPONSE};
pub use metadata::Metadata;
pub use request::{Authorization, NoScan, ScanRequest};
pub use rescan::{Rescan, RescannedArtifact};
pub use sbom::write_sbom;
pub use vulnerabilities::write_vulnerabilities;

/// Who scans.
#[derive(Clone, Copy, Debug, Serialize)]
struct Scanner {
    name: &'static str,
    vendor: &'static str,
    version: &'static str,
}

const SCANNER: Scanner = Scanner { name: TOOL, vendor: TOOL, version: VERSION };

/// An artifact as Harbor names it: a repository of it, without its host, and the digest of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// `project/name`.
    pub repository: String,
    /// Of its manifest.
    pub digest: Digest,
}

impl Artifact {
    /// The artifact of a reference with a digest, as [`ScanRequest::reference`] is; none where it has none.
    pub fn of(reference: &str) -> Option<Self> {
        let (name, digest) = reference.split_once('@')?;
        let (_, repository) = name.split_once('/')?;
        Some(Self { repository: repository.to_owned(), digest: digest.parse().ok()? })
    }
}

/// What is the same in all reports.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// When the artifact was scanned, in milliseconds since 1970.
    pub generated_at: u64,
    /// The artifact.
    pub artifact: &'a Artifact,
}

/// That a scan was taken on.
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// By which its report is asked for.
    pub id: String,
}

/// Why something is refused.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Refusal<'a> {
    error: Message<'a>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Message<'a> {
    message: &'a str,
}

impl<'a> Refusal<'a> {
    /// For that reason.
    pub const fn new(message: &'a str) -> Self {
        Self { error: Message { message } }
    }
}

#[cfg(test)]
mod tests;
