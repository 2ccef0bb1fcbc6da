use std::fmt;
use std::io::Read as _;

use limpid_plugin_sdk::Error;
use rawzip::CompressionMethod;

use crate::{Budget, Member, ReadAt, Zip};

/// What a member is held in, in bytes: pieces of one size, so that what one has given back serves the next.
const PIECE: usize = 64 << 10;

/// A member that can be read at any offset, as what it is a zip itself has to be.
pub struct Held<'z>(Bytes<'z>);

enum Bytes<'z> {
    /// It is stored, and read where it lies.
    Stored {
        source: &'z dyn ReadAt,
        start: u64,
        size: u64,
    },
    Inflated {
        pieces: Vec<Vec<u8>>,
        size: u64,
        budget: &'z Budget,
    },
}

impl Zip<'_> {
    /// A member as a file of its own. One that is stored is read where it lies, and its checksum is not
    /// looked at; one that is deflated is inflated into memory, which the budget bounds and has back when this is dropped.
    ///
    /// # Errors
    ///
    /// Those of [`content`](Self::content), and of reading all of it.
    pub fn hold<'z>(&'z self, member: &'z Member, budget: &'z Budget) -> Result<Held<'z>, Error> {
        if member.method == CompressionMethod::STORE && !member.encrypted {
            let (start, end) = self.place(member)?;
            if member.size != member.stored_size {
                return Err(member.malformed("is stored, and of two sizes"));
            }
            let source = self.archive.get_ref().0;
            return Ok(Held(Bytes::Stored { source, start, size: end - start }));
        }
        let mut content = self.content(member, budget)?;
        let mut held = Held(Bytes::Inflated { pieces: Vec::new(), size: 0, budget });
        let Bytes::Inflated { pieces, size, .. } = &mut held.0 else { return Ok(held) };
        loop {
            budget.hold(PIECE as u64)?;
            pieces.push(vec![0; PIECE]);
            let Some(piece) = pieces.last_mut() else { return Ok(held) };
            let mut filled = 0;
            while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
                let read = content.read(rest)?;
                if read == 0 {
                    return Ok(held);
                }
                filled += read;
                *size += read as u64;
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Bytes::Inflated { pieces, budget, .. } = &self.0 {
            budget.release((pieces.len() * PIECE) as u64);
        }
    }
}

impl ReadAt for Held<'_> {
    fn size(&self) -> u64 {
        match &self.0 {
            Bytes::Stored { size, .. } | Bytes::Inflated { size, .. } => *size,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let left = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        match &self.0 {
            Bytes::Stored { source, start, .. } => source.read_at(start.saturating_add(offset), buffer),
            Bytes::Inflated { pieces, .. } => {
                let at = usize::try_from(offset).unwrap_or(usize::MAX);
                let piece = pieces.get(at / PIECE).and_then(|piece| piece.get(at % PIECE..));
                let piece = piece.unwrap_or_default();
                let count = buffer.len().min(piece.len());
                if let (Some(into), Some(from)) = (buffer.get_mut(..count), piece.get(..count)) {
                    into.copy_from_slice(from);
                }
                count
            }
        }
    }
}

impl fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("size", &self.size()).finish_non_exhaustive()
    }
}
