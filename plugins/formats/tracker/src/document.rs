//! A JSON document, of which one buffer holds what is being read: a key, a value of the second level.
//!
//! `serde_json` reads slices several times as fast as it reads readers, which give it one byte at a time.
//! So a value is read from the slice that begins with it. Where it is broken, or does not end in the buffer,
//! it is read once more, with all of it there and as a reader, whose errors name the place as they would if
//! the whole document were read that way.

use std::io::{BufRead, ErrorKind};

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// A document that is read level by level, as far as there are levels to enter, and value by value below.
pub(crate) struct Document<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where in the buffer the next byte is.
    at: usize,
    /// Whether the buffer holds the document's last byte.
    ended: bool,
    /// Of what is before the buffer.
    before: Place,
}

/// How far something is from the beginning of a document.
#[derive(Clone, Copy)]
struct Place {
    /// Lines that were ended.
    lines: usize,
    /// Bytes in the line after them.
    columns: usize,
}

impl Place {
    fn after(self, bytes: &[u8]) -> Self {
        // The tracker's document is a single line, and to see that takes less time than to find the last one.
        if !bytes.contains(&b'\n') {
            return Self { columns: self.columns + bytes.len(), ..self };
        }
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        let columns = bytes.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
        Self { lines: self.lines + lines, columns }
    }

    fn error(self, what: &str) -> Error {
        Error::malformed(format!("{what} at line {} column {}", self.lines + 1, self.columns))
    }
}

impl<R: BufRead> Document<R> {
    pub(crate) fn new(input: R) -> Self {
        let before = Place { lines: 0, columns: 0 };
        Self { input, buffer: Vec::new(), at: 0, ended: false, before }
    }

    /// The first byte of what comes next; none at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.rest().first().copied() {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                Some(byte) => return Ok(Some(byte)),
                None if self.fill()? => {}
                None => return Ok(None),
            }
        }
    }

    /// Enters the object that comes next, up to its first key. None where it has no key.
    pub(crate) fn enter(&mut self) -> Result<Option<String>, Error> {
        self.at += 1;
        match self.peek()? {
            Some(b'}') => self.leave(),
            Some(_) => self.key(),
            None => Err(self.error("EOF while parsing an object")),
        }
    }

    /// Goes on from a value to the next key of its object. None where there is none, and the object is left.
    pub(crate) fn next_key(&mut self) -> Result<Option<String>, Error> {
        match self.peek()? {
            Some(b'}') => return self.leave(),
            Some(b',') => self.at += 1,
            Some(_) => return Err(self.error("expected `,` or `}`")),
            None => return Err(self.error("EOF while parsing an object")),
        }
        match self.peek()? {
            Some(b'}') => Err(self.error("trailing comma")),
            Some(_) => self.key(),
            None => Err(self.error("EOF while parsing a value")),
        }
    }

    fn leave(&mut self) -> Result<Option<String>, Error> {
        self.at += 1;
        Ok(None)
    }

    fn key(&mut self) -> Result<Option<String>, Error> {
        if self.peek()? != Some(b'"') {
            return Err(self.error("key must be a string"));
        }
        let key = self.value()?;
        match self.peek()? {
            Some(b':') => self.at += 1,
            Some(_) => return Err(self.error("expected `:`")),
            None => return Err(self.error("EOF while parsing an object")),
        }
        self.peek()?;
        Ok(Some(key))
    }

    /// Reads the value that comes next.
    pub(crate) fn value<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        let rest = self.rest();
        if let Ok((value, length)) = read(rest)
            && length < rest.len()
        {
            self.at += length;
            return Ok(value);
        }
        self.complete()?;
        loop {
            let mut json = Deserializer::from_reader(self.rest());
            match T::deserialize(&mut json) {
                Ok(value) => {
                    self.at += json.into_iter::<IgnoredAny>().byte_offset();
                    return Ok(value);
                }
                // A reader of JSON looks at four bytes behind `\u`, whatever they are: of what is no JSON, at
                // some that are behind the value.
                Err(error) if error.is_eof() && self.fill()? => {}
                Err(error) => return Err(self.moved(&error)),
            }
        }
    }

    /// Reads the object that comes next: by `fast`, which is given what the buffer holds from there on and returns
    /// how long the object was; where that gives nothing, by `careful`, which is given just the object.
    pub(crate) fn object<T>(
        &mut self,
        fast: impl Fn(&[u8]) -> Option<(T, usize)>,
        careful: impl FnOnce(&RawValue) -> T,
    ) -> Result<T, Error> {
        let mut read = fast(self.rest());
        if read.is_none() && self.complete()? {
            read = fast(self.rest());
        }
        match read {
            Some((value, length)) => {
                self.at += length;
                Ok(value)
            }
            None => self.value::<Box<RawValue>>().map(|json| careful(&json)),
        }
    }

    /// Makes sure that nothing but blanks is left.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        match self.peek()? {
            Some(_) => Err(self.error("trailing characters")),
            None => Ok(()),
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Reads more into the buffer, in the place of what was read of it. Returns whether there was more.
    fn fill(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        let done = self.buffer.get(..self.at).unwrap_or_default();
        self.before = self.before.after(done);
        self.buffer.drain(..done.len());
        self.at = 0;
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => {
                    let length = bytes.len();
                    self.buffer.extend_from_slice(bytes);
                    self.input.consume(length);
                    self.ended = length == 0;
                    return Ok(!self.ended);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::malformed(error)),
            }
        }
    }

    /// Fills the buffer until it holds the whole of the value that comes next, and a byte behind it. Returns
    /// whether it held less before.
    fn complete(&mut self) -> Result<bool, Error> {
        let mut extent = Extent::default();
        let mut filled = false;
        while !extent.ends_in(self.rest()) {
            if !self.fill()? {
                break;
            }
            filled = true;
        }
        Ok(filled)
    }

    /// An error at the byte that comes next, or at the end.
    fn error(&self, what: &str) -> Error {
        let end = self.buffer.len().min(self.at + 1);
        self.before.after(self.buffer.get(..end).unwrap_or_default()).error(what)
    }

    /// An error in what comes next, as one of the document.
    fn moved(&self, error: &serde_json::Error) -> Error {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let Some(what) = text.strip_suffix(&place) else { return Error::malformed(text) };
        let start = self.before.after(self.buffer.get(..self.at).unwrap_or_default());
        let lines = error.line().saturating_sub(1);
        let columns = if lines == 0 { start.columns + error.column() } else { error.column() };
        Place { lines: start.lines + lines, columns }.error(what)
    }
}

/// Reads the value at the start of a slice. Returns how many bytes it took, too.
///
/// A number may go on behind the slice.
pub(crate) fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<(T, usize)> {
    let mut json = Deserializer::from_slice(json);
    let value = T::deserialize(&mut json)?;
    Ok((value, json.into_iter::<IgnoredAny>().byte_offset()))
}

/// Where a value ends, as far as it was looked at: all that counts are brackets and quotes.
#[derive(Default)]
struct Extent {
    /// Bytes that were looked at.
    seen: usize,
    /// Brackets that are open.
    depth: usize,
    text: Text,
    /// Whether the last of what was looked at ended the value.
    is_over: bool,
}

/// Where in a string a byte is.
#[derive(Clone, Copy, Default)]
enum Text {
    #[default]
    Outside,
    Inside,
    Escaped,
}

impl Extent {
    /// Whether a byte follows the value that begins with these bytes. They are the same as before, and more.
    fn ends_in(&mut self, bytes: &[u8]) -> bool {
        while let Some(byte) = bytes.get(self.seen) {
            if self.is_over {
                return true;
            }
            self.see(*byte);
            self.seen += 1;
        }
        false
    }

    fn see(&mut self, byte: u8) {
        (self.text, self.is_over) = match (self.text, byte) {
            (Text::Escaped, _) => (Text::Inside, false),
            (Text::Inside, b'\\') => (Text::Escaped, false),
            (Text::Inside, b'"') => (Text::Outside, self.depth == 0),
            (Text::Inside, _) => (Text::Inside, false),
            (Text::Outside, b'"') => (Text::Inside, false),
            (Text::Outside, b'{' | b'[') => {
                self.depth += 1;
                (Text::Outside, false)
            }
            (Text::Outside, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                (Text::Outside, self.depth == 0)
            }
            (Text::Outside, b' ' | b'\n' | b'\t' | b'\r' | b',' | b':') => (Text::Outside, self.depth == 0),
            (Text::Outside, _) => (Text::Outside, false),
        };
    }
}
