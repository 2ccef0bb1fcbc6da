//! Bytes as text: XML is UTF-8, but XBPS writes the names of files into it as they are.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read};

/// How many bytes are looked at at a time.
const PIECE: usize = 16 * 1024;

/// Reads what a reader gives, with each byte that is not UTF-8 spelled `\xE9`, as paths of a layer are.
#[derive(Debug)]
pub struct Escaped<R> {
    reader: R,
    /// What may be the beginning of a character: three bytes at most.
    begun: Vec<u8>,
    text: String,
    /// How much of the text was read.
    read: usize,
}

impl<R: BufRead> Escaped<R> {
    /// What `reader` gives, as text.
    pub const fn new(reader: R) -> Self {
        Self { reader, begun: Vec::new(), text: String::new(), read: 0 }
    }

    /// Makes text of the next piece; of none at the end.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.read = 0;
        let mut ends = false;
        while self.text.is_empty() && !ends {
            let buffer = self.reader.fill_buf()?;
            let piece = buffer.get(..PIECE).unwrap_or(buffer);
            ends = piece.is_empty();
            self.begun.extend_from_slice(piece);
            let taken = piece.len();
            self.reader.consume(taken);
            let left = spell(&self.begun, &mut self.text);
            if ends {
                let left = self.begun.get(left..).unwrap_or_default();
                escape(left, &mut self.text);
                self.begun.clear();
            } else {
                self.begun.drain(..left.min(self.begun.len()));
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Escaped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.text.len() {
            self.fill()?;
        }
        let mut rest = self.text.as_bytes().get(self.read..).unwrap_or_default();
        let length = rest.read(buffer)?;
        self.read += length;
        Ok(length)
    }
}

/// Spells bytes up to a character at their end that may go on; gives where that begins.
fn spell(bytes: &[u8], text: &mut String) -> usize {
    let mut rest = bytes;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        rest = rest.get(chunk.valid().len()..).unwrap_or_default();
        let is_begun = rest.len() == chunk.invalid().len()
            && str::from_utf8(rest).is_err_and(|error| error.error_len().is_none());
        if is_begun {
            break;
        }
        escape(chunk.invalid(), text);
        rest = rest.get(chunk.invalid().len()..).unwrap_or_default();
    }
    bytes.len() - rest.len()
}

fn escape(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        let _infallible = write!(text, "\\x{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], capacity: usize) -> String {
        let mut text = String::new();
        Escaped::new(BufReader::with_capacity(capacity, bytes)).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn bytes_that_are_no_text_are_spelled() {
        let check = |bytes: &[u8], expected: &str| {
            for capacity in 1..6 {
                assert_eq!(read(bytes, capacity), expected, "{capacity}");
            }
        };
        check(b"", "");
        check("ä€😀".as_bytes(), "ä€😀");
        check(b"caf\xe9", "caf\\xE9");
        check(b"caf\xe9s", "caf\\xE9s");
        check(b"\xf0\x9f\x98", "\\xF0\\x9F\\x98");
        check(b"\xe2\x82\xe2\x82\xac\xff", "\\xE2\\x82€\\xFF");
    }

    proptest! {
        #[test]
        fn text_does_not_depend_on_how_the_reader_cuts_its_input(
            bytes in prop::collection::vec(prop_oneof![Just(b'a'), Just(0xe2), Just(0x82), Just(0xac), any::<u8>()], 0..40),
            capacity in 1_usize..6,
        ) {
            let mut expected = String::new();
            for chunk in bytes.utf8_chunks() {
                expected.push_str(chunk.valid());
                escape(chunk.invalid(), &mut expected);
            }
            prop_assert_eq!(read(&bytes, capacity), expected);
        }
    }
}
