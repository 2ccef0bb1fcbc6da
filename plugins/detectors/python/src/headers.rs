//! The headers of a message ([RFC 822, 3.1](https://www.rfc-editor.org/rfc/rfc822#section-3.1)), read
//! as Python's own reader of messages does: they end at an empty line, or at one that is neither a
//! header nor the continuation of one.

use std::io::{self, BufRead};

use limpid_plugin_sdk::text::Lines;

/// A header, unfolded: lines that continue it are joined by single spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// In lower case.
    pub(crate) name: String,
    /// Without spaces at its ends, and with what is not UTF-8 replaced.
    pub(crate) value: String,
    /// Whether it was longer than the limit: then the value is its beginning.
    pub(crate) cut: bool,
}

/// Reads headers one after the other.
#[derive(Debug)]
pub(crate) struct Headers<R> {
    lines: Lines<R>,
    limit: usize,
    /// The last header whose first line was read; what follows may continue it.
    open: Option<Header>,
    ended: bool,
}

impl<R: BufRead> Headers<R> {
    /// Headers of `reader`, of the value of each at most `limit` bytes.
    pub(crate) const fn new(reader: R, limit: usize) -> Self {
        Self { lines: Lines::new(reader, limit), limit, open: None, ended: false }
    }

    /// The next header; none at the end.
    #[allow(clippy::should_implement_trait, reason = "errors of the reader end it")]
    pub(crate) fn next(&mut self) -> io::Result<Option<Header>> {
        while !self.ended {
            let Some(line) = self.lines.next()? else { break };
            let text = line.text();
            if text.starts_with([' ', '\t']) {
                if let Some(header) = &mut self.open {
                    header.extend(&text, line.cut, self.limit);
                }
            } else if let Some((name, value)) = text.split_once(':').filter(|(name, _)| is_name(name)) {
                let mut header = Header { name: name.to_ascii_lowercase(), ..Header::default() };
                header.extend(value, line.cut, self.limit);
                if let Some(before) = self.open.replace(header) {
                    return Ok(Some(before));
                }
            } else {
                self.ended = true;
            }
        }
        self.ended = true;
        Ok(self.open.take())
    }
}

impl Header {
    fn extend(&mut self, more: &str, cut: bool, limit: usize) {
        let more = more.trim();
        let separator = usize::from(!self.value.is_empty());
        let room = limit.saturating_sub(self.value.len() + separator);
        let fitting = more.get(..more.floor_char_boundary(room)).unwrap_or_default().trim_end();
        if separator > 0 && !fitting.is_empty() {
            self.value.push(' ');
        }
        self.value.push_str(fitting);
        self.cut |= cut || fitting.len() < more.len();
    }
}

/// Of printable ASCII, without spaces; even a header without a name does not end the others.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], limit: usize) -> Vec<Header> {
        let mut headers = Headers::new(text, limit);
        let mut all = Vec::new();
        while let Some(header) = headers.next().unwrap() {
            all.push(header);
        }
        assert_eq!(headers.next().unwrap(), None, "the end stays the end");
        all
    }

    #[test]
    fn headers_are_unfolded_up_to_the_first_line_that_is_none() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let all = read(text.as_bytes(), 100);
            let pairs: Vec<_> =
                all.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
            assert_eq!(pairs, expected, "{text:?}");
            assert!(all.iter().all(|header| !header.cut));
        };
        check("", &[]);
        check("Name: a\nVersion:1", &[("name", "a"), ("version", "1")]);
        check("Name: a\r\nVersion: 1\r\n\r\nName: b\r\n", &[("name", "a"), ("version", "1")]);
        check("Name:\n a\n\tb\nVERSION: 1\n", &[("name", "a b"), ("version", "1")]);
        check("  a\nName: b\n", &[("name", "b")]);
        check("Name: a: b\n", &[("name", "a: b")]);
        check("License: x\nno header\nName: a\n", &[("license", "x")]);
        check("License: x\n \n y\n\nName: a\n", &[("license", "x y")]);
        check("The name: a\n", &[]);
        check(": a\nName: b\n", &[("", "a"), ("name", "b")]);
    }

    #[test]
    fn a_value_over_the_limit_is_cut_between_characters() {
        let check = |text: &str, expected: &str| {
            let header = Header { name: "n".to_owned(), value: expected.to_owned(), cut: true };
            assert_eq!(read(text.as_bytes(), 8), [header], "{text:?}");
        };
        check("n: abcdefghi", "abcde");
        check("n: abc\n abcde\n xyz\n", "abc abcd");
        check("n: abc\n ää\n ä\n", "abc ää");
        check("n: abcde\n  fg\n  hi\n", "abcde fg");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes, 20);
        }

        #[test]
        fn no_value_is_over_the_limit(text in "(n:|\n| |ä|a|\t){0,60}") {
            for header in read(text.as_bytes(), 10) {
                prop_assert!(header.value.len() <= 10 && header.value.trim() == header.value);
            }
        }
    }
}
