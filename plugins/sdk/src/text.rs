//! Reading text formats of package managers: lines of bytes that may be anything.

use std::borrow::Cow;
use std::io::{self, BufRead};

/// Reads lines of at most a limit in bytes; see [`Lines::next`].
///
/// ```
/// use limpid_plugin_sdk::text::Lines;
///
/// let mut lines = Lines::new(&b"left-pad 1.3.0\r\nzlib 1.2.13"[..], 4096);
/// let mut names = Vec::new();
/// while let Some(line) = lines.next()? {
///     names.extend(line.split_once(b' ').map(|(name, _)| name.to_vec()));
/// }
/// assert_eq!(names, [&b"left-pad"[..], b"zlib"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    limit: usize,
    line: Vec<u8>,
    number: u64,
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Without its end, which is `\n` or `\r\n` or the end of the file.
    pub bytes: &'a [u8],
    /// Whether it was longer than the limit: then `bytes` are its first ones.
    pub cut: bool,
}

impl<'a> Line<'a> {
    /// As text, with what is not UTF-8 replaced.
    pub fn text(&self) -> Cow<'a, str> {
        // Looks at more than a byte at a time, which the other does not.
        match str::from_utf8(self.bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(self.bytes),
        }
    }

    /// The line up to the first such byte, and what follows that byte.
    pub fn split_once(&self, byte: u8) -> Option<(&'a [u8], &'a [u8])> {
        let at = memchr::memchr(byte, self.bytes)?;
        Some((self.bytes.get(..at)?, self.bytes.get(at + 1..)?))
    }
}

impl<R: BufRead> Lines<R> {
    /// Lines of `reader`, of each at most `limit` bytes.
    pub const fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, line: Vec::new(), number: 0 }
    }

    /// The next line; none at the end. Whatever the input, it holds no more than the limit: of a
    /// longer line the rest is skipped.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "the line is borrowed from the reader")]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut length, mut ended) = (0, false);
        while !ended {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                if length == 0 {
                    return Ok(None);
                }
                break;
            }
            let end = memchr::memchr(b'\n', buffer);
            ended = end.is_some();
            let piece = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let room = self.limit - self.line.len();
            self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
            let consumed = piece.len() + usize::from(ended);
            length += piece.len();
            self.reader.consume(consumed);
        }
        self.number += 1;
        let bytes = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        Ok(Some(Line { number: self.number, bytes, cut: length > self.limit }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    /// Reads in pieces of `capacity`, so that lines end in the middle of them.
    fn lines(text: &[u8], limit: usize, capacity: usize) -> Vec<(Vec<u8>, bool)> {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, text), limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            assert_eq!(line.number, all.len() as u64 + 1);
            all.push((line.bytes.to_vec(), line.cut));
        }
        all
    }

    #[test]
    fn lines_end_with_either_end_or_none() {
        let check = |text: &str, expected: &[&str]| {
            let expected: Vec<_> = expected.iter().map(|line| (line.as_bytes().to_vec(), false)).collect();
            assert_eq!(lines(text.as_bytes(), 100, 3), expected, "{text:?}");
        };
        check("", &[]);
        check("\n", &[""]);
        check("a", &["a"]);
        check("a\n", &["a"]);
        check("a\r\n\r\nb", &["a", "", "b"]);
        check("a\rb\n", &["a\rb"]);
    }

    #[test]
    fn a_line_over_the_limit_is_cut_and_the_next_is_whole() {
        let expected = [(b"abc".to_vec(), false), (b"abc".to_vec(), true), (b"d".to_vec(), false)];
        assert_eq!(lines(b"abc\nabcdefgh\nd\n", 3, 2), expected);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_reader_cuts_its_input(
            text in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()], 0..60),
            limit in 0_usize..20,
            capacity in 1_usize..10,
        ) {
            let cut = lines(&text, limit, capacity);
            prop_assert_eq!(&cut, &lines(&text, limit, 1000));
            prop_assert!(cut.iter().all(|(line, _)| line.len() <= limit));
        }
    }
}
