//! Bytes of a file for `object`, which wants them to stay where they are.

use std::ops::Range;

use limpid_plugin_sdk::detector::File;
use object::read::{ReadCache, ReadCacheOps, ReadRef};

use crate::{MAX_HEADERS, MAX_READ};

/// What was read of a file; it is kept as long as this.
pub(crate) struct Source<'a>(ReadCache<Reader<'a>>);

struct Reader<'a> {
    file: &'a File,
    position: u64,
    /// How many bytes may still be read.
    left: u64,
}

impl<'a> Source<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        Self(ReadCache::new(Reader { file, position: 0, left: MAX_HEADERS }))
    }

    /// How many bytes were read.
    #[cfg(test)]
    pub(crate) fn taken(self) -> u64 {
        MAX_HEADERS - self.0.into_inner().left
    }
}

impl ReadCacheOps for Reader<'_> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.file.size())
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        self.position = position;
        Ok(position)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        let len = u32::try_from(buffer.len()).map_err(|_| ())?;
        self.left = self.left.checked_sub(u64::from(len)).ok_or(())?;
        let bytes = self.file.read_at(self.position, len);
        buffer.get_mut(..bytes.len()).ok_or(())?.copy_from_slice(&bytes);
        self.position = self.position.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ()> {
        // A file may be shown in part: less is there than its size says.
        if self.read(buffer)? == buffer.len() { Ok(()) } else { Err(()) }
    }
}

/// A part of a file: all of it, or one executable of a fat one.
#[derive(Clone, Copy)]
pub(crate) struct Window<'s, 'a> {
    source: &'s Source<'a>,
    /// Where it begins in the file.
    pub(crate) offset: u64,
    size: u64,
}

impl<'s, 'a> Window<'s, 'a> {
    pub(crate) fn whole(source: &'s Source<'a>) -> Self {
        Self { source, offset: 0, size: ReadRef::len(&source.0).unwrap_or(0) }
    }

    /// A part of a whole file, if it lies in it.
    pub(crate) fn part(self, offset: u64, size: u64) -> Option<Self> {
        let is_inside = offset.checked_add(size).is_some_and(|end| end <= self.size);
        is_inside.then_some(Self { offset, size, ..self })
    }
}

impl<'s> ReadRef<'s> for Window<'s, '_> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.size)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'s [u8], ()> {
        if size > MAX_READ || offset.checked_add(size).is_none_or(|end| end > self.size) {
            return Err(());
        }
        (&self.source.0).read_bytes_at(self.offset.checked_add(offset).ok_or(())?, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'s [u8], ()> {
        let bytes = self.read_bytes_at(range.start, range.end.checked_sub(range.start).ok_or(())?)?;
        let end = bytes.iter().position(|&byte| byte == delimiter).ok_or(())?;
        bytes.get(..end).ok_or(())
    }
}
