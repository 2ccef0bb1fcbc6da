use std::io::{self, BufRead, Read};

/// How much is asked of the host at a time, in bytes: a call costs about 0.2 us, and what it
/// returns is kept in the plugin's memory.
const CHUNK: u32 = 256 * 1024;

/// Where bytes come from: a file of a layer, a document.
pub(crate) trait Chunks {
    /// At most `len` bytes from `offset`; none at the end. Offsets only go up where the source is
    /// not [seekable](std::io::Seek).
    fn read(&mut self, offset: u64, len: u32) -> Vec<u8>;
}

/// Reads from [`Chunks`] as the standard library does, without a second copy of a chunk.
pub(crate) struct ChunkReader<C> {
    source: C,
    /// Where `chunk` ends in the source.
    offset: u64,
    chunk: Vec<u8>,
    /// How much of `chunk` was consumed.
    used: usize,
}

impl<C: Chunks> ChunkReader<C> {
    pub(crate) fn new(source: C) -> Self {
        Self { source, offset: 0, chunk: Vec::new(), used: 0 }
    }

    /// The position in the source of the next byte.
    pub(crate) fn position(&self) -> u64 {
        self.offset - self.rest().len() as u64
    }

    /// Goes on at `position`; what was read ahead is kept where it serves.
    pub(crate) fn set_position(&mut self, position: u64) {
        let start = self.offset - self.chunk.len() as u64;
        match position.checked_sub(start).and_then(|used| usize::try_from(used).ok()) {
            Some(used) if used <= self.chunk.len() => self.used = used,
            _ => {
                self.chunk.clear();
                self.used = 0;
                self.offset = position;
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.chunk.get(self.used..).unwrap_or_default()
    }
}

impl<C: Chunks> BufRead for ChunkReader<C> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() {
            self.chunk = self.source.read(self.offset, CHUNK);
            self.used = 0;
            self.offset += self.chunk.len() as u64;
        }
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.used = self.used.saturating_add(amount).min(self.chunk.len());
    }
}

impl<C: Chunks> Read for ChunkReader<C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Bytes(Vec<u8>);

    impl Chunks for Bytes {
        /// Fewer bytes than asked for, so that there are many chunks.
        fn read(&mut self, offset: u64, _len: u32) -> Vec<u8> {
            self.0.iter().skip(offset as usize).take(5).copied().collect()
        }
    }

    proptest! {
        #[test]
        fn reading_after_a_seek_gives_the_bytes_from_there(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            steps in prop::collection::vec((0_u64..50, 0_usize..12), 0..10),
        ) {
            let mut reader = ChunkReader::new(Bytes(bytes.clone()));
            for (position, count) in steps {
                reader.set_position(position);
                let mut read = Vec::new();
                (&mut reader).take(count as u64).read_to_end(&mut read).unwrap();
                let expected: Vec<u8> = bytes.iter().skip(position as usize).take(count).copied().collect();
                prop_assert_eq!(reader.position(), position + expected.len() as u64);
                prop_assert_eq!(read, expected);
            }
        }
    }
}
