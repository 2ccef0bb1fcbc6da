//! A page of results. A yearly file is one page of a few hundred MB, so it is read as a stream and no
//! more of it is kept than one CVE.

use std::fmt;
use std::io::{BufRead, Read};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Meter, Sink};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::vulnerability::{self, Vulnerability};

/// Bytes from one CVE to the next. The largest, of products with thousands of versions, have some MiB.
const MAX_RECORD: u64 = 16 << 20;

/// What a page says of itself.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// How many results come before it.
    pub(crate) start: u64,
    /// How many results it has.
    pub(crate) results: u64,
    /// How many results there are, over all pages.
    pub(crate) total: u64,
    /// Matches of programs of which nothing is stated.
    pub(crate) left_out: u64,
    /// When it was made.
    pub(crate) time: Option<String>,
    format: Option<String>,
    version: Option<String>,
    has_results: bool,
}

/// Reads a page, and gives what it says to `sink` as it comes.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no page of CVEs, its JSON is broken or ends early (with line and
/// column), or where none of its results could be used; [`Error::Unsupported`] where it is of
/// another version than 2.0. A result that cannot be used is none: it is rejected by its place.
pub(crate) fn read(input: impl Read, sink: &mut dyn Sink) -> Result<Page, Error> {
    let meter = Meter::new(MAX_RECORD);
    let mut input = meter.measure(input);
    recognise(&mut input)?;

    let mut intake = Intake { sink, meter: &meter, page: Page::default(), rejected: 0 };
    let mut json = serde_json::Deserializer::from_reader(input);
    json.deserialize_map(Members(&mut intake)).and_then(|()| json.end()).map_err(Error::malformed)?;

    let Intake { page, rejected, .. } = intake;
    let message = |text: &Option<String>| text.clone().unwrap_or_default();
    match (message(&page.format).as_str(), message(&page.version).as_str()) {
        _ if !page.has_results => Err(Error::malformed("the document has no `vulnerabilities`")),
        ("NVD_CVE", "2.0") if page.results > 0 && rejected == page.results => {
            Err(Error::malformed(format!("none of the page's {rejected} results could be used")))
        }
        ("NVD_CVE", "2.0") => Ok(page),
        ("NVD_CVE", other) => Err(Error::unsupported(format!("version `{other:.20}` of the API"))),
        (other, _) => Err(Error::malformed(format!("the document's format is `{other:.20}`, not `NVD_CVE`"))),
    }
}

/// Names what came instead where that is plain from the first byte: servers and proxies answer
/// with a page in HTML and a status of success often enough.
fn recognise(input: &mut impl BufRead) -> Result<(), Error> {
    let start = input.fill_buf()?;
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None if start.is_empty() => Err(Error::malformed("the document is empty")),
        Some(b'<') => Err(Error::malformed("the document is HTML or XML, not the NVD's JSON")),
        _ => Ok(()),
    }
}

/// Where results go, and what is known of the page.
struct Intake<'a> {
    sink: &'a mut dyn Sink,
    meter: &'a Meter,
    page: Page,
    rejected: u64,
}

impl Intake<'_> {
    fn result(&mut self, json: &RawValue) {
        match vulnerability::read(json) {
            Ok(Vulnerability { enrichment, advisory, left_out, rejected }) => {
                self.page.left_out = self.page.left_out.saturating_add(left_out);
                match (advisory, rejected) {
                    (Some(advisory), _) => self.sink.advisory(advisory),
                    // What was stated of programs before stays.
                    (None, Some(why)) => self.sink.reject(&enrichment.id, why),
                    // A page changes only what it names: what was stated of programs before is gone.
                    (None, None) => self.sink.withdraw(&enrichment.id),
                }
                self.sink.enrichment(enrichment);
            }
            Err(why) => {
                let position = self.page.start.saturating_add(self.page.results);
                self.rejected += 1;
                self.sink.reject(&format!("vulnerabilities[{position}]"), why);
            }
        }
        self.page.results += 1;
        self.meter.reset();
    }
}

/// The document.
struct Members<'a, 'b>(&'a mut Intake<'b>);

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of CVEs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self(intake) = self;
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "startIndex" => intake.page.start = members.next_value()?,
                "totalResults" => intake.page.total = members.next_value()?,
                "timestamp" => intake.page.time = members.next_value()?,
                "format" => intake.page.format = members.next_value()?,
                "version" => intake.page.version = members.next_value()?,
                "vulnerabilities" => members.next_value_seed(Results(&mut *intake))?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// `vulnerabilities`, one at a time.
struct Results<'a, 'b>(&'a mut Intake<'b>);

impl<'de> DeserializeSeed<'de> for Results<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Results<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of vulnerabilities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut results: A) -> Result<(), A::Error> {
        self.0.page.has_results = true;
        while let Some(json) = results.next_element::<Box<RawValue>>()? {
            self.0.result(&json);
        }
        Ok(())
    }
}
