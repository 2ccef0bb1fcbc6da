//! A record is read twice: as all records in the OSV schema are, and for what GitHub says besides. What was read of a
//! document stays until the next one, so that the sink has it when it is given what the record states.

use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Document, Documents, Enrichment, Sink, Source};

use crate::record;

/// What was read of the last document.
#[derive(Clone, Default)]
pub(crate) struct Kept(Rc<RefCell<Vec<u8>>>);

/// Documents of which is kept what is read.
pub(crate) struct Keeping<'a> {
    documents: &'a mut dyn Documents,
    kept: Kept,
}

impl<'a> Keeping<'a> {
    pub(crate) fn new(documents: &'a mut dyn Documents, kept: Kept) -> Self {
        Self { documents, kept }
    }
}

impl Documents for Keeping<'_> {
    fn next(&mut self) -> Option<Document> {
        self.kept.0.borrow_mut().clear();
        let document = self.documents.next()?;
        let name = document.name().to_owned();
        Some(Document::new(name, BufReader::new(Copied { document, kept: self.kept.clone() })))
    }
}

/// A document that is copied as it is read. How much that may be is up to who reads.
struct Copied {
    document: Document,
    kept: Kept,
}

impl Read for Copied {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.document.read(buffer)?;
        self.kept.0.borrow_mut().extend_from_slice(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// A sink that is given what GitHub says besides with each record.
pub(crate) struct Enriching<'a> {
    sink: &'a mut dyn Sink,
    kept: Kept,
}

impl<'a> Enriching<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink, kept: Kept) -> Self {
        Self { sink, kept }
    }

    /// The record could be read already; what GitHub says besides of one where that is not as it should be is left out.
    fn enrich(&mut self) {
        let enrichment = record::read(&self.kept.0.borrow());
        if let Some(enrichment) = enrichment {
            self.sink.enrichment(enrichment);
        }
    }
}

impl Sink for Enriching<'_> {
    fn advisory(&mut self, advisory: Advisory) {
        self.enrich();
        self.sink.advisory(advisory);
    }

    /// Says that the record states nothing of packages. Nothing has to be taken back, since all documents are whole.
    fn withdraw(&mut self, _id: &str) {
        self.enrich();
    }

    fn identify(&mut self, source: &str) {
        self.sink.identify(source);
    }

    fn dated(&mut self, when: &str) {
        self.sink.dated(when);
    }

    fn enrichment(&mut self, enrichment: Enrichment) {
        self.sink.enrichment(enrichment);
    }

    fn reject(&mut self, id: &str, why: Error) {
        self.sink.reject(id, why);
    }

    fn follow(&mut self, source: Source) {
        self.sink.follow(source);
    }
}
