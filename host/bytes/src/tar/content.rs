use super::{BLOCK, Source};
use crate::Error;

/// A piece of a sparse file that is stored; what lies between pieces is zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What is left of a member's content.
#[derive(Debug, Default)]
pub(super) struct Content {
    extents: std::vec::IntoIter<Extent>,
    /// How far into the file the current piece and the hole before it lead.
    reached: u64,
    size: u64,
    /// Zeros before the current piece.
    hole: u64,
    /// What is left of the current piece.
    run: u64,
    /// Stored bytes that are left, those that belong to no piece included.
    stored: u64,
    /// What fills the last block.
    padding: u64,
    is_sparse: bool,
}

static ZEROS: [u8; 16 << 10] = [0; 16 << 10];

impl Content {
    /// Content in one piece, of which `left` of the member's `stored` bytes are left.
    pub(super) fn whole(left: u64, stored: u64) -> Self {
        let padding = stored.wrapping_neg() % BLOCK;
        Self { reached: left, size: left, run: left, stored: left, padding, ..Self::default() }
    }

    /// Content in pieces, ascending, not overlapping and within `size`; an error says which is not.
    pub(super) fn sparse(extents: Vec<Extent>, size: u64, left: u64, stored: u64) -> Result<Self, String> {
        let (mut reached, mut sum) = (0, 0u64);
        for Extent { offset, length } in &extents {
            let end = offset.checked_add(*length).filter(|&end| *offset >= reached && end <= size);
            reached = end.ok_or_else(|| format!("a sparse file's piece of {length} bytes at {offset}"))?;
            sum = sum.saturating_add(*length);
        }
        if sum > left {
            return Err(format!("a sparse file's pieces are {sum} bytes, of which {left} are stored"));
        }
        let extents = extents.into_iter();
        let whole = Self::whole(left, stored);
        Ok(Self { extents, reached: 0, size, run: 0, is_sparse: true, ..whole })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn is_whole(&self) -> bool {
        !self.is_sparse
    }

    /// Goes on to the next piece where the current one is used up.
    fn advance(&mut self) {
        while self.hole == 0 && self.run == 0 && self.reached < self.size {
            let tail = Extent { offset: self.size, length: 0 };
            let Extent { offset, length } = self.extents.next().unwrap_or(tail);
            self.hole = offset.saturating_sub(self.reached);
            self.run = length;
            self.reached = offset.saturating_add(length);
        }
    }

    /// Passes over what is left of a hole but for its last `keep` bytes; returns how much that is.
    pub(super) fn pass_hole(&mut self, keep: u64) -> u64 {
        self.advance();
        let passed = self.hole.saturating_sub(keep);
        self.hole -= passed;
        passed
    }

    pub(super) fn next<'s>(
        &mut self,
        source: &'s mut dyn Source,
        what: &str,
        max: usize,
    ) -> Result<&'s [u8], Error> {
        self.advance();
        if self.hole > 0 {
            let zeros =
                ZEROS.get(..usize::try_from(self.hole).unwrap_or(usize::MAX).min(max)).unwrap_or(&ZEROS);
            self.hole -= zeros.len() as u64;
            return Ok(zeros);
        }
        if self.run == 0 {
            return Ok(&[]);
        }
        let at = source.position();
        let chunk = source.chunk(max.min(usize::try_from(self.run).unwrap_or(usize::MAX)))?;
        if chunk.is_empty() {
            return Err(truncated(what, at, self.stored));
        }
        self.run -= chunk.len() as u64;
        self.stored -= chunk.len() as u64;
        Ok(chunk)
    }

    /// Passes over what is left. The padding of a last entry may be missing: nothing is lost by it.
    pub(super) fn finish(&mut self, source: &mut dyn Source, what: &str) -> Result<(), Error> {
        let skipped = source.skip(self.stored + self.padding)?;
        if skipped < self.stored {
            return Err(truncated(what, source.position(), self.stored - skipped));
        }
        *self = Self::default();
        Ok(())
    }
}

fn truncated(what: &str, at: u64, left: u64) -> Error {
    Error::damaged(what, at, format!("the tar ends within an entry of which {left} bytes are left"))
}
