//! The tracker's `data/json`: source package -> vulnerability -> what is known of it, release by
//! release. It has some 70 MB, so it is read as a stream and no more of it is kept than one
//! vulnerability of one package.

mod judgement;
mod order;
mod record;
mod release;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::io::{BufRead, Read};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Meter, Sink};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Bytes from one record to the next. More than any record may have, so that one which is merely
/// too large is refused by name and the rest is still read.
const MAX_RECORD: u64 = 8 << 20;

/// Reads a document, and gives what it says to `sink` as it comes. The document is the whole of
/// what the tracker knows: one from which nothing could be read is an error, since taking it for
/// an answer would withdraw every advisory.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no JSON object, or its JSON is broken or ends early
/// (with line and column), or where it holds no usable record. A record that cannot be used is
/// none: it is rejected by its path, `package/vulnerability/release`.
pub(crate) fn read(input: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let meter = Meter::new(MAX_RECORD);
    let mut input = meter.measure(input);
    recognise(&mut input)?;

    let mut intake = Intake { sink, meter: &meter, accepted: 0, rejected: 0 };
    let mut json = serde_json::Deserializer::from_reader(input);
    json.deserialize_map(Tracker(&mut intake)).and_then(|()| json.end()).map_err(Error::malformed)?;

    match (intake.accepted, intake.rejected) {
        (0, 0) => Err(Error::malformed("the document is JSON, but names no vulnerability")),
        (0, rejected) => {
            Err(Error::malformed(format!("none of the document's {rejected} records could be used")))
        }
        _ => Ok(()),
    }
}

/// Names what came instead where that is plain from the first byte: servers and proxies answer
/// with a page in HTML and a status of success often enough.
fn recognise(input: &mut impl BufRead) -> Result<(), Error> {
    let start = input.fill_buf()?;
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None if start.is_empty() => Err(Error::malformed("the document is empty")),
        Some(b'<') => Err(Error::malformed("the document is HTML or XML, not the tracker's JSON")),
        _ => Ok(()),
    }
}

/// Where records go, and how many went where.
struct Intake<'a> {
    sink: &'a mut dyn Sink,
    meter: &'a Meter,
    accepted: u64,
    rejected: u64,
}

impl Intake<'_> {
    fn reject(&mut self, path: &str, why: Error) {
        self.rejected += 1;
        self.sink.reject(path, why);
    }

    fn record(&mut self, package: &str, id: &str, json: &RawValue) {
        let (advisory, rejected) = record::read(package, id, json);
        if let Some(advisory) = advisory {
            self.accepted += 1;
            self.sink.advisory(advisory);
        }
        for (path, why) in rejected {
            self.reject(&path, why);
        }
        self.meter.reset();
    }
}

/// The document: source packages.
struct Tracker<'a, 'b>(&'a mut Intake<'b>);

impl<'de> Visitor<'de> for Tracker<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of source packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut packages: A) -> Result<(), A::Error> {
        while let Some(name) = packages.next_key::<String>()? {
            packages.next_value_seed(Package { name, intake: &mut *self.0 })?;
            self.0.meter.reset();
        }
        Ok(())
    }
}

/// One source package: its vulnerabilities.
struct Package<'a, 'b> {
    name: String,
    intake: &'a mut Intake<'b>,
}

impl Package<'_, '_> {
    fn refuse(self, what: &str) {
        let why = Error::malformed(format!("expected an object of vulnerabilities, found {what}"));
        self.intake.reject(text::shown(&self.name), why);
    }
}

impl<'de> DeserializeSeed<'de> for Package<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

/// Anything but an object costs that package only, so every kind of value has to be taken.
impl<'de> Visitor<'de> for Package<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of vulnerabilities")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((id, json)) = entries.next_entry::<String, Box<RawValue>>()? {
            self.intake.record(&self.name, &id, &json);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.refuse("an array");
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.refuse("a string");
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.refuse("a boolean");
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.refuse("a number");
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.refuse("a number");
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.refuse("a number");
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.refuse("null");
        Ok(())
    }
}
