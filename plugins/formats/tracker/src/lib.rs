//! The data of a security tracker in the form of Debian's [`data/json`](https://security-tracker.debian.org/tracker/data/json),
//! for feeds of publishers that run one: source package, vulnerability, and what is known of it, release by release.
//!
//! This crate owns how the tracker's words become advisories for the namespaces `debian:<codename>`, as the document
//! names the releases. A feed adds, as a [`Tracker`], where the tracker shows what it knows, and of which releases it is
//! the one that is asked. It must not know which releases there are, except that versions come into all of them from
//! `sid`.
//!
//! Debian's has some 70 MB, so it is read as a stream and no more of it is kept than one vulnerability of one package,
//! and what was read ahead.
//!
//! ```
//! use limpid_plugin_sdk::feed::Range;
//! use limpid_plugin_sdk::testing::Collected;
//! use limpid_tracker::Tracker;
//!
//! let tracker = Tracker { pages: "https://tracker.example.org", releases: Some(&["jessie"]) };
//! let document = r#"{"shadow": {"CVE-2023-29383": {"releases": {
//!     "jessie": {"status": "resolved", "fixed_version": "1:4.2-3+deb8u5"}, "sid": {"status": "open"}}}}}"#;
//! let mut sink = Collected::default();
//! limpid_tracker::read(&tracker, document.as_bytes(), &mut sink)?;
//! let [shadow] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!(shadow.namespace, "debian:jessie");
//! assert_eq!(shadow.ranges, [Range::before("1:4.2-3+deb8u5")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
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
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use document::Document;

/// Bytes from one record to the next. More than any record may have, so that one which is merely
/// too large is refused by name and the rest is still read.
const MAX_RECORD: u64 = 8 << 20;

/// What a document does not say of its tracker.
#[derive(Clone, Copy, Debug)]
pub struct Tracker {
    /// Below which address it shows what it knows of a vulnerability.
    pub pages: &'static str,
    /// The releases of which something is stated, where others are somebody else's. What the document says of those is
    /// held against these all the same.
    pub releases: Option<&'static [&'static str]>,
}

impl Tracker {
    fn states(&self, codename: &str) -> bool {
        self.releases.is_none_or(|releases| releases.contains(&codename))
    }
}

/// Reads a document, and gives what it says to `sink` as it comes. The document is the whole of
/// what the tracker knows: one from which nothing could be read is an error, since taking it for
/// an answer would withdraw every advisory.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no JSON object, or its JSON is broken or ends early
/// (with line and column), or where it holds no usable record. A record that cannot be used is
/// none: it is rejected by its path, `package/vulnerability/release`.
pub fn read(tracker: &Tracker, input: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let meter = Meter::new(MAX_RECORD);
    let mut input = meter.measure(input);
    recognise(&mut input)?;

    let mut intake = Intake { tracker, sink, meter: &meter, accepted: 0, rejected: 0 };
    intake.document(&mut Document::new(input))?;

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
    tracker: &'a Tracker,
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

    /// The document: source packages.
    fn document(&mut self, json: &mut Document<impl BufRead>) -> Result<(), Error> {
        if json.peek()? != Some(b'{') {
            let NoTracker {} = json.value()?;
        }
        let mut next = json.enter()?;
        while let Some(name) = next {
            self.package(&name, json)?;
            self.meter.reset();
            next = json.next_key()?;
        }
        json.end()
    }

    /// One source package: its vulnerabilities. Anything but an object costs that package only.
    fn package(&mut self, name: &str, json: &mut Document<impl BufRead>) -> Result<(), Error> {
        if json.peek()? != Some(b'{') {
            let NoPackage(what) = json.value()?;
            let why = Error::malformed(format!("expected an object of vulnerabilities, found {what}"));
            self.reject(text::shown(name), why);
            return Ok(());
        }
        let mut next = json.enter()?;
        while let Some(id) = next {
            json.peek()?;
            let tracker = self.tracker;
            let record = json.object(
                |json| record::read_fast(tracker, name, &id, json),
                |json| record::read(tracker, name, &id, json),
            )?;
            self.record(record);
            next = json.next_key()?;
        }
        Ok(())
    }

    fn record(&mut self, (advisory, rejected): record::Read) {
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

/// What a document is that is no object. There is none: reading it only gives the error.
#[derive(Debug)]
struct NoTracker {}

impl<'de> Deserialize<'de> for NoTracker {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Self {})
    }
}

impl Visitor<'_> for NoTracker {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of source packages")
    }
}

/// What stands in the place of a package's object, by its name.
struct NoPackage(&'static str);

impl<'de> Deserialize<'de> for NoPackage {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Self(""))
    }
}

impl<'de> Visitor<'de> for NoPackage {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of vulnerabilities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self("an array"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(Self("a string"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(Self("a boolean"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(Self("a number"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(Self("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(Self("a number"))
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self("null"))
    }
}
