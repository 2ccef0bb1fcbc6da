//! The least that reading an image takes: inflating its layers, hashing what is stored and what comes out, and
//! walking the headers of the tars. One process, two threads, the longest layer first.

use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread;

use anyhow::{Context, ensure};
use limpid_bytes::{Buffer, Compression, Ended, Error, Job, Output, Part, Stop, inflate};
use limpid_images::{FoundLayer, stored};
use limpid_layers::compression;
use limpid_model::{Digest, Hasher};
use serde_json::{Value, json};

use crate::archive::Opened;

/// Buffers between the two threads.
const BUFFERS: usize = 8;

/// Reads all layers of an image.
pub(crate) fn read(image: &Path) -> anyhow::Result<Value> {
    let opened = Opened::open(image)?;
    let mut layers = opened
        .image
        .layers
        .iter()
        .map(|layer| Layer::of(&opened, layer))
        .collect::<anyhow::Result<Vec<_>>>()?;
    layers.sort_by_key(|layer| std::cmp::Reverse(layer.part.len()));
    let Some((longest, others)) = layers.split_first() else { return Ok(json!({ "entries": 0 })) };
    let next = AtomicUsize::new(0);
    let (opened, next) = (&opened, &next);
    let work = move || others.get(next.fetch_add(1, Ordering::Relaxed));
    let entries = thread::scope(|scope| {
        // What is plain takes nothing but hashing, which one thread does for one layer.
        let (pipe, walking) = (longest.compression != Compression::None).then(pipe).unzip();
        let other = scope.spawn(move || {
            let mut entries = 0;
            let walking = walking.map(|ends| RefCell::new(Walking { ends, sums: Sums::default() }));
            while let Some(layer) = work() {
                entries += layer.read(opened, walking.as_ref())?;
            }
            if let Some(walking) = walking {
                entries += walking.into_inner().finish(longest)?;
            }
            anyhow::Ok(entries)
        });
        let mut entries = match pipe {
            Some(mut pipe) => {
                let ended = inflate(&longest.job(opened), &mut pipe)?;
                drop(pipe);
                longest.check_stored(&ended)?;
                0
            }
            None => longest.read(opened, None)?,
        };
        while let Some(layer) = work() {
            entries += layer.read(opened, None)?;
        }
        let others = other.join().map_err(|_| anyhow::anyhow!("a thread has panicked"))??;
        anyhow::Ok(entries + others)
    })?;
    Ok(json!({ "entries": entries }))
}

struct Layer {
    diff_id: Digest,
    digest: Option<Digest>,
    part: Part,
    compression: Compression,
}

impl Layer {
    fn of(opened: &Opened, layer: &FoundLayer) -> anyhow::Result<Self> {
        let stored = stored(&opened.archive, layer, &std::env::temp_dir(), &Stop::default())?;
        let part = stored.bytes.map_err(anyhow::Error::msg)?;
        let compression = compression(&part.head("a layer")?).map_err(anyhow::Error::msg)?;
        Ok(Self { diff_id: stored.diff_id, digest: stored.digest, part, compression })
    }

    fn job(&self, opened: &Opened) -> Job<'_> {
        let (decoding, inflation) = opened.bounds();
        Job { what: "a layer", part: &self.part, compression: self.compression, decoding, inflation }
    }

    /// How many entries it has. Meanwhile what another thread has inflated is read, too.
    fn read(&self, opened: &Opened, beside: Option<&RefCell<Walking>>) -> anyhow::Result<u64> {
        let mut here = Here { sums: Sums::default(), beside };
        let ended = inflate(&self.job(opened), &mut here)?;
        self.check_stored(&ended)?;
        here.sums.finish(self)
    }

    fn check_stored(&self, ended: &Ended) -> anyhow::Result<()> {
        let Ended::Whole(found) = ended else { anyhow::bail!("a layer was not read to its end") };
        ensure!(found.is_none() || self.digest.is_none() || *found == self.digest, "a digest is wrong");
        Ok(())
    }
}

/// What is made of inflated bytes.
#[derive(Default)]
struct Sums {
    hasher: Hasher,
    entries: u64,
    /// Bytes that come before the next header.
    left: u64,
    /// A header of which only this much has come.
    begun: Vec<u8>,
}

const BLOCK: usize = 512;

impl Sums {
    fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        let mut rest = bytes;
        loop {
            let passed = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
            self.left -= passed as u64;
            rest = rest.get(passed..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            let (piece, behind) = rest.split_at((BLOCK - self.begun.len()).min(rest.len()));
            if self.begun.is_empty() && piece.len() == BLOCK {
                self.header(piece);
            } else {
                self.begun.extend_from_slice(piece);
                if self.begun.len() == BLOCK {
                    let header = std::mem::take(&mut self.begun);
                    self.header(&header);
                }
            }
            rest = behind;
        }
    }

    /// Its size, and what kind of entry it is, are all that is looked at.
    fn header(&mut self, header: &[u8]) {
        let size = header.get(124..136).unwrap_or_default();
        let digits = size.iter().filter(|byte| matches!(byte, b'0'..=b'7'));
        let size = digits.fold(0, |size, digit| size << 3 | u64::from(digit - b'0'));
        self.left = size.next_multiple_of(BLOCK as u64);
        self.entries += u64::from(header.first().is_some_and(|byte| *byte != 0));
    }

    fn finish(self, layer: &Layer) -> anyhow::Result<u64> {
        ensure!(self.hasher.finish() == layer.diff_id, "a diff id is wrong");
        Ok(self.entries)
    }
}

/// Reads a layer where it is inflated.
struct Here<'a> {
    sums: Sums,
    beside: Option<&'a RefCell<Walking>>,
}

impl Output for Here<'_> {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, Error> {
        self.sums.add(filled.filled());
        if let Some(walking) = self.beside {
            walking.borrow_mut().catch_up();
        }
        Ok(Some(filled))
    }
}

/// Hands what is inflated to the other thread.
struct Pipe {
    full: SyncSender<Buffer>,
    empty: Receiver<Buffer>,
}

struct Ends {
    filled: Receiver<Buffer>,
    returned: Sender<Buffer>,
}

fn pipe() -> (Pipe, Ends) {
    let (full, filled) = sync_channel(BUFFERS);
    let (returned, empty) = channel();
    for _ in 0..BUFFERS {
        // Refused only where its other end is gone.
        let _ = returned.send(Buffer::default());
    }
    (Pipe { full, empty }, Ends { filled, returned })
}

impl Output for Pipe {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, Error> {
        if self.full.send(filled).is_err() {
            return Ok(None);
        }
        Ok(self.empty.recv().ok())
    }
}

/// Reads what the other thread inflates.
struct Walking {
    ends: Ends,
    sums: Sums,
}

impl Walking {
    fn take(&mut self, buffer: Buffer) {
        self.sums.add(buffer.filled());
        // Refused only when inflating has ended.
        let _ = self.ends.returned.send(buffer);
    }

    /// What there is by now.
    fn catch_up(&mut self) {
        loop {
            match self.ends.filled.try_recv() {
                Ok(buffer) => self.take(buffer),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    fn finish(mut self, layer: &Layer) -> anyhow::Result<u64> {
        while let Ok(buffer) = self.ends.filled.recv() {
            self.take(buffer);
        }
        self.sums.finish(layer)
    }
}

/// Opens an image, which reads the index of an archive.
pub(crate) fn open(image: &Path) -> anyhow::Result<Value> {
    let opened = Opened::open(image)?;
    opened.image.layers.first().context("the image has no layers")?;
    Ok(json!({ "layers": opened.image.layers.len() }))
}
