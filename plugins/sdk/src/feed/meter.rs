use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// How much is read at a time, in bytes.
const BUFFER: usize = 64 << 10;

/// How many bytes one record may still take before reading fails.
///
/// A JSON reader buffers a string or a record whole, so without this a document that never closes
/// its first quote would be kept in memory to its last byte.
#[derive(Clone, Debug)]
pub struct Meter {
    limit: u64,
    left: Rc<Cell<u64>>,
}

impl Meter {
    /// A meter that allows `limit` bytes from one record's end to the next.
    pub fn new(limit: u64) -> Self {
        Self { limit, left: Rc::new(Cell::new(limit)) }
    }

    /// Says that a record is done, and what was buffered for it released.
    pub fn reset(&self) {
        self.left.set(self.limit);
    }

    /// `input`, as far as this meter lets it be read.
    pub fn measure<R: Read>(&self, input: R) -> Measured<R> {
        Measured { input, meter: self.clone(), buffer: vec![0; BUFFER], from: 0, to: 0 }
    }
}

/// A reader under a [`Meter`]. It reads ahead, and is quick to give single bytes, which is what JSON
/// readers ask for.
pub struct Measured<R> {
    input: R,
    meter: Meter,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl<R: Read> Measured<R> {
    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> io::Result<()> {
        let read = self.input.read(&mut self.buffer)?;
        let taken = u64::try_from(read).unwrap_or(u64::MAX);
        let Some(left) = self.meter.left.get().checked_sub(taken) else {
            let limit = self.meter.limit;
            return Err(io::Error::other(format!("a record is over the limit of {limit} bytes")));
        };
        self.meter.left.set(left);
        (self.from, self.to) = (0, read);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn read_slowly(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> Read for Measured<R> {
    #[inline]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let [byte] = out
            && self.from < self.to
            && let Some(next) = self.buffer.get(self.from)
        {
            *byte = *next;
            self.from += 1;
            return Ok(1);
        }
        self.read_slowly(out)
    }
}

impl<R: Read> BufRead for Measured<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            self.refill()?;
        }
        Ok(self.buffer.get(self.from..self.to).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.from = self.from.saturating_add(amount).min(self.to);
    }
}

impl<R> fmt::Debug for Measured<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").field("meter", &self.meter).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives three bytes at a time.
    struct Threes(&'static [u8]);

    impl Read for Threes {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(3).min(out.len());
            self.0.read(out.get_mut(..count).unwrap_or_default())
        }
    }

    #[test]
    fn only_what_lies_between_two_resets_counts() {
        let meter = Meter::new(4);
        let mut input = meter.measure(Threes(&[0; 12]));
        let mut buffer = [0; 3];
        assert_eq!(input.read(&mut buffer).unwrap(), 3);
        meter.reset();
        assert_eq!(input.read(&mut buffer).unwrap(), 3);
        assert_eq!(input.read(&mut buffer).unwrap_err().to_string(), "a record is over the limit of 4 bytes");
    }

    #[test]
    fn single_bytes_come_in_their_order() {
        let input = Meter::new(100).measure(Threes(b"abcdefgh"));
        let bytes: io::Result<Vec<u8>> = input.bytes().collect();
        assert_eq!(bytes.unwrap(), b"abcdefgh");
    }
}
