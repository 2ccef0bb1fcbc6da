//! Documents and sinks that are no host's, for tests of feeds.
//!
//! ```
//! use limpid_plugin_sdk::feed::{Advisory, Sink};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let mut documents = InMemory::new([("main.json", r#"{"packages": []}"#)]);
//! let mut sink = Collected::default();
//! // MyFeed::parse("main", &mut documents, &mut sink)?;
//! sink.advisory(Advisory::new("CVE-2024-1234"));
//! assert_eq!(sink.advisories.len(), 1);
//! ```

use std::collections::VecDeque;
use std::io::Cursor;

use crate::Error;
use crate::feed::{Advisory, Document, Documents, Enrichment, Sink, Source};

/// Documents in memory.
#[derive(Clone, Debug, Default)]
pub struct InMemory(VecDeque<(String, Vec<u8>)>);

impl InMemory {
    /// Documents of these names and contents, in this order.
    pub fn new<N: Into<String>, C: Into<Vec<u8>>>(documents: impl IntoIterator<Item = (N, C)>) -> Self {
        Self(documents.into_iter().map(|(name, content)| (name.into(), content.into())).collect())
    }
}

impl Documents for InMemory {
    fn next(&mut self) -> Option<Document> {
        let (name, content) = self.0.pop_front()?;
        Some(Document::new(name, Cursor::new(content)))
    }
}

/// A sink that keeps what it is given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// The source that was recognised.
    pub identified: Option<String>,
    /// Of when the document says that it is.
    pub dated: Option<String>,
    /// Advisories, in the order in which they came.
    pub advisories: Vec<Advisory>,
    /// Enrichments, in the order in which they came.
    pub enrichments: Vec<Enrichment>,
    /// Advisories that were taken back.
    pub withdrawn: Vec<String>,
    /// Records that could not be used, and why.
    pub rejected: Vec<(String, Error)>,
    /// What is to be fetched next.
    pub followed: Vec<Source>,
}

impl Sink for Collected {
    fn identify(&mut self, source: &str) {
        self.identified = Some(source.to_owned());
    }

    fn dated(&mut self, when: &str) {
        self.dated = Some(when.to_owned());
    }

    fn advisory(&mut self, advisory: Advisory) {
        self.advisories.push(advisory);
    }

    fn enrichment(&mut self, enrichment: Enrichment) {
        self.enrichments.push(enrichment);
    }

    fn withdraw(&mut self, id: &str) {
        self.withdrawn.push(id.to_owned());
    }

    fn reject(&mut self, id: &str, why: Error) {
        self.rejected.push((id.to_owned(), why));
    }

    fn follow(&mut self, source: Source) {
        self.followed.push(source);
    }
}
