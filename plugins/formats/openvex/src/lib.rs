//! Documents of [OpenVEX](https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md), versions 0.0 to 0.2, for feeds of
//! publishers that write them.
//!
//! This crate owns the form: which statements a document makes, and of which products. What a product is called here,
//! and what the publisher means by its notes, is the feed's.
//!
//! A document is read as a stream: its statements come one at a time, and no more than one of them is in memory. One that
//! cannot be used costs itself only. What a document says of itself may stand behind its statements, and comes at
//! the end.
//!
//! | OpenVEX says | as it is here |
//! |---|---|
//! | `vulnerability` as a text (0.0), or as an object (0.2) | [`Vulnerability`], whose name is that text |
//! | `products` as texts, with `subcomponents` beside them (0.0) | products of which each has these subcomponents |
//! | `vuln_description` (0.0) | the description of the vulnerability |
//! | `@id` that is a package URL | the package URL of the component, where it states no other |
//! | what a document says of itself, in an object `metadata` as Canonical writes it | the same |
//! | statuses and justifications | as they are; a justification of no list is kept as it is |
//!
//! A statement without a status that is known, or without a vulnerability, is none. One without products speaks of
//! whatever the document goes along with.
//!
//! ```
//! use limpid_openvex::{Status, read};
//!
//! let document = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex-1",
//!     "author": "somebody", "timestamp": "2024-05-01T00:00:00Z", "version": 1, "statements": [
//!         {"vulnerability": {"name": "CVE-2024-0001"}, "products": [{"@id": "pkg:npm/left-pad@1.3.0"}],
//!          "status": "not_affected", "justification": "vulnerable_code_not_present"}]}"#;
//! let mut statements = Vec::new();
//! let vex = read(document.as_bytes(), |statement| statements.push(statement))?;
//! assert_eq!((vex.author.as_str(), vex.statements), ("somebody", 1));
//! let statement = statements.remove(0).map_err(|unread| unread.why)?;
//! assert_eq!((statement.vulnerability.name.as_str(), statement.status), ("CVE-2024-0001", Status::NotAffected));
//! assert_eq!(statement.products[0].component.purl(), Some("pkg:npm/left-pad@1.3.0"));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
mod statement;

pub use document::{Document, MAX_STATEMENT, MAX_STATEMENTS, Unread, read};
pub use statement::{Component, Product, Statement, Status, Vulnerability};

#[cfg(test)]
mod tests;
