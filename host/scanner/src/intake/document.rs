use std::io::{self, Read};

use limpid_layers::inflated;
use limpid_runtime as runtime;

/// Bytes that are read at a time, however many a plugin asks for.
const LONGEST: usize = 256 << 10;

/// The one document that somebody handed in.
pub(super) struct Documents(Option<Document>);

struct Document {
    name: String,
    bytes: Box<dyn Read + Send>,
}

impl Documents {
    /// Looks at the first bytes for what it is compressed with.
    pub(super) fn one(name: &str, bytes: impl Read + Send + 'static) -> io::Result<Self> {
        let bytes = inflated(Box::new(bytes))?;
        Ok(Self(Some(Document { name: name.to_owned(), bytes })))
    }
}

impl runtime::Documents for Documents {
    fn next(&mut self) -> io::Result<Option<Box<dyn runtime::Document>>> {
        Ok(self.0.take().map(|document| Box::new(document) as Box<dyn runtime::Document>))
    }
}

impl runtime::Document for Document {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len.min(LONGEST)];
        let read = loop {
            match self.bytes.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        bytes.truncate(read);
        Ok(bytes)
    }
}
