//! Documents of the [Common Security Advisory Framework](https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html),
//! versions 2.0 and 2.1, for feeds of publishers that write them.
//!
//! This crate owns the form: which products a document has, what a product is a component of, and what a vulnerability
//! says of each product. What a product is called here, and what the publisher means by a remediation, is the feed's.
//!
//! A document is read as a stream. Identifiers of products, of which a document of some megabytes consists for the most
//! part because each stands in a status, in remediations, scores and threats, are kept once; texts that no advisory
//! has, such as legal notes and histories, are passed over.
//!
//! | CSAF 2.1 says | as 2.0 says |
//! |---|---|
//! | `cwes` | `cwe` |
//! | `metrics` with their `content` | `scores` |
//! | `purls` of a product, of which the first counts | `purl` |
//! | status `unknown` | nothing |
//!
//! ```
//! use limpid_csaf::{Csaf, Status};
//!
//! let document = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "Pads",
//!         "tracking": {"id": "CVE-2024-0001"}},
//!     "product_tree": {"full_product_names": [{"product_id": "p", "name": "pad"}]},
//!     "vulnerabilities": [{"cve": "CVE-2024-0001", "product_status": {"known_affected": ["p"]}}]}"#;
//! let csaf = Csaf::read(document.as_bytes())?;
//! let stated = csaf.statements(&csaf.vulnerabilities[0]);
//! assert_eq!((csaf.product(stated[0].product).id, stated[0].status), ("p", Status::KnownAffected));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
mod names;
mod product;
mod statement;

pub use document::{
    Csaf, Document, Metric, Note, OtherId, Publisher, Reference, Remediation, Score, Threat, Tracking,
    Vulnerability,
};
pub use names::Id;
pub use product::Product;
pub use statement::{Stated, Status};

#[cfg(test)]
mod tests;
