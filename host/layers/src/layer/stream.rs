use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use limpid_bytes::tar::{Source, Walker};
use limpid_bytes::{Buffer, Ended, Error as BytesError, Job, Output, inflate};
use limpid_model::{Digest, Hasher};

use crate::{Error, Limits};

/// How many buffers are under way between inflating and walking: enough that neither waits for the
/// other at every one, few enough to stay in the processor's cache.
const BUFFERS: usize = 6;

/// What one pass over a layer gave.
pub(crate) struct Pass {
    pub(crate) walked: Result<(), Error>,
    /// Absent where walking did not want all of the layer.
    pub(crate) totals: Option<Totals>,
}

pub(crate) struct Totals {
    /// Of the stored bytes.
    pub(crate) digest: Digest,
    pub(crate) diff_id: Digest,
    pub(crate) inflated: u64,
}

/// Inflates a layer on a thread of its own, and on this one hashes and walks what comes out.
///
/// Whatever comes after the tar's end is hashed too. So is the rest of a tar that is damaged: where
/// its digest is wrong as well, that is the better explanation, and the caller decides.
pub(crate) fn pass(
    job: &Job<'_>,
    limits: &Limits,
    walk: impl FnOnce(&mut Walker<'_, Stream>) -> Result<Wanted, Error>,
) -> Result<Pass, Error> {
    let (full, filled) = bounded(BUFFERS);
    let (returned, empty) = bounded(BUFFERS + 1);
    for _ in 0..BUFFERS {
        // The channel has room for all of them.
        let _ = returned.try_send(Buffer::default());
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("limpid-inflate".to_owned());
        let mut pipe = Pipe { full, empty };
        let inflating = builder
            .spawn_scoped(scope, move || inflate(job, &mut pipe))
            .map_err(Error::io("starting a thread"))?;
        let stream =
            Stream { filled, returned, current: None, at: 0, position: 0, hasher: Hasher::default() };
        let mut walker = Walker::new(stream, job.what, limits.layer_tar());
        let (wanted, walked) = match walk(&mut walker) {
            Ok(wanted) => (wanted, Ok(())),
            Err(error @ Error::Damaged { .. }) => (Wanted::All, Err(error)),
            Err(error) => (Wanted::Enough, Err(error)),
        };
        let mut stream = walker.into_source();
        let hashed = (wanted == Wanted::All).then(|| stream.finish());
        drop(stream);
        let ended = inflating.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let totals = match (ended, hashed) {
            (Ended::Whole(stored), Some((diff_id, inflated))) => {
                Some(Totals { digest: stored.unwrap_or(diff_id), diff_id, inflated })
            }
            _ => None,
        };
        Ok(Pass { walked, totals })
    })
}

/// How much of the layer a walk wants to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// No more than it has seen.
    Enough,
}

/// The inflating side.
struct Pipe {
    full: Sender<Buffer>,
    empty: Receiver<Buffer>,
}

impl Output for Pipe {
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, BytesError> {
        if self.full.send(filled).is_err() {
            return Ok(None);
        }
        Ok(self.empty.recv().ok())
    }
}

/// The walking side: hashes each buffer as it comes and gives it back when it is used up.
pub(crate) struct Stream {
    filled: Receiver<Buffer>,
    returned: Sender<Buffer>,
    current: Option<Buffer>,
    at: usize,
    position: u64,
    hasher: Hasher,
}

impl Stream {
    /// What is left of the current buffer, or the next one; none at the end.
    fn rest(&mut self) -> usize {
        loop {
            let length = self.current.as_ref().map_or(0, |buffer| buffer.filled().len());
            if self.at < length {
                return length - self.at;
            }
            if let Some(used) = self.current.take() {
                // Refused only when inflating has ended.
                let _ = self.returned.try_send(used);
            }
            let Ok(next) = self.filled.recv() else { return 0 };
            self.hasher.update(next.filled());
            self.current = Some(next);
            self.at = 0;
        }
    }

    /// Reads the rest; the digest and size of all.
    fn finish(&mut self) -> (Digest, u64) {
        loop {
            let rest = self.rest();
            if rest == 0 {
                return (std::mem::take(&mut self.hasher).finish(), self.position);
            }
            self.at += rest;
            self.position += rest as u64;
        }
    }
}

impl Source for Stream {
    fn chunk(&mut self, max: usize) -> Result<&[u8], BytesError> {
        let count = self.rest().min(max);
        let start = self.at;
        self.at += count;
        self.position += count as u64;
        let bytes = self.current.as_ref().map(Buffer::filled).unwrap_or_default();
        Ok(bytes.get(start..start + count).unwrap_or_default())
    }

    fn skip(&mut self, count: u64) -> Result<u64, BytesError> {
        let mut left = count;
        while left > 0 {
            let step = self.rest().min(usize::try_from(left).unwrap_or(usize::MAX));
            if step == 0 {
                break;
            }
            self.at += step;
            self.position += step as u64;
            left -= step as u64;
        }
        Ok(count - left)
    }

    fn position(&self) -> u64 {
        self.position
    }
}
