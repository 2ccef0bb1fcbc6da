use crate::Error;
use crate::part::Part;

/// Where a walker gets its bytes from.
pub(crate) trait Source {
    /// The next bytes, at most `max`; none at the end.
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error>;

    /// Passes over `count` bytes, or as many as there are; returns how many.
    fn skip(&mut self, count: u64) -> Result<u64, Error>;

    /// How many bytes were read and passed over.
    fn position(&self) -> u64;
}

/// Fills a buffer; returns how much of it, which is less only at the end.
pub(crate) fn fill(source: &mut dyn Source, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let chunk = source.chunk(rest.len())?;
        if chunk.is_empty() {
            break;
        }
        for (to, from) in rest.iter_mut().zip(chunk) {
            *to = *from;
        }
        filled += chunk.len();
    }
    Ok(filled)
}

/// A tar that can be read at any position, of which mostly headers are wanted.
pub(crate) struct PartSource<'a> {
    part: &'a Part,
    what: &'a str,
    at: u64,
    buffer: Vec<u8>,
}

impl<'a> PartSource<'a> {
    pub(crate) fn new(part: &'a Part, what: &'a str) -> Self {
        Self { part, what, at: 0, buffer: Vec::new() }
    }
}

impl Source for PartSource<'_> {
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error> {
        self.buffer.resize(max.min(64 << 10), 0);
        let read = self
            .part
            .read_at(&mut self.buffer, self.at)
            .map_err(Error::io(format_args!("reading {}", self.what)))?;
        self.at += read as u64;
        Ok(self.buffer.get(..read).unwrap_or_default())
    }

    fn skip(&mut self, count: u64) -> Result<u64, Error> {
        let skipped = count.min(self.part.size.saturating_sub(self.at));
        self.at += skipped;
        Ok(skipped)
    }

    fn position(&self) -> u64 {
        self.at
    }
}

#[cfg(test)]
impl Source for &[u8] {
    fn chunk(&mut self, max: usize) -> Result<&[u8], Error> {
        let (chunk, rest) = self.split_at(max.min(self.len()));
        *self = rest;
        Ok(chunk)
    }

    fn skip(&mut self, count: u64) -> Result<u64, Error> {
        let skipped = usize::try_from(count).unwrap_or(usize::MAX).min(self.len());
        *self = &self[skipped..];
        Ok(skipped as u64)
    }

    fn position(&self) -> u64 {
        0
    }
}
