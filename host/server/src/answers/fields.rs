//! The fields of an answer that a client asks for, by `?fields=images.digest,next`: the others are neither sent nor,
//! where they are long, read. It is so of every answer in JSON, because it is done to the answer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::{fmt, io};

use axum::extract::{MatchedPath, Query, Request};
use axum::http::uri::InvalidUri;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Coding;
use crate::error::Failure;
use crate::openapi;

/// The parameter.
pub(crate) const PARAMETER: &str = "fields";

/// The most paths that a request may name.
const PATHS: usize = 64;

/// The most names in a path.
const DEPTH: usize = 16;

/// What is left of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Mask {
    /// By the names of fields. What has none below it is left as it is.
    fields: BTreeMap<String, Mask>,
}

impl Mask {
    /// What a client asks for of the answers of an operation: paths of names, with commas between them. The items of a
    /// list have the path of the list.
    ///
    /// # Errors
    /// It asks for what these answers never have, or for too much.
    fn read(text: &str, pattern: &str) -> Result<Self, String> {
        let mut mask = Self::default();
        let paths: Vec<_> = text.split(',').map(str::trim).collect();
        if paths.len() > PATHS {
            return Err(format!("`{PARAMETER}` names more than {PATHS} fields"));
        }
        for path in paths {
            let names: Vec<_> = path.split('.').collect();
            if names.len() > DEPTH {
                return Err(format!("`{PARAMETER}` names a field deeper than {DEPTH}"));
            }
            if !openapi::answers_have(pattern, &names) {
                return Err(format!(
                    "`{PARAMETER}` names `{path}`, which answers of `{pattern}` do not have"
                ));
            }
            mask.add(&names);
        }
        Ok(mask)
    }

    fn add(&mut self, names: &[&str]) {
        let Some((name, rest)) = names.split_first() else { return self.fields.clear() };
        // A field with nothing below it is there as a whole already.
        match self.fields.get_mut(*name) {
            Some(below) if below.fields.is_empty() => {}
            Some(below) => below.add(rest),
            None => {
                let mut below = Self::default();
                below.add(rest);
                self.fields.insert((*name).to_owned(), below);
            }
        }
    }

    /// What is left of a JSON text.
    fn apply(&self, json: &[u8]) -> serde_json::Result<Vec<u8>> {
        let mut left = Vec::new();
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        Masked { mask: self, out: &mut left }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(left)
    }
}

/// A value of which a mask leaves something, on its way from one text to another.
struct Masked<'m, 'o> {
    mask: &'m Mask,
    out: &'o mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Masked<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.mask.fields.is_empty() {
            let whole: &RawValue = Deserialize::deserialize(deserializer)?;
            self.out.extend_from_slice(whole.get().as_bytes());
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Masked<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.out.push(b'{');
        let mut is_first = true;
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            let Some(mask) = self.mask.fields.get(name.as_ref()) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if !std::mem::take(&mut is_first) {
                self.out.push(b',');
            }
            serde_json::to_writer(&mut *self.out, &name).map_err(serde::de::Error::custom)?;
            self.out.push(b':');
            map.next_value_seed(Masked { mask, out: &mut *self.out })?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.out.push(b'[');
        let start = self.out.len();
        loop {
            let before = self.out.len();
            if before > start {
                self.out.push(b',');
            }
            let item = Masked { mask: self.mask, out: &mut *self.out };
            if items.next_element_seed(item)?.is_none() {
                self.out.truncate(before);
                break;
            }
        }
        self.out.push(b']');
        Ok(())
    }

    /// An object that is not there.
    fn visit_unit<E>(self) -> Result<(), E> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
}

/// An answer of which something is left, and the answer itself: the room that it takes is counted until the last of
/// what is left is with its reader.
struct Left {
    bytes: Vec<u8>,
    _of: Bytes,
}

impl AsRef<[u8]> for Left {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where pages hand on what the API answers.
const DATA: &str = "/data/";

/// Leaves of an answer what a client asks for, where it asks for something.
pub(crate) async fn choose(request: Request, next: Next) -> Response {
    match chosen(request, next).await {
        Ok(answer) => answer,
        Err(failure) => failure.into_response(),
    }
}

async fn chosen(mut request: Request, next: Next) -> Result<Response, Failure> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(next.run(request).await);
    }
    let asked = Query::<Asked>::try_from_uri(request.uri());
    let Query(Asked { fields }) = asked.map_err(|error| Failure::bad_request(error.body_text()))?;
    let Some(fields) = fields else { return Ok(next.run(request).await) };
    let pattern = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if pattern.starts_with(DATA) {
        // Whom that asks chooses.
        return Ok(next.run(request).await);
    }
    let mask = Mask::read(&fields, pattern).map_err(Failure::bad_request)?;
    *request.uri_mut() = without(request.uri()).map_err(Failure::bad_request)?;
    let coding = Coding::of(request.headers());
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    let (mut parts, body) = next.run(request).await.into_parts();
    if parts.status != StatusCode::OK {
        return Ok(Response::from_parts(parts, body));
    }
    let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    if !parts.headers.get(header::CONTENT_TYPE).is_some_and(is_json) {
        return Err(Failure::bad_request(format!("`{PARAMETER}` is of answers in JSON, and this is none")));
    }
    // Answers in JSON are in memory as a whole: this moves none.
    let whole = axum::body::to_bytes(body, usize::MAX).await;
    let whole = whole.map_err(|error| Failure::internal(error.to_string()))?;
    let work = tokio::task::spawn_blocking(move || {
        let left = mask.apply(&whole)?;
        let coding = coding.for_length(left.len());
        let bytes = coding.encode(left)?;
        Ok::<_, io::Error>((coding, Bytes::from_owner(Left { bytes, _of: whole })))
    });
    let left = work.await.map_err(io::Error::other).flatten();
    let (coding, left) = left.map_err(|error| Failure::internal(error.to_string()))?;
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(name) = coding.name() {
        parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    Ok(Response::from_parts(parts, left.into()))
}

/// What of a query is meant here.
#[derive(Deserialize)]
struct Asked {
    fields: Option<String>,
}

/// An address without the parameter: who answers knows nothing of it.
fn without(uri: &Uri) -> Result<Uri, String> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let rest: Vec<_> = pairs.filter(|pair| pair.split('=').next() != Some(PARAMETER)).collect();
    let rest =
        if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), rest.join("&")) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse().map_err(|error: InvalidUri| error.to_string())?);
    Uri::from_parts(parts).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(fields: &str, json: &str) -> String {
        let mask = Mask::read(fields, "/v1/images/{name}/report").unwrap();
        String::from_utf8(mask.apply(json.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_asked_for_is_left_out() {
        let report = r#"{"image": {"digest": "sha256:1", "names": []}, "revision": 1e2,
            "findings": [{"package": {"name": "a", "version": "1"}, "advisories": [ 1,2 ]}, {"package": null}]}"#;
        assert_eq!(left("image.digest", report), r#"{"image":{"digest":"sha256:1"}}"#);
        let names = r#"{"findings":[{"package":{"name":"a"}},{"package":null}]}"#;
        assert_eq!(left("findings.package.name", report), names);
        // A whole is left as it was written, also where a part of it is asked for beside it.
        let whole = r#"{"image":{"digest": "sha256:1", "names": []}}"#;
        assert_eq!(left("image", report), whole);
        assert_eq!(left("image.digest,image", report), whole);
        assert_eq!(left("image, image.digest", report), whole);
        assert_eq!(left("image", "{}"), "{}");
        assert_eq!(left("findings.package", r#"{"findings":[]}"#), r#"{"findings":[]}"#);
    }

    #[test]
    fn fields_that_no_answer_has_are_an_error() {
        let check = |fields: &str, expected: &str| {
            let error = Mask::read(fields, "/v1/images/{name}/report").unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(
            "findings.pakage",
            "`findings.pakage`, which answers of `/v1/images/{name}/report` do not have",
        );
        check("", "names ``");
        check("image,", "names ``");
        check("image.digest.x", "`image.digest.x`");
        check(&vec!["image"; PATHS + 1].join(","), "more than 64 fields");
        check(&vec!["image"; DEPTH + 1].join("."), "deeper than 16");
        assert!(Mask::read("name", "/v1/bundle").is_err());
    }

    #[test]
    fn an_address_keeps_what_else_it_says() {
        let check = |uri: &str, expected: &str| {
            assert_eq!(without(&uri.parse().unwrap()).unwrap().to_string(), expected);
        };
        check("/v1/images?fields=images.digest", "/v1/images");
        check("/v1/images?limit=2&fields=x&after=a%26b", "/v1/images?limit=2&after=a%26b");
        check("/v1/images?fieldsets=x", "/v1/images?fieldsets=x");
    }
}
