//! Files on their way to a bucket: in one request, or in parts.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use limpid_model::{Digest, Hasher};

use super::requests::{Body, Requests, Upload};
use crate::files::PIECE;
use crate::{Error, Progress};

/// Bytes of one request unless a setting says otherwise: what a connection that is lost costs.
pub const PART_BYTES: u64 = 256 << 20;

/// Bytes that a part has at least, but for the last one (S3 API: `EntityTooSmall`).
pub const LEAST_PART: u64 = 5 << 20;

/// Bytes that a request has at most (S3 API: `EntityTooLarge`).
pub const MOST_PART: u64 = 5 << 30;

/// Parts of one object, at most (S3 API: part numbers of `UploadPart`).
const PARTS: u64 = 10_000;

/// A file that is sent.
pub(super) struct Outgoing<'f> {
    pub(super) file: &'f File,
    pub(super) path: &'f Path,
    pub(super) bytes: u64,
    /// Of all of it, as it was when that was read.
    pub(super) digest: Digest,
    pub(super) progress: &'f Progress,
}

impl Outgoing<'_> {
    /// Writes it as an object: in one request where it has at most `part_bytes`, and in parts of that length otherwise,
    /// or of more where there would be too many. There is no object unless it is what it was.
    ///
    /// # Errors
    /// It is longer than an object can be, it has changed, or the bucket does not take it. Its parts are removed then.
    pub(super) fn send(&self, requests: &Requests, key: &str, part_bytes: u64) -> Result<(), Error> {
        if self.bytes <= part_bytes {
            let content = || self.content(0, self.bytes, self.digest);
            return requests.put(key, &Body { bytes: self.bytes, digest: self.digest, content: &content });
        }
        let part_bytes = self.bytes.div_ceil(PARTS).max(part_bytes).max(1);
        if part_bytes > MOST_PART {
            return Err(Error::BadBucket(format!(
                "`{}` has {} bytes, and a bucket takes objects of {PARTS} parts of {MOST_PART} bytes each",
                self.path.display(),
                self.bytes
            )));
        }
        let mut upload = requests.begin(key)?;
        let sent = self.send_parts(&mut upload, part_bytes).and_then(|()| upload.complete());
        if sent.is_err() {
            upload.abort();
        }
        sent
    }

    fn send_parts(&self, upload: &mut Upload<'_>, part_bytes: u64) -> Result<(), Error> {
        let (mut from, mut whole) = (0, Hasher::default());
        while from < self.bytes {
            let bytes = part_bytes.min(self.bytes - from);
            let read = self.digest_of(from, bytes, &mut whole);
            let digest = read.map_err(Error::io("read", self.path))?;
            let content = || self.content(from, bytes, digest);
            upload.put(&Body { bytes, digest, content: &content })?;
            from = from.saturating_add(bytes);
        }
        if whole.finish() != self.digest {
            return Err(Error::io("send", self.path)(changed()));
        }
        Ok(())
    }

    /// The digest of a part, which `whole` takes in, too. It is read once more when it is sent, from memory mostly.
    fn digest_of(&self, from: u64, bytes: u64, whole: &mut Hasher) -> io::Result<Digest> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(from))?;
        let (mut hasher, mut piece, mut left) = (Hasher::default(), vec![0; PIECE], bytes);
        while left > 0 {
            self.progress.advance(0).map_err(io::Error::other)?;
            let read = match (&mut file).take(left).read(&mut piece) {
                Ok(0) => return Err(changed()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            let content = piece.get(..read).unwrap_or_default();
            hasher.update(content);
            whole.update(content);
            left = left.saturating_sub(read as u64);
        }
        Ok(hasher.finish())
    }

    /// Reads a part from its beginning.
    fn content(&self, from: u64, bytes: u64, digest: Digest) -> io::Result<Box<dyn Read + '_>> {
        self.progress.advance(0).map_err(io::Error::other)?;
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(Sent { file, left: bytes, hasher: Hasher::default(), digest, progress: self.progress }))
    }
}

fn changed() -> io::Error {
    io::Error::other("the file has changed while it was sent")
}

/// A file, or a part of one, on its way. It ends early, and so does the request, where it is not what it was, or where it
/// is to stop.
struct Sent<'p> {
    file: File,
    left: u64,
    hasher: Hasher,
    digest: Digest,
    progress: &'p Progress,
}

impl Read for Sent<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        self.progress.advance(0).map_err(io::Error::other)?;
        let read = (&mut self.file).take(self.left).read(piece)?;
        let content = piece.get(..read).unwrap_or_default();
        self.hasher.update(content);
        self.left = self.left.saturating_sub(read as u64);
        let is_whole = self.left == 0 && std::mem::take(&mut self.hasher).finish() == self.digest;
        if (read == 0 && self.left > 0) || (read > 0 && self.left == 0 && !is_whole) {
            return Err(changed());
        }
        Ok(read)
    }
}
