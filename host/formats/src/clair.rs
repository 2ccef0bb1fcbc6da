//! The forms of [Clair 4](https://quay.github.io/clair/reference/api.html), as its clients and those of Quay read them.
//!
//! Identifiers within a report are numbers, given in the order of what they stand for: the same image has the same
//! bytes. What Clair's forms have no place for, such as how much of an image is known, is in none of them.

mod contents;
mod error;
mod notification;
mod report;
mod vulnerability;

use std::fmt;

use limpid_model::{Digest, Inventory};
use serde::Serialize;

pub use error::Error;
pub use notification::{Announced, Notification, NotificationId, NotificationPage, Told, Webhook};
pub use report::{IndexReport, VulnerabilityReport};

/// What all clients know one state of the indexer by.
#[derive(Clone, Debug, Serialize)]
pub struct IndexState {
    /// Opaque, in hexadecimal digits.
    pub state: String,
}

/// An image by one of its manifests.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Digest of the manifest.
    pub manifest: Digest,
    /// Digests of the stored forms of its layers, as that manifest names them, lowest first.
    pub layers: &'a [Digest],
    /// What the image holds.
    pub inventory: &'a Inventory,
}

impl Subject<'_> {
    /// Why the image does not count as indexed: Clair has no word for one of which a part is known only. None where all
    /// of its layers were read.
    pub fn unread(&self) -> Option<String> {
        let unread = self.inventory.examination.unread_layers.first()?;
        let layer = self.layers.get(unread.index).unwrap_or(&unread.diff_id);
        Some(format!("layer `{layer}` was not read: {}", unread.why))
    }
}

/// A number as an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id(u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
