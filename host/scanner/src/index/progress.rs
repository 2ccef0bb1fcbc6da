use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_bytes::Stop;
use limpid_images::{Attaching, Content, Error, FoundAttachment, FoundImage, FoundLayer, ImageSource};
use limpid_model::{Digest, ImageReference};

/// How far indexing is, for whoever wants to show it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    layers: AtomicU64,
    layers_done: AtomicU64,
    bytes: AtomicU64,
    bytes_done: AtomicU64,
    bytes_fetched: AtomicU64,
    /// Layers that are being read now, and those that are waited for because another submission reads them.
    reading: AtomicU64,
    waiting: AtomicU64,
}

/// Something is being done as long as this is there.
pub(super) struct Doing<'p>(&'p AtomicU64);

impl<'p> Doing<'p> {
    fn begin(count: &'p AtomicU64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Doing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Progress {
    /// Whether it does nothing but wait for layers that another submission reads.
    pub(crate) fn only_waits(&self) -> bool {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        count(&self.0.waiting) > 0 && count(&self.0.reading) == 0
    }

    /// A layer is being read.
    pub(super) fn reading(&self) -> Doing<'_> {
        Doing::begin(&self.0.reading)
    }

    /// A layer is waited for that another submission reads.
    pub(super) fn waiting(&self) -> Doing<'_> {
        Doing::begin(&self.0.waiting)
    }

    /// Layers to be read; 0 while that is not known.
    pub fn layers(&self) -> u64 {
        self.0.layers.load(Ordering::Relaxed)
    }

    /// Layers that were read.
    pub fn layers_done(&self) -> u64 {
        self.0.layers_done.load(Ordering::Relaxed)
    }

    /// Stored size of the layers to be read, in bytes.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Stored size of the layers that were read, in bytes.
    pub fn bytes_done(&self) -> u64 {
        self.0.bytes_done.load(Ordering::Relaxed)
    }

    /// What came of them from a source that sends layers one byte after the other, in bytes.
    pub fn bytes_fetched(&self) -> u64 {
        self.0.bytes_fetched.load(Ordering::Relaxed)
    }

    /// So many layers, of so many bytes, are to be read beside those that were.
    pub(super) fn expect(&self, layers: usize, bytes: u64) {
        self.0.layers.store(self.layers_done() + layers as u64, Ordering::Relaxed);
        self.0.bytes.store(self.bytes_done() + bytes, Ordering::Relaxed);
    }

    /// A layer of so many bytes was read.
    pub(super) fn done(&self, bytes: u64) {
        self.0.layers_done.fetch_add(1, Ordering::Relaxed);
        self.0.bytes_done.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A source of which it is counted what comes.
pub(super) struct Counted<'s> {
    pub(super) source: &'s dyn ImageSource,
    pub(super) progress: &'s Progress,
}

impl ImageSource for Counted<'_> {
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error> {
        self.source.images(stop)
    }

    fn digest(&self) -> Option<Digest> {
        self.source.digest()
    }

    fn reference(&self) -> Option<ImageReference> {
        self.source.reference()
    }

    fn attached(
        &self,
        image: &FoundImage,
        attaching: &Attaching,
        stop: &Stop,
    ) -> Result<Option<Vec<FoundAttachment>>, Error> {
        self.source.attached(image, attaching, stop)
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
        Ok(match self.source.open(layer, stop)? {
            Content::Stream(stream) => {
                Content::Stream(Box::new(Counting { stream, progress: self.progress.clone() }))
            }
            content => content,
        })
    }
}

struct Counting {
    stream: Box<dyn Read + Send>,
    progress: Progress,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.progress.0.bytes_fetched.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
