//! Where bytes come from, and what of them is kept.

use limpid_plugin_sdk::detector::File;

/// A file that is read at any offset.
pub trait ReadAt {
    /// Its size, in bytes.
    fn size(&self) -> u64;

    /// At most `len` bytes from `offset`; fewer only where the file ends.
    fn read_at(&self, offset: u64, len: u32) -> Vec<u8>;
}

/// A file that a detector is shown.
impl ReadAt for File {
    fn size(&self) -> u64 {
        self.size()
    }

    fn read_at(&self, offset: u64, len: u32) -> Vec<u8> {
        self.read_at(offset, len)
    }
}

impl ReadAt for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, len: u32) -> Vec<u8> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or_default();
        rest.get(..len as usize).unwrap_or(rest).to_vec()
    }
}

/// How much is read at a time, in bytes: a call costs less than the copy.
const BLOCK: u64 = 64 << 10;

/// How many blocks are kept, each in the place that its number says: 16 MiB in all. A database has its indexes
/// between what is read of it.
const KEPT: u64 = 256;

/// A file, with the blocks of it that were read last.
pub(crate) struct Cached<'a> {
    file: &'a dyn ReadAt,
    size: u64,
    blocks: Vec<Block>,
}

#[derive(Clone, Default)]
struct Block {
    /// Which block it is, plus 1; 0 for none.
    number: u64,
    bytes: Vec<u8>,
}

impl<'a> Cached<'a> {
    pub(crate) fn new(file: &'a dyn ReadAt) -> Self {
        Self { file, size: file.size(), blocks: vec![Block::default(); KEPT as usize] }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Appends `len` bytes from `offset`, or as many as there are; whether there are as many.
    pub(crate) fn read(&mut self, offset: u64, len: u64, into: &mut Vec<u8>) -> bool {
        let (mut at, mut left) = (offset, len);
        while left > 0 {
            let block = self.block(at / BLOCK);
            let start = (at % BLOCK) as usize;
            let rest = block.get(start..).unwrap_or_default();
            if rest.is_empty() {
                return false;
            }
            let piece = rest.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(rest);
            into.extend_from_slice(piece);
            left -= piece.len() as u64;
            at = at.saturating_add(piece.len() as u64);
        }
        true
    }

    /// `N` bytes from `offset`.
    pub(crate) fn array<const N: usize>(&mut self, offset: u64) -> Option<[u8; N]> {
        let start = (offset % BLOCK) as usize;
        let block = self.block(offset / BLOCK);
        if let Some(bytes) = block.get(start..start + N) {
            return bytes.try_into().ok();
        }
        let mut bytes = Vec::with_capacity(N);
        self.read(offset, N as u64, &mut bytes);
        bytes.try_into().ok()
    }

    fn block(&mut self, number: u64) -> &[u8] {
        let place = (number % KEPT) as usize;
        let Some(block) = self.blocks.get_mut(place) else { return &[] };
        if block.number != number + 1 {
            block.number = number + 1;
            // What was there goes back first, so that the new one takes its place.
            block.bytes = Vec::new();
            block.bytes = self.file.read_at(number.saturating_mul(BLOCK), BLOCK as u32);
        }
        &block.bytes
    }
}

/// Which pages or blocks were read: no one may be a part of two things.
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<u64>);

impl Seen {
    /// Marks a number; whether it is new. Memory grows with the greatest number, which the caller bounds by the
    /// size of a file.
    pub(crate) fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = ((number / 64) as usize, 1_u64 << (number % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let Some(word) = self.0.get_mut(word) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.0.get((number / 64) as usize).is_some_and(|word| word & 1 << (number % 64) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_file_wherever_blocks_end() {
        let bytes: Vec<u8> = (0..5 * BLOCK + 100).map(|at| (at % 251) as u8).collect();
        let file = bytes.as_slice();
        let mut cached = Cached::new(&file);
        let far = KEPT * BLOCK;
        for (offset, len) in
            [(0, 10), (BLOCK - 1, 3), (BLOCK, 2 * BLOCK), (5 * BLOCK, 100), (3, 4 * BLOCK), (7, 1)]
        {
            let mut read = Vec::new();
            assert!(cached.read(offset, len, &mut read));
            assert_eq!(read, bytes[offset as usize..(offset + len) as usize], "{len} bytes from {offset}");
        }
        let mut read = Vec::new();
        assert!(!cached.read(5 * BLOCK + 90, 20, &mut read) && read.len() == 10);
        assert!(!cached.read(far, 1, &mut read) && !cached.read(u64::MAX, 9, &mut read));
        assert_eq!(cached.array::<4>(BLOCK - 2).as_ref().map(<[u8; 4]>::as_slice), bytes.get(65534..65538));
        assert_eq!(cached.array::<4>(5 * BLOCK + 98), None);
    }

    #[test]
    fn a_number_is_new_once() {
        let mut seen = Seen::default();
        assert!(seen.insert(0) && seen.insert(64) && seen.insert(1000));
        assert!(!seen.insert(64) && seen.contains(64) && !seen.contains(65) && !seen.contains(9999));
    }
}
