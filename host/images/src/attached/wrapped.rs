//! What documents are wrapped in: statements of [in-toto](https://github.com/in-toto/attestation/tree/main/spec),
//! envelopes of DSSE around them, and bundles of
//! [Sigstore](https://docs.sigstore.dev/about/bundle/) around those.

use std::collections::BTreeMap;

use limpid_model::{Digest, Signer};
use limpid_signature::{Envelope, TrustedKeys};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The type of a statement in an envelope.
const STATEMENT: &str = "application/vnd.in-toto+json";

/// A document without what it was wrapped in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unwrapped {
    pub(super) document: Vec<u8>,
    /// Who vouches that it is about an image: the key by which the statement was verified that names the image.
    pub(super) signer: Option<Signer>,
    /// Why nobody does.
    pub(super) why_unsigned: &'static str,
}

/// Why there is no document in what was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is a statement of another kind, or no attestation at all.
    Other,
    /// It cannot be used, for this reason.
    Wrong(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer {
    dsse_envelope: Option<Envelope>,
    message_signature: Option<IgnoredAny>,
    verification_material: Option<Material>,
    payload_type: Option<IgnoredAny>,
    predicate_type: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    certificate: Option<IgnoredAny>,
    x509_certificate_chain: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    #[serde(default)]
    subject: Vec<Subject>,
    predicate_type: String,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

const UNSIGNED: &str = "nobody has signed it";
const OTHER_KEY: &str = "no key of setting `attached.keys` has signed it";
const KEYLESS: &str = "it is signed with a certificate (keyless), which is not verified: only keys of setting `attached.keys` are";
const NOT_NAMED: &str = "what is signed does not name the image";

/// Takes off what a document is wrapped in. `is_wanted` says which predicates of statements are looked at, `about` is
/// the manifest or index that a statement must name; `has_certificate` says whether a certificate stands beside it.
pub(super) fn unwrap(
    bytes: &[u8],
    about: &Digest,
    keys: &TrustedKeys,
    has_certificate: bool,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Unwrapped, Unusable> {
    let plain = |why_unsigned| Unwrapped { document: bytes.to_vec(), signer: None, why_unsigned };
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Ok(plain(UNSIGNED));
    }
    let outer: Outer = serde_json::from_slice(bytes).map_err(|error| wrong("it", &error))?;
    let (envelope, has_certificate) = match outer {
        Outer { dsse_envelope: Some(envelope), verification_material, .. } => {
            let is_keyless = |material: Material| {
                material.certificate.is_some() || material.x509_certificate_chain.is_some()
            };
            (envelope, verification_material.is_some_and(is_keyless))
        }
        // A signature of the image itself.
        Outer { message_signature: Some(_), .. } => return Err(Unusable::Other),
        Outer { payload_type: Some(_), .. } => {
            let envelope = serde_json::from_slice(bytes).map_err(|error| wrong("its envelope", &error))?;
            (envelope, has_certificate)
        }
        Outer { predicate_type: Some(_), .. } => {
            let document = predicate(bytes, about, is_wanted)?;
            return Ok(Unwrapped { document, signer: None, why_unsigned: UNSIGNED });
        }
        Outer { .. } => return Ok(plain(UNSIGNED)),
    };
    if envelope.payload_type() != STATEMENT {
        let document = envelope.payload().to_vec();
        return Ok(Unwrapped { document, signer: None, why_unsigned: NOT_NAMED });
    }
    // Whose it is is looked at before what it says.
    let signer = envelope
        .verified(keys)
        .map(|key| Signer { key: key.name().to_owned(), fingerprint: key.fingerprint().to_owned() });
    let why_unsigned = match (envelope.is_signed(), has_certificate) {
        (false, _) => UNSIGNED,
        (true, true) => KEYLESS,
        (true, false) => OTHER_KEY,
    };
    let document = predicate(envelope.payload(), about, is_wanted)?;
    Ok(Unwrapped { document, signer, why_unsigned })
}

/// What a statement states, where it is about a manifest.
fn predicate(
    statement: &[u8],
    about: &Digest,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, Unusable> {
    let Statement { subject, predicate_type, predicate } =
        serde_json::from_slice(statement).map_err(|error| wrong("its statement", &error))?;
    if !is_wanted(&predicate_type) {
        return Err(Unusable::Other);
    }
    let names = |subject: &Subject| subject.digest.get("sha256").is_some_and(|hex| *hex == about.hex());
    if !subject.iter().any(names) {
        let why = format!("its statement is not about `{about}`: none of its subjects has that digest");
        return Err(Unusable::Wrong(why));
    }
    let predicate = predicate.map_or("null", RawValue::get);
    // Documents that are no JSON are texts.
    match predicate.starts_with('"') {
        true => serde_json::from_str::<String>(predicate)
            .map(String::into_bytes)
            .map_err(|error| wrong("its predicate", &error)),
        false => Ok(predicate.as_bytes().to_vec()),
    }
}

/// What is wrong with JSON, without quoting what is foreign and of any length.
fn wrong(what: &str, error: &serde_json::Error) -> Unusable {
    let why = error.to_string();
    let why: String = why.chars().filter(|letter| !letter.is_control()).take(200).collect();
    Unusable::Wrong(format!("{what} cannot be read: {why}"))
}

#[cfg(test)]
mod tests;
