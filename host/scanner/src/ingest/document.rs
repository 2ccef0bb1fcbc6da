use std::fs::File;
use std::io::{self, Read, Write as _};
use std::sync::{Arc, OnceLock};

use limpid_documents::Part;
use limpid_model::{Digest, Hasher};
use zstd::stream::write::Encoder;

use crate::room::scratch_file;
use crate::{Error, Settings};

/// How documents are compressed that are kept: the level at which zstd costs least for what it saves.
const LEVEL: i32 = 3;
/// Bytes that are read at a time.
const READ: usize = 256 << 10;

/// A file as it came, on disk.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) file: Part,
    pub(crate) digest: Digest,
    /// As it is kept, once that is known.
    pub(super) compressed: Arc<OnceLock<Part>>,
}

impl Document {
    /// Reads a file for its digest.
    pub(crate) fn new(name: &str, file: File) -> Result<Self, Error> {
        Self::part(name, Part::whole(file).map_err(Error::Document)?)
    }

    fn part(name: &str, file: Part) -> Result<Self, Error> {
        let digest = digest(&file).map_err(Error::Document)?;
        Ok(Self { name: name.to_owned(), file, digest, compressed: Arc::default() })
    }

    /// The same under another name.
    pub(crate) fn called(&self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self.clone() }
    }

    /// The document compressed, as it is kept. It is a file of its own until it is dropped.
    pub(super) fn compressed(&self, settings: &Settings) -> Result<Part, Error> {
        match self.compressed.get() {
            Some(known) => Ok(known.clone()),
            None => self.compress(settings, || true),
        }
    }

    /// Compresses it before it is kept, as long as that is wanted. What comes of it is a file that is open as long
    /// as the document is: for documents that come one by one.
    pub(super) fn compress_ahead(&self, settings: &Settings, is_wanted: impl Fn() -> bool) {
        // What fails here fails once more where it is kept.
        if let Ok(compressed) = self.compress(settings, is_wanted) {
            // Where two do it at the same time, either will do.
            _ = self.compressed.set(compressed);
        }
    }

    fn compress(&self, settings: &Settings, is_wanted: impl Fn() -> bool) -> Result<Part, Error> {
        let file = scratch_file(settings)?;
        let compress = || {
            let mut encoder = Encoder::new(&file, LEVEL)?;
            let (mut reader, mut buffer) = (self.file.reader(), vec![0; READ]);
            while is_wanted() {
                match reader.read(&mut buffer)? {
                    0 => return encoder.finish().map(drop),
                    read => encoder.write_all(buffer.get(..read).unwrap_or_default())?,
                }
            }
            Err(io::Error::other("the document is not to be kept"))
        };
        compress().and_then(|()| Part::whole(file)).map_err(Error::Document)
    }
}

/// Many documents in one file, since of open files there are only so many. Clones write to one file,
/// one document at a time.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    file: Arc<File>,
    from: u64,
}

impl Spool {
    /// An empty one in a file of its own.
    pub(crate) fn new(file: File) -> Self {
        Self { file: Arc::new(file), from: 0 }
    }

    /// Ends the document that was written since the last one ended.
    pub(crate) fn end(&mut self, name: &str) -> Result<Document, Error> {
        let end = self.file.metadata().map_err(Error::Document)?.len();
        let part = Part::of(Arc::clone(&self.file), self.from, end - self.from);
        self.from = end;
        Document::part(name, part)
    }
}

impl io::Write for Spool {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&*self.file).write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.file).flush()
    }
}

fn digest(file: &Part) -> io::Result<Digest> {
    let (mut hasher, mut reader, mut buffer) = (Hasher::default(), file.reader(), vec![0; READ]);
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
