use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// How many bytes one record may still take before reading fails.
///
/// A JSON reader buffers a string or a record whole, so without this a document that never closes
/// its first quote would be held in memory to its last byte.
#[derive(Clone)]
pub(crate) struct Meter {
    limit: u64,
    left: Rc<Cell<u64>>,
}

impl Meter {
    /// A meter that allows `limit` bytes from one record's end to the next.
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, left: Rc::new(Cell::new(limit)) }
    }

    /// Says that a record is done, and what was buffered for it released.
    pub(crate) fn reset(&self) {
        self.left.set(self.limit);
    }

    /// `input`, as far as this meter lets it be read.
    pub(crate) fn measure<R: Read>(&self, input: R) -> Measured<R> {
        Measured { input, meter: self.clone() }
    }
}

/// A reader under a [`Meter`].
pub(crate) struct Measured<R> {
    input: R,
    meter: Meter,
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let taken = u64::try_from(read).unwrap_or(u64::MAX);
        let Some(left) = self.meter.left.get().checked_sub(taken) else {
            let limit = self.meter.limit;
            return Err(io::Error::other(format!("a record is over the limit of {limit} bytes")));
        };
        self.meter.left.set(left);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_between_two_resets_counts() {
        let meter = Meter::new(4);
        let mut input = meter.measure([0_u8; 12].as_slice());
        let mut buffer = [0; 3];
        assert_eq!(input.read(&mut buffer).unwrap(), 3);
        meter.reset();
        assert_eq!(input.read(&mut buffer).unwrap(), 3);
        assert_eq!(input.read(&mut buffer).unwrap_err().to_string(), "a record is over the limit of 4 bytes");
    }
}
