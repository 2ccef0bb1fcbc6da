//! XML as a stream of steps: for readers of what publishers write in it, which know what they look for.
//!
//! This crate owns the bounds of what is kept: of a record, of a text, of how deep elements lie. Entities are those
//! that XML itself defines: a document that declares others is refused where it uses them, so that none can grow.
//!
//! ```
//! use limpid_xml::Xml;
//!
//! let mut xml = Xml::new(r#"<pads><pad side="left">1.3</pad><more/></pads>"#.as_bytes());
//! assert!(xml.child()? && xml.name() == "pads");
//! let mut pads = Vec::new();
//! while xml.child()? {
//!     match xml.name() {
//!         "pad" => pads.push((xml.attribute_or_empty("side")?, xml.text()?)),
//!         _ => xml.skip()?,
//!     }
//!     xml.record();
//! }
//! assert_eq!(pads, [("left".to_owned(), "1.3".to_owned())]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use std::borrow::Cow;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Measured, Meter};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;
use quick_xml::reader::Reader;

/// The most bytes between two calls of [`Xml::record`].
const MAX_RECORD: u64 = 32 << 20;

/// How deep elements may lie in each other.
const MAX_DEPTH: usize = 64;

/// The longest text that is kept of an element, in bytes; what follows is cut off.
const MAX_TEXT: usize = 256 << 10;

/// What comes next in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An element begins: see [`Xml::name`] and [`Xml::attribute`].
    Open,
    /// The innermost element ends.
    Close,
    /// The document ends.
    End,
}

/// A reader of a document.
pub struct Xml<R> {
    reader: Reader<Measured<R>>,
    meter: Meter,
    buffer: Vec<u8>,
    /// Name and attributes of the element that was opened last.
    tag: String,
    name_end: usize,
    depth: usize,
}

impl<R: Read> Xml<R> {
    /// A reader of the document that `input` gives.
    pub fn new(input: R) -> Self {
        let meter = Meter::new(MAX_RECORD);
        let mut reader = Reader::from_reader(meter.measure(input));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, meter, buffer: Vec::new(), tag: String::new(), name_end: 0, depth: 0 }
    }

    /// Says that a record is done.
    pub fn record(&self) {
        self.meter.reset();
    }

    /// The next beginning or end of an element.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or over a bound; those of the input.
    #[allow(
        clippy::should_implement_trait,
        reason = "it fails, and what is read is borrowed from the reader"
    )]
    pub fn next(&mut self) -> Result<Step, Error> {
        self.step(None)
    }

    /// Goes into the next element inside the present one; none where the present one ends.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or over a bound; those of the input.
    pub fn child(&mut self) -> Result<bool, Error> {
        Ok(self.next()? == Step::Open)
    }

    /// Passes the rest of the present element by.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or over a bound; those of the input.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.inner(None)
    }

    /// The text of the present element and of all in it, up to its end, without white space at its ends.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or over a bound; those of the input.
    pub fn text(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        self.inner(Some(&mut text))?;
        Ok(match text.trim() {
            trimmed if trimmed.len() == text.len() => text,
            trimmed => trimmed.to_owned(),
        })
    }

    fn inner(&mut self, mut text: Option<&mut String>) -> Result<(), Error> {
        let outer = self.depth.saturating_sub(1);
        while self.depth > outer {
            self.step(text.as_deref_mut())?;
        }
        Ok(())
    }

    /// The name of the element that was opened last, without a prefix.
    pub fn name(&self) -> &str {
        let name = self.tag.get(..self.name_end).unwrap_or_default();
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// An attribute of the element that was opened last.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or over a bound; those of the input.
    pub fn attribute(&self, name: &str) -> Result<Option<Cow<'_, str>>, Error> {
        let mut attributes = Attributes::new(&self.tag, self.name_end);
        for attribute in attributes.with_checks(false) {
            let attribute = attribute.map_err(Error::malformed)?;
            if attribute.key.as_ref() == name {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                return value.map(Some).map_err(Error::malformed);
            }
        }
        Ok(None)
    }

    /// An attribute, empty where it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or over a bound; those of the input.
    pub fn attribute_or_empty(&self, name: &str) -> Result<String, Error> {
        Ok(self.attribute(name)?.unwrap_or_default().into_owned())
    }

    fn step(&mut self, mut into: Option<&mut String>) -> Result<Step, Error> {
        let mut keep = |piece: &str| {
            if let Some(text) = into.as_deref_mut() {
                let left = MAX_TEXT.saturating_sub(text.len());
                text.push_str(piece.get(..piece.floor_char_boundary(left)).unwrap_or_default());
            }
        };
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer).map_err(from_xml)?;
            match event {
                Event::Start(start) => {
                    self.tag.clear();
                    self.tag.push_str(&start);
                    self.name_end = start.name().as_ref().len();
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(Error::malformed(format_args!(
                            "elements lie deeper in each other than the limit of {MAX_DEPTH}"
                        )));
                    }
                    return Ok(Step::Open);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::Close);
                }
                Event::Eof if self.depth > 0 => {
                    return Err(Error::malformed("the document ends before its outermost element does"));
                }
                Event::Eof => return Ok(Step::End),
                Event::Text(text) => keep(&text),
                Event::CData(text) => keep(&text),
                Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(from_xml)? {
                    Some(character) => keep(character.encode_utf8(&mut [0; 4])),
                    None => keep(resolve_xml_entity(&reference).ok_or_else(|| {
                        Error::malformed(format_args!("entity `{:.100}` is not known", &*reference))
                    })?),
                },
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }
}

/// A failure of reading stays what it is: a record over the limit, a connection that broke.
fn from_xml(error: quick_xml::Error) -> Error {
    match error {
        quick_xml::Error::Io(error) => std::io::Error::new(error.kind(), error.to_string()).into(),
        error => Error::malformed(error),
    }
}

#[cfg(test)]
mod tests;
