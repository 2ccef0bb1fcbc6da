use std::fmt;
use std::io::{BufRead, Cursor, Read as _};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Meter, Sink};
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, de};

use crate::package::Intake;

/// Bytes of a document that is read as a whole.
const MAX_WHOLE: u64 = 8 << 20;
/// Bytes of one member of a document that is not read as a whole, a package among others.
const MAX_MEMBER: u64 = 16 << 20;
/// Bytes of packages that are kept until it is known whose they are.
const MAX_KEPT: usize = 32 << 20;

/// What a feed knows of its publisher and a document does not say.
pub trait Publisher {
    /// The namespace of a document's packages.
    ///
    /// # Errors
    ///
    /// Where the document is not the publisher's, or does not say enough.
    fn namespace(&self, head: &Head) -> Result<String, Error>;

    /// Where the publisher shows what it knows of one vulnerability.
    fn page(&self, _id: &str) -> Option<String> {
        None
    }
}

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `distroversion`: `v3.20`; a distribution that rolls states none.
    pub release: Option<String>,
    /// `reponame`: `main`.
    pub repository: Option<String>,
    /// `urlprefix`, below which packages are fetched: `https://packages.wolfi.dev`.
    pub prefix: Option<String>,
}

/// Reads a document, and gives what it says to `sink`. The document is all that its source has: one
/// from which nothing could be read is an error, since taking it for an answer would withdraw every
/// advisory of that source.
///
/// # Errors
///
/// [`Error::Malformed`] where its JSON is broken (with line and column), where it is no secdb, or
/// where it holds no usable record. A record that cannot be used is none: it is rejected by its
/// path, `package/version/identifier`.
pub fn read(
    publisher: &dyn Publisher,
    mut document: impl BufRead,
    sink: &mut dyn Sink,
) -> Result<Head, Error> {
    let mut reading = Reading {
        publisher,
        intake: Intake::new(publisher, sink),
        head: Head::default(),
        namespace: None,
        kept: Vec::new(),
        kept_bytes: 0,
        position: 0,
        has_packages: false,
        meter: Meter::new(MAX_MEMBER),
    };
    // What is in memory is read several times as fast as what comes byte by byte.
    let mut beginning = Vec::new();
    document.by_ref().take(MAX_WHOLE).read_to_end(&mut beginning)?;
    let read = if document.fill_buf()?.is_empty() {
        reading.document(&mut Deserializer::from_slice(&beginning))
    } else {
        let input = reading.meter.measure(Cursor::new(beginning).chain(document));
        reading.document(&mut Deserializer::from_reader(input))
    };
    read.map_err(|error| Error::malformed(format!("the document is no secdb: {error}")))?;
    reading.finish()
}

/// A document that is being read.
struct Reading<'a> {
    publisher: &'a dyn Publisher,
    intake: Intake<'a>,
    head: Head,
    /// Once there is one.
    namespace: Option<String>,
    /// Packages that came before it was known whose they are.
    kept: Vec<Box<RawValue>>,
    kept_bytes: usize,
    /// How many packages there were.
    position: usize,
    has_packages: bool,
    meter: Meter,
}

impl Reading<'_> {
    fn document<'de, R: de::Read<'de>>(&mut self, json: &mut Deserializer<R>) -> serde_json::Result<()> {
        json.deserialize_map(&mut *self)?;
        json.end()
    }

    fn package(&mut self, json: Box<RawValue>) -> Result<(), String> {
        self.meter.reset();
        match &self.namespace {
            Some(namespace) => self.intake.package(namespace, self.position, &json),
            None => {
                self.kept_bytes += json.get().len();
                if self.kept_bytes > MAX_KEPT {
                    return Err(format!(
                        "over {MAX_KEPT} bytes of packages come before what says whose they are"
                    ));
                }
                self.kept.push(json);
                return Ok(());
            }
        }
        self.position += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Head, Error> {
        if !self.has_packages {
            return Err(Error::malformed("the document is no secdb: missing field `packages`"));
        }
        let namespace = self.publisher.namespace(&self.head)?;
        if self.namespace.is_some_and(|before| before != namespace) {
            return Err(Error::malformed("the document says twice whose it is, and not the same"));
        }
        for (position, json) in self.kept.iter().enumerate() {
            self.intake.package(&namespace, self.position + position, json);
        }
        self.intake.finish()?;
        Ok(self.head)
    }
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "distroversion" => self.head.release = map.next_value()?,
                "reponame" => self.head.repository = map.next_value()?,
                "urlprefix" => self.head.prefix = map.next_value()?,
                "packages" => {
                    self.has_packages = true;
                    self.namespace = match self.head == Head::default() {
                        true => None,
                        false => self.publisher.namespace(&self.head).ok(),
                    };
                    map.next_value_seed(Packages(&mut *self))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// `packages`, one at a time.
struct Packages<'a, 'b>(&'a mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for Packages<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Packages<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of packages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut packages: A) -> Result<(), A::Error> {
        // Left as text: a package that cannot be read must not cost the others.
        while let Some(json) = packages.next_element::<Box<RawValue>>()? {
            self.0.package(json).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}
