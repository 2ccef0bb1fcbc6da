//! The document as `serde_json` reads it from a reader, all of it by its own rules: what the reader that is used
//! must agree with, except that it is faster.

use std::fmt;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Sink;
use limpid_plugin_sdk::testing::Collected;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::DEBIAN;
use crate::{record, text};

/// What a document gives that way.
pub(super) fn read(document: &[u8]) -> (Result<(), Error>, Collected) {
    let mut sink = Collected::default();
    let mut json = serde_json::Deserializer::from_reader(document);
    let result = json.deserialize_map(Tracker(&mut sink)).and_then(|()| json.end());
    (result.map_err(Error::malformed), sink)
}

/// The document: source packages.
struct Tracker<'a>(&'a mut Collected);

impl<'de> Visitor<'de> for Tracker<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of source packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut packages: A) -> Result<(), A::Error> {
        while let Some(name) = packages.next_key::<String>()? {
            packages.next_value_seed(Package { name, sink: &mut *self.0 })?;
        }
        Ok(())
    }
}

/// One source package: its vulnerabilities.
struct Package<'a> {
    name: String,
    sink: &'a mut Collected,
}

impl Package<'_> {
    fn refuse(self, what: &str) {
        let why = Error::malformed(format!("expected an object of vulnerabilities, found {what}"));
        self.sink.reject(text::shown(&self.name), why);
    }
}

impl<'de> DeserializeSeed<'de> for Package<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

/// Anything but an object costs that package only, so every kind of value has to be taken.
impl<'de> Visitor<'de> for Package<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of vulnerabilities")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((id, json)) = entries.next_entry::<String, Box<RawValue>>()? {
            let (advisory, rejected) = record::read(&DEBIAN, &self.name, &id, &json);
            if let Some(advisory) = advisory {
                self.sink.advisory(advisory);
            }
            for (path, why) in rejected {
                self.sink.reject(&path, why);
            }
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
