//! A document, as a stream of statements.

use std::fmt;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Meter;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::statement::Statement;

/// The most bytes of one statement. The largest that are published, of kernels in many releases and architectures,
/// have some megabytes.
pub const MAX_STATEMENT: u64 = 32 << 20;

/// The most statements of one document.
pub const MAX_STATEMENTS: usize = 1_000_000;

/// The longest text that is kept of what a document says of itself, in bytes.
const MAX_TEXT: usize = 4096;

/// What the `@context` of a document begins with.
const CONTEXT: &str = "https://openvex.dev/ns";

/// What a document says of itself. Texts are empty where nothing is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// `https://openvex.dev/ns/v0.2.0`
    pub context: String,
    /// The address or name of the document.
    pub id: String,
    /// Whoever makes its statements.
    pub author: String,
    /// When it was written first: RFC 3339 in most documents.
    pub timestamp: String,
    /// When it was changed last.
    pub last_updated: String,
    /// How many statements it has, those that could not be used among them.
    pub statements: usize,
}

/// A statement that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its place among the statements of the document, from 0.
    pub place: usize,
    /// Why.
    pub why: Error,
}

/// Reads a document, and gives its statements as they come.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no JSON object, its JSON is broken or ends early, or a statement is over
/// [`MAX_STATEMENT`]; [`Error::Unsupported`] where its `@context` is not that of OpenVEX, or it has more than
/// [`MAX_STATEMENTS`]. Statements that came before hold.
pub fn read(input: impl Read, mut each: impl FnMut(Result<Statement, Unread>)) -> Result<Document, Error> {
    let meter = Meter::new(MAX_STATEMENT);
    let mut json = serde_json::Deserializer::from_reader(meter.measure(input));
    let mut reading =
        Reading { each: &mut each, meter: &meter, document: Document::default(), over_limit: false };
    Level { reading: &mut reading, is_outermost: true }.deserialize(&mut json).map_err(from_json)?;
    let Reading { document, over_limit, .. } = reading;
    json.end().map_err(from_json)?;
    if over_limit {
        return Err(Error::unsupported(format_args!("it has more than {MAX_STATEMENTS} statements")));
    }
    if !document.context.starts_with(CONTEXT) {
        return Err(Error::unsupported(format_args!(
            "its `@context` is `{:.100}`, not that of OpenVEX",
            document.context
        )));
    }
    Ok(document)
}

/// A failure of reading stays what it is.
fn from_json(error: serde_json::Error) -> Error {
    match error.io_error_kind() {
        Some(kind) => std::io::Error::new(kind, error.to_string()).into(),
        None => Error::malformed(error),
    }
}

struct Reading<'a> {
    each: &'a mut dyn FnMut(Result<Statement, Unread>),
    meter: &'a Meter,
    document: Document,
    over_limit: bool,
}

impl Reading<'_> {
    fn statement(&mut self, json: &RawValue) {
        let place = self.document.statements;
        self.document.statements += 1;
        if place >= MAX_STATEMENTS {
            self.over_limit = true;
            return;
        }
        (self.each)(Statement::parse(json.get()).map_err(|why| Unread { place, why }));
    }
}

/// The document, or its object `metadata`.
struct Level<'a, 'b> {
    reading: &'a mut Reading<'b>,
    is_outermost: bool,
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { reading, is_outermost } = self;
        while let Some(key) = members.next_key::<String>()? {
            let document = &mut reading.document;
            let into = match key.as_str() {
                "statements" if is_outermost => {
                    members.next_value_seed(Statements(reading))?;
                    continue;
                }
                "metadata" if is_outermost => {
                    members.next_value_seed(Level { reading, is_outermost: false })?;
                    continue;
                }
                "@context" => &mut document.context,
                "@id" => &mut document.id,
                "author" => &mut document.author,
                "timestamp" => &mut document.timestamp,
                "last_updated" => &mut document.last_updated,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let mut text = members.next_value::<Option<String>>()?.unwrap_or_default();
            text.truncate(text.floor_char_boundary(MAX_TEXT));
            *into = text;
        }
        Ok(())
    }
}

struct Statements<'a, 'b>(&'a mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for Statements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Statements<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of statements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(json) = items.next_element::<Box<RawValue>>()? {
            self.0.statement(&json);
            self.0.meter.reset();
        }
        Ok(())
    }
}
