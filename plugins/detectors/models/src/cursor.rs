//! Reads numbers and texts one after the other, and never beyond what is there.

/// Where the head of a file ended, or what is written there cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bytes end here.
    End,
    /// A value is none.
    Malformed(&'static str),
}

/// The order of a number's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    pub(crate) order: Order,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, order: Order::Little }
    }

    pub(crate) fn take(&mut self, len: u64) -> Result<&'a [u8], Stop> {
        let len = usize::try_from(len).map_err(|_| Stop::End)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Stop::End)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Stop> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Stop::End)?;
        self.rest = rest;
        Ok(match self.order {
            Order::Little => u32::from_le_bytes(*bytes),
            Order::Big => u32::from_be_bytes(*bytes),
        })
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Stop> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Stop::End)?;
        self.rest = rest;
        Ok(match self.order {
            Order::Little => u64::from_le_bytes(*bytes),
            Order::Big => u64::from_be_bytes(*bytes),
        })
    }
}
