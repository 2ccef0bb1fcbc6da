use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use limpid_documents::{Limits, Part};
use limpid_model::{Digest, Hasher};
use limpid_runtime as runtime;

use crate::Error;

/// Bytes that are read at a time, however many a plugin asks for.
const LONGEST: usize = 256 << 10;

/// A file as it came, on disk.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) file: Part,
    pub(crate) digest: Digest,
}

impl Document {
    /// Reads a file for its digest.
    pub(crate) fn new(name: &str, file: File) -> Result<Self, Error> {
        Self::part(name, Part::whole(file).map_err(Error::Document)?)
    }

    fn part(name: &str, file: Part) -> Result<Self, Error> {
        let digest = digest(&file).map_err(Error::Document)?;
        Ok(Self { name: name.to_owned(), file, digest })
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
    let (mut hasher, mut reader, mut buffer) = (Hasher::default(), file.reader(), vec![0; LONGEST]);
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// What files hold, one document after the other, as a plugin is given it. All clones are one.
#[derive(Clone)]
pub(super) struct Stream(Arc<Mutex<Parts>>);

struct Parts {
    files: VecDeque<Document>,
    limits: Limits,
    open: Option<limpid_documents::Documents>,
    /// The document that was given last.
    last: Option<Shared>,
    /// What is read of documents, one after the other, before it is known how much it is.
    buffer: Arc<Mutex<Vec<u8>>>,
}

type Shared = Arc<Mutex<limpid_documents::Document>>;

impl Stream {
    pub(super) fn new(files: &[Document], limits: &Limits) -> Self {
        let files = files.iter().cloned().collect();
        Self(Arc::new(Mutex::new(Parts {
            files,
            limits: limits.clone(),
            open: None,
            last: None,
            buffer: Arc::default(),
        })))
    }

    /// Reads the last document to its end: damage behind what the plugin read is damage, too.
    pub(super) fn finish(&self) -> io::Result<()> {
        let last = lock(&self.0).last.take();
        match last {
            Some(last) => io::copy(&mut *lock(&last), &mut io::sink()).map(drop),
            None => Ok(()),
        }
    }
}

impl runtime::Documents for Stream {
    fn next(&mut self) -> io::Result<Option<Box<dyn runtime::Document>>> {
        let mut parts = lock(&self.0);
        loop {
            if let Some(document) = parts.open.as_mut().map(|open| open.next()).transpose()?.flatten() {
                let name = document.name().to_owned();
                let document = Arc::new(Mutex::new(document));
                parts.last = Some(Arc::clone(&document));
                let buffer = Arc::clone(&parts.buffer);
                return Ok(Some(Box::new(Borrowed { name, document, buffer })));
            }
            let Some(Document { name, file, .. }) = parts.files.pop_front() else { return Ok(None) };
            parts.open = Some(limpid_documents::Documents::open(&name, file, &parts.limits)?);
        }
    }
}

struct Borrowed {
    name: String,
    document: Shared,
    buffer: Arc<Mutex<Vec<u8>>>,
}

impl runtime::Document for Borrowed {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let (mut document, mut buffer) = (lock(&self.document), lock(&self.buffer));
        buffer.resize(LONGEST, 0);
        let room = buffer.get_mut(..len.min(LONGEST)).unwrap_or_default();
        let read = loop {
            match document.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        Ok(room.get(..read).unwrap_or_default().to_vec())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
