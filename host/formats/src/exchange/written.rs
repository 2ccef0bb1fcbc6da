//! How documents in JSON are written: piece by piece, so that a long report is in memory once, and without what does
//! something to whoever reads it as text.

use std::io::{self, BufWriter, Write};

use limpid_model::Hasher;
use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

use crate::printable;

/// Bytes that are written at once.
const BUFFER: usize = 64 << 10;

/// A list whose elements are made when they are written, and as often: one of them is in memory at a time.
pub(super) struct Each<F>(pub(super) F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: IntoIterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes a document in JSON: indented, and its texts without what does something to whoever they are shown.
///
/// # Errors
/// Nothing of a report fails here; the writer may.
pub fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    // A document is made of short pieces: whoever takes them should not be asked for each.
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Harmless::default());
    document.serialize(&mut serializer)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A UUID that is made of a digest of what is said, as
/// [RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8) has it in version 8.
///
/// # Errors
/// Nothing of a report fails here.
pub(super) fn uuid_of(content: &impl Serialize) -> io::Result<String> {
    struct Hashed(Hasher);
    impl Write for Hashed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hashed = BufWriter::with_capacity(BUFFER, Hashed(Hasher::default()));
    serde_json::to_writer(&mut hashed, content)?;
    let hashed = hashed.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(super::uuid_from(&hashed.0.finish()))
}

/// Indents a document, and writes texts without what a terminal obeys. Build services look for their commands in all
/// that a job prints: `##[error]`, `##vso[...]`. Of two of these characters the second is written as an escape, which
/// is the same text to whoever reads JSON.
#[derive(Default)]
struct Harmless {
    pretty: PrettyFormatter<'static>,
    after_hash: bool,
}

impl Formatter for Harmless {
    fn begin_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.after_hash = false;
        self.pretty.begin_string(writer)
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Looking at all bytes is faster than stopping at one.
        let is_odd = |byte: u8| byte == b'#' || !(0x20..0x7f).contains(&byte);
        if !fragment.bytes().fold(false, |odd, byte| odd | is_odd(byte)) {
            self.after_hash = false;
            return writer.write_all(fragment.as_bytes());
        }
        let mut bytes = [0; 4];
        for character in printable(fragment).chars() {
            let is_hash = character == '#';
            match is_hash && self.after_hash {
                true => writer.write_all(b"\\u0023")?,
                false => writer.write_all(character.encode_utf8(&mut bytes).as_bytes())?,
            }
            self.after_hash = is_hash;
        }
        Ok(())
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote | CharEscape::ReverseSolidus | CharEscape::Solidus | CharEscape::LineFeed => {
                self.after_hash = false;
                self.pretty.write_char_escape(writer, escape)
            }
            CharEscape::Tab => {
                self.after_hash = false;
                writer.write_all(b" ")
            }
            // Nobody sees them.
            CharEscape::Backspace
            | CharEscape::FormFeed
            | CharEscape::CarriageReturn
            | CharEscape::AsciiControl(_) => Ok(()),
        }
    }

    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_the_same_and_does_nothing_to_whom_it_is_shown() {
        let shown = |text: &str| {
            let mut written = Vec::new();
            write_document(&text, &mut written).unwrap();
            let written = String::from_utf8(written).unwrap();
            let read: String = serde_json::from_str(&written).unwrap();
            (written.trim_end().to_owned(), read)
        };
        let is = |written: &str, read: &str| (written.to_owned(), read.to_owned());
        assert_eq!(shown("a\u{1b}[2J\u{202e}b\nc\td"), is("\"a[2Jb\\nc d\"", "a[2Jb\nc d"));
        assert_eq!(shown("##vso[x]"), is("\"#\\u0023vso[x]\"", "##vso[x]"));
        assert_eq!(shown("#\u{1}#"), is("\"#\\u0023\"", "##"));
        assert_eq!(shown("#\"#"), is("\"#\\\"#\"", "#\"#"));
    }

    #[test]
    fn elements_are_made_as_often_as_they_are_written() {
        let list = Each(|| 1..=2);
        assert_eq!(serde_json::to_string(&list).unwrap(), serde_json::to_string(&list).unwrap());
        assert_eq!(uuid_of(&list).unwrap(), uuid_of(&[1, 2]).unwrap());
        assert_ne!(uuid_of(&list).unwrap(), uuid_of(&[1, 3]).unwrap());
    }
}
