//! Long answers: how they are encoded, by which tag a client knows them again, and which are kept.

mod coding;
pub(crate) mod fields;
mod tag;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use limpid_formats::exchange::{self, Subject};
use limpid_formats::{FindingFilter, json};
use limpid_model::Provenance;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;
use serde::ser::Error as _;
use tokio::sync::OwnedSemaphorePermit;

use crate::Settings;

pub(crate) use coding::Coding;
pub(crate) use tag::{Tag, Tags};

/// How a client wants an answer.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) coding: Coding,
    headers: HeaderMap,
}

impl Wanted {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { coding: Coding::of(headers), headers: headers.clone() }
    }

    /// Whether the client has an answer of that tag already
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
    pub(crate) fn has(&self, tag: &Tag) -> bool {
        let values =
            self.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|known| tag.is(known.trim()))
    }
}

impl Wanted {
    /// The form of another tool that the client would rather have than JSON. JUnit's is not among them: a browser asks
    /// for any XML before it asks for anything.
    pub(crate) fn form(&self) -> Option<exchange::Form> {
        let values = self.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<_> = values.flat_map(|value| value.split(',')).map(Range::of).collect();
        let quality = |is: &dyn Fn(&str) -> bool| {
            let matching = ranges.iter().filter(|range| is(range.essence)).map(|range| range.quality);
            matching.fold(0.0, f32::max)
        };
        let json = quality(&|essence| [JSON, "application/*", "*/*"].contains(&essence));
        let forms = exchange::Form::ALL.into_iter().filter(|form| *form != exchange::Form::Junit);
        let known = forms.filter(|form| form.media_type() != JSON).map(|form| {
            let own = Range::of(form.media_type());
            let fits = |range: &&Range<'_>| {
                range.essence.eq_ignore_ascii_case(own.essence)
                    && range.version.is_none_or(|version| own.version == Some(version))
            };
            (form, ranges.iter().filter(fits).map(|range| range.quality).fold(0.0, f32::max))
        });
        let best = known.fold(None, |best: Option<(exchange::Form, f32)>, (form, quality)| match best {
            Some((_, known)) if known >= quality => best,
            _ => Some((form, quality)),
        });
        best.filter(|(_, quality)| *quality > json).map(|(form, _)| form)
    }
}

const JSON: &str = "application/json";

/// On what of a request an answer depends, besides its address.
pub(crate) const VARY: &str = "accept, accept-encoding";

/// A type of content, and how much it is wanted ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1)). Of
/// its parameters, the version counts: forms of one type differ in it.
struct Range<'a> {
    essence: &'a str,
    version: Option<&'a str>,
    quality: f32,
}

impl<'a> Range<'a> {
    fn of(text: &'a str) -> Self {
        let essence = text.split(';').next().unwrap_or_default().trim();
        let parameter = |name: &str| {
            let mut parameters = text.split(';').skip(1).filter_map(|part| part.split_once('='));
            let (_, value) = parameters.find(|(known, _)| known.trim().eq_ignore_ascii_case(name))?;
            Some(value.trim().trim_matches('"'))
        };
        let quality = parameter("q").map_or(Some(1.0), |quality| quality.parse().ok());
        let quality = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0);
        Self { essence, version: parameter("version"), quality }
    }
}

impl<S: Sync> axum::extract::FromRequestParts<S> for Wanted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

/// What is written down as JSON.
pub(crate) trait Written {
    /// Adds it to what is written.
    fn write(self, out: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl<T: Serialize> Written for T {
    fn write(self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, &self)
    }
}

/// A report, which is long enough that all processors write it, and from where the findings come that are
/// asked for.
pub(crate) struct Report(pub(crate) limpid_model::report::Report, pub(crate) Option<Provenance>);

impl Written for Report {
    fn write(self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        json::write_report(self.0, self.1, out)
    }
}

/// A report in the form of another tool.
pub(crate) struct Exchanged {
    pub(crate) form: exchange::Form,
    pub(crate) report: limpid_model::report::Report,
    pub(crate) only: Option<Provenance>,
    /// All packages, where the form shows them.
    pub(crate) inventory: Option<limpid_model::Inventory>,
    /// What each layer did, where the form shows it.
    pub(crate) layers: Option<limpid_model::LayerReport>,
}

impl Written for Exchanged {
    fn write(self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut report = json::Report::of(self.report)?;
        let filter = FindingFilter { origin: self.only, ..FindingFilter::default() };
        let asked = filter.asked().unwrap_or_default();
        let hidden = filter.apply(&mut report).map_or(0, |filtered| filtered.hidden());
        let inventory = self.inventory.map(json::Inventory::from);
        let inventory = inventory.unwrap_or_else(|| json::Inventory::without_packages(&report));
        let layers = self.layers.map(json::ImageLayers::from);
        let layers = layers.as_ref();
        let subject =
            Subject { report: &report, inventory: &inventory, layers, hidden: Some((&asked, hidden)) };
        self.form.write(&[subject], out).map_err(serde_json::Error::custom)
    }
}

/// An answer in JSON as it is sent.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Bytes,
    pub(crate) coding: Coding,
    pub(crate) tag: Option<Tag>,
}

/// Bytes, and the room that they take until the last of them is with its reader.
pub(crate) struct Roomy {
    pub(crate) bytes: Bytes,
    pub(crate) _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Roomy {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let mut response = self.bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::VARY, HeaderValue::from_static(VARY));
        if let Some(name) = self.coding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        if let Some(tag) = &self.tag {
            headers.extend(tagged(tag));
        }
        response
    }
}

/// An answer that the client has already.
pub(crate) fn not_modified(tag: &Tag) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    response.headers_mut().extend(tagged(tag));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static(VARY));
    response
}

/// Whoever keeps it asks each time whether it is still so.
fn tagged(tag: &Tag) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(&tag.to_string()).ok().map(|value| (header::ETAG, value));
    value.into_iter().chain([(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))])
}

/// Answers that were given lately, as they were sent: images are asked for again and again.
#[derive(Debug)]
pub(crate) struct Kept(Cache<(Tag, Coding), Bytes, Weight>);

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<(Tag, Coding), Bytes> for Weight {
    fn weight(&self, _: &(Tag, Coding), bytes: &Bytes) -> u64 {
        bytes.len() as u64 + OVERHEAD
    }
}

/// Bytes of an entry besides those of its answer.
const OVERHEAD: u64 = 128;

/// Answers that are expected to fit, each of so many bytes.
const EXPECTED_BYTES: u64 = 64 << 10;

impl Kept {
    pub(crate) fn new(settings: &Settings) -> Self {
        let expected = usize::try_from(settings.kept_answer_bytes / EXPECTED_BYTES).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(expected.clamp(1, 1 << 20), settings.kept_answer_bytes, Weight))
    }

    /// The answer of a tag, for a client that wants this coding. One that is short is encoded for nobody.
    pub(crate) fn get(&self, tag: Tag, wanted: Coding) -> Option<(Coding, Bytes)> {
        let known = |coding| self.0.get(&(tag, coding)).map(|bytes| (coding, bytes));
        let short = |(_, bytes): &(Coding, Bytes)| wanted.for_length(bytes.len()) == Coding::Identity;
        known(wanted).or_else(|| known(Coding::Identity).filter(short))
    }

    pub(crate) fn put(&self, tag: Tag, coding: Coding, bytes: &Bytes) {
        self.0.insert((tag, coding), bytes.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_accepts_the_form_of_another_tool() {
        let form = |accept: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            Wanted { coding: Coding::Identity, headers }.form().map(exchange::Form::as_str)
        };
        assert_eq!(form("application/sarif+json"), Some("sarif"));
        assert_eq!(form("text/plain, Application/SPDX+json;q=0.9, */*;q=0.8"), Some("spdx"));
        assert_eq!(form("text/csv;q=0.5, application/sarif+json"), Some("sarif"));
        assert_eq!(form("application/json;q=0.5, text/csv"), Some("csv"));
        assert_eq!(form("application/vnd.cyclonedx+json"), Some("cyclonedx"));
        assert_eq!(form("application/vnd.cyclonedx+json;version=1.6"), Some("cyclonedx"));
        assert_eq!(form("application/vnd.cyclonedx+json; Version=\"1.7\""), Some("cyclonedx-1.7"));
        assert_eq!(form("application/vnd.cyclonedx+json; version=1.2"), None);
        assert_eq!(form("application/spdx3+json"), Some("spdx-3.0"));
        assert_eq!(form("text/csv"), Some("csv"));
        assert_eq!(form("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Some("html"));
        let no_csv = "text/csv;q=0, application/json;q=0.1";
        let least = "text/csv;q=0.5, application/json";
        for plain in [
            "application/json",
            "*/*",
            "application/xhtml+xml",
            "",
            "application/json, text/csv",
            no_csv,
            least,
        ] {
            assert_eq!(form(plain), None, "{plain}");
        }
    }

    fn wanted(known: &str) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
        Wanted { coding: Coding::Identity, headers }
    }

    #[test]
    fn a_client_names_the_answers_that_it_has() {
        let tags = Tags::default();
        let (one, other) = (tags.of(&(1, "report", "x")), tags.of(&(2, "report", "x")));
        assert_ne!(one, other);
        assert_eq!(one, tags.of(&(1, "report", "x")));
        for known in
            [one.to_string(), format!("\"other\", {one}"), one.to_string().replace("W/", ""), "*".to_owned()]
        {
            assert!(wanted(&known).has(&one), "{known}");
        }
        for known in [other.to_string(), "\"\"".to_owned(), "W/".to_owned()] {
            assert!(!wanted(&known).has(&one), "{known}");
        }
        // Tags of another process are others.
        assert_ne!(Tags::default().of(&(1, "report", "x")), one);
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        let kept = Kept::new(&Settings { kept_answer_bytes: 1 << 20, ..Settings::default() });
        let (tags, bytes) = (Tags::default(), Bytes::from(vec![0; 10 << 10]));
        let tag = |number: u32| tags.of(&(number, "report", "x"));
        for number in 0..1_000 {
            kept.put(tag(number), Coding::Identity, &bytes);
        }
        let there = (0..1_000).filter(|number| kept.get(tag(*number), Coding::Identity).is_some()).count();
        assert!((1..=103).contains(&there), "{there}");
        assert!((0..1_000).all(|number| kept.get(tag(number), Coding::Gzip).is_none()));
        let none = Kept::new(&Settings { kept_answer_bytes: 0, ..Settings::default() });
        none.put(tag(0), Coding::Identity, &bytes);
        assert!(none.get(tag(0), Coding::Identity).is_none());
    }
}
