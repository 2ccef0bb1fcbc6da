//! Feeds documents to feeds.

use std::io::{BufReader, Cursor};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Document, Documents, Feed};
use limpid_plugin_sdk::testing::{Collected, InMemory};

/// How many bytes of a document are there at a time: few, so that all that a reader looks for lies
/// across a border somewhere.
const PIECE: usize = 7;

/// A document that comes in small pieces, as from a network.
struct InPieces(Option<Vec<u8>>);

impl Documents for InPieces {
    fn next(&mut self) -> Option<Document> {
        let content = Cursor::new(self.0.take()?);
        Some(Document::new("document", BufReader::with_capacity(PIECE, content)))
    }
}

/// What a feed makes of one document.
///
/// # Panics
/// Where it makes something else of the document when that comes in pieces.
pub fn parse<F: Feed>(source: &str, document: &[u8]) -> Result<Collected, Error> {
    let whole = collect::<F>(source, &mut InMemory::new([("document", document)]));
    let in_pieces = collect::<F>(source, &mut InPieces(Some(document.to_owned())));
    assert_eq!(whole, in_pieces, "read at once, and in pieces of {PIECE} bytes");
    whole
}

fn collect<F: Feed>(source: &str, documents: &mut dyn Documents) -> Result<Collected, Error> {
    let mut collected = Collected::default();
    F::parse(source, documents, &mut collected)?;
    Ok(collected)
}
