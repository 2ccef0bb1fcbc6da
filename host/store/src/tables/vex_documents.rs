//! Documents of VEX repositories, as they are in force.

use limpid_model::VexRepositoryDocument;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    VexDocuments = 61 "vex_documents";

    /// A document.
    key {
        /// Name of the repository.
        repository: String,
        /// Where it lies in the repository.
        location: String,
    }
}

/// A document, and of which packages it may state something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    packages: Vec<String>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// The document of a key.
    pub fn into_document(self, key: Key) -> VexRepositoryDocument {
        VexRepositoryDocument { location: key.location, packages: self.packages, bytes: self.bytes }
    }
}

impl From<VexRepositoryDocument> for Row {
    fn from(document: VexRepositoryDocument) -> Self {
        Self { packages: document.packages, bytes: document.bytes }
    }
}
