use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::Part;

/// Writes a file from its start to its end, while others read it as a [`Part`]: who reads what is not written
/// yet waits for it.
#[derive(Debug)]
pub struct Spool {
    file: Arc<File>,
    written: Arc<Written>,
}

/// How far a file is written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    bytes: AtomicU64,
    /// Nobody wants the rest.
    unwanted: AtomicBool,
    has_ended: Mutex<bool>,
    changed: Condvar,
}

impl Spool {
    /// Writes into `file`, and the part that reads all `len` bytes of it. Whoever writes fewer leaves the
    /// readers an error.
    pub fn new(file: File, len: u64) -> (Self, Part) {
        let spool = Self { file: Arc::new(file), written: Arc::default() };
        let part = Part::growing(Arc::clone(&spool.file), len, Arc::clone(&spool.written));
        (spool, part)
    }

    /// Writes into `file` what is of any length, and the part that reads it. What is read beyond what is
    /// written in the end is an error.
    pub fn open_ended(file: File) -> (Self, Part) {
        Self::new(file, u64::MAX)
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// Those of the system.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let at = self.written();
        self.file.write_all_at(bytes, at)?;
        // Under the lock, so that nobody goes to sleep between looking and waiting.
        let _ended = self.written.lock();
        self.written.bytes.store(at + bytes.len() as u64, Ordering::Release);
        self.written.changed.notify_all();
        Ok(())
    }

    /// How many bytes were written.
    pub fn written(&self) -> u64 {
        self.written.bytes.load(Ordering::Relaxed)
    }

    /// Whether a reader has said that nobody wants the rest.
    pub fn is_unwanted(&self) -> bool {
        self.written.unwanted.load(Ordering::Relaxed)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        *self.written.lock() = true;
        self.written.changed.notify_all();
    }
}

impl Written {
    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.has_ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many bytes are written.
    pub(crate) fn wait(&self, bytes: u64) -> io::Result<()> {
        let is_there = || self.bytes.load(Ordering::Acquire) >= bytes;
        if is_there() {
            return Ok(());
        }
        let mut ended = self.lock();
        loop {
            if is_there() {
                return Ok(());
            }
            if *ended {
                return Err(io::Error::new(io::ErrorKind::BrokenPipe, "it was not written to its end"));
            }
            ended = self.changed.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn unwanted(&self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::unnamed;

    fn spool(len: u64) -> (Spool, Part) {
        Spool::new(unnamed(&std::env::temp_dir()).unwrap(), len)
    }

    #[test]
    fn a_reader_follows_the_writer_and_may_read_again() {
        let (mut spool, part) = spool(300_000);
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let mut read = Vec::new();
                part.section(0, 300_000).unwrap().reader().read_to_end(&mut read).unwrap();
                read
            });
            for piece in bytes.chunks(7_000) {
                spool.write(piece).unwrap();
            }
            assert!(reading.join().unwrap() == bytes);
        });
        drop(spool);
        assert!(part.read_all("x", crate::Limit::fixed(300_000)).unwrap() == bytes);
    }

    #[test]
    fn a_writer_that_ends_early_ends_its_readers() {
        let (mut spool, part) = spool(10);
        spool.write(b"12345").unwrap();
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| part.read_all("x", crate::Limit::fixed(10)));
            drop(spool);
            let error = reading.join().unwrap().unwrap_err();
            assert!(format!("{error:?}").contains("not written to its end"), "{error:?}");
        });
        assert_eq!(part.section(1, 4).unwrap().read_all("x", crate::Limit::fixed(4)).unwrap(), b"2345");
    }

    #[test]
    fn a_writer_hears_that_nobody_wants_more() {
        let (spool, part) = spool(10);
        assert!(!spool.is_unwanted());
        part.abandon();
        assert!(spool.is_unwanted());
    }
}
