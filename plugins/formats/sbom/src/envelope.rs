//! What a document may be wrapped in, which is taken off: a [bundle of
//! Sigstore](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto), an envelope of
//! [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/envelope.md), a statement of
//! [in-toto](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) whose predicate is the document.
//!
//! Each is in the other at most once, in this order. Signatures are not verified: who signed is for whoever hands the
//! document in to know.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a predicate is that holds a document, up to its version.
const PREDICATES: [&str; 2] = ["https://cyclonedx.org/bom", "https://spdx.dev/Document"];

/// What each wrapping has, and a document has not.
#[derive(Deserialize)]
struct Wrapping<'a> {
    #[serde(borrow, rename = "dsseEnvelope")]
    envelope: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "payloadType")]
    payload_type: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "predicateType")]
    predicate_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

/// What cosign made of documents before it put them into a predicate as they are.
#[derive(Deserialize)]
struct Predicate<'a> {
    #[serde(borrow, rename = "Data")]
    data: Option<&'a RawValue>,
}

/// The text that is wrapped in a text; the text itself where it is no wrapping.
///
/// # Errors
///
/// [`Error::Malformed`] where it is neither JSON nor what an envelope says that it holds; [`Error::Unsupported`] where
/// it holds something else.
pub(crate) fn unwrapped(text: &str) -> Result<Cow<'_, str>, Error> {
    let outer: Wrapping<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    let outer = match outer.envelope {
        Some(envelope) => serde_json::from_str(envelope.get()).map_err(Error::malformed)?,
        None => outer,
    };
    let Wrapping { payload: Some(payload), payload_type, .. } = outer else {
        return Ok(match document(&outer)? {
            Some(document) => document,
            None => Cow::Borrowed(text),
        });
    };
    let kind = payload_type.unwrap_or_default();
    let decoded = BASE64.decode(payload.as_bytes());
    let decoded =
        decoded.map_err(|why| Error::malformed(format_args!("the payload of the envelope: {why}")))?;
    let decoded = String::from_utf8(decoded)
        .map_err(|_| Error::malformed("the payload of the envelope is no text in UTF-8"))?;
    if !decoded.trim_start().starts_with('{') {
        return Ok(Cow::Owned(decoded));
    }
    let inner: Wrapping<'_> = serde_json::from_str(&decoded).map_err(Error::malformed)?;
    match document(&inner)? {
        Some(document) => Ok(Cow::Owned(document.into_owned())),
        None if inner.payload.is_some() || inner.envelope.is_some() => {
            Err(Error::unsupported(format_args!("the envelope of type `{kind:.100}` holds another envelope")))
        }
        None => Ok(Cow::Owned(decoded)),
    }
}

/// The document that is the predicate of a statement; none where it is no statement.
fn document<'a>(statement: &Wrapping<'a>) -> Result<Option<Cow<'a, str>>, Error> {
    let Some(kind) = &statement.predicate_type else { return Ok(None) };
    if !PREDICATES.iter().any(|known| kind.starts_with(known)) {
        let why = format_args!("the statement is of type `{kind:.100}`, and no bill of materials");
        return Err(Error::unsupported(why));
    }
    let Some(predicate) = statement.predicate else {
        return Err(Error::malformed("the statement has no predicate"));
    };
    let wrapped: Option<Predicate<'_>> = serde_json::from_str(predicate.get()).ok();
    let document = wrapped.and_then(|it| it.data).unwrap_or(predicate);
    // Tags and values are a text in JSON.
    match document.get().starts_with('"') {
        true => {
            serde_json::from_str(document.get()).map(|text| Some(Cow::Owned(text))).map_err(Error::malformed)
        }
        false => Ok(Some(Cow::Borrowed(document.get()))),
    }
}

/// Both alphabets are in use; of paddings, none as well.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
