use std::fmt;
use std::io;

use limpid_plugin_sdk::detector::File;

/// Bytes that are read at any offset: a file of a layer, or a zip inside of another.
pub trait ReadAt {
    /// The number of bytes.
    fn size(&self) -> u64;

    /// Reads into `buffer` from `offset` on; how many bytes, which are none at the end only.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize;
}

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let bytes = self.read_at(offset, u32::try_from(buffer.len()).unwrap_or(u32::MAX));
        copy(&bytes, buffer)
    }
}

impl ReadAt for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        copy(usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or_default(), buffer)
    }
}

fn copy(from: &[u8], into: &mut [u8]) -> usize {
    let count = from.len().min(into.len());
    if let (Some(into), Some(from)) = (into.get_mut(..count), from.get(..count)) {
        into.copy_from_slice(from);
    }
    count
}

/// The same for the reader of directories.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a>(pub(crate) &'a dyn ReadAt);

impl rawzip::ReaderAt for Source<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(self.0.read_at(offset, buffer))
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("size", &self.0.size()).finish_non_exhaustive()
    }
}
