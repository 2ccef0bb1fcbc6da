//! What documents are wrapped in: statements of [in-toto](https://github.com/in-toto/attestation/tree/main/spec),
//! envelopes of DSSE around them, and bundles of
//! [Sigstore](https://docs.sigstore.dev/about/bundle/) around those.

use std::borrow::Cow;
use std::collections::BTreeMap;

use limpid_model::{Digest, Signer};
use limpid_signature::{Beside, Envelope, Identity, TrustedIdentities, TrustedKeys, Unverified};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The type of a statement in an envelope.
const STATEMENT: &str = "application/vnd.in-toto+json";

/// A document without what it was wrapped in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unwrapped {
    pub(super) document: Vec<u8>,
    /// Who vouches that it is about an image: whose signature of the statement was verified that names the image.
    pub(super) signer: Option<Signer>,
    /// Why nobody does.
    pub(super) why_unsigned: Cow<'static, str>,
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

/// Whose signatures count.
#[derive(Clone, Debug, Default)]
pub(super) struct Trusted {
    pub(super) keys: TrustedKeys,
    pub(super) identities: TrustedIdentities,
}

impl Trusted {
    /// Whether anybody is trusted.
    pub(super) const fn is_anybody(&self) -> bool {
        !self.keys.is_empty() || !self.identities.is_empty()
    }

    /// Whether somebody who has signed something is trusted still.
    pub(super) fn trusts(&self, signer: &Signer) -> bool {
        match signer {
            Signer::Key { fingerprint, .. } => self.keys.find(fingerprint).is_some(),
            Signer::Identity { subject, issuer } => {
                self.identities.trust(&Identity { subject: subject.clone(), issuer: issuer.clone() })
            }
        }
    }
}

/// A certificate with which an envelope may be signed.
enum Certificate<'a> {
    None,
    /// It is in the bundle around the envelope.
    Bundled,
    /// It stands beside the envelope.
    Beside(Beside<'a>),
}

const UNSIGNED: &str = "nobody has signed it";
const OTHER_KEY: &str = "no key of setting `attached.keys` has signed it";
const KEYLESS: &str =
    "it is signed with a certificate (keyless), and setting `attached.identities` names nobody who may";
const NOT_NAMED: &str = "what is signed does not name the image";

/// Takes off what a document is wrapped in. `is_wanted` says which predicates of statements are looked at, `about` is
/// the manifest or index that a statement must name; `beside` is the certificate that stands beside it.
pub(super) fn unwrap(
    bytes: &[u8],
    about: &Digest,
    trusted: &Trusted,
    beside: Option<Beside<'_>>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Unwrapped, Unusable> {
    let plain = |why_unsigned| Unwrapped {
        document: bytes.to_vec(),
        signer: None,
        why_unsigned: Cow::Borrowed(why_unsigned),
    };
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Ok(plain(UNSIGNED));
    }
    let outer: Outer = serde_json::from_slice(bytes).map_err(|error| wrong("it", &error))?;
    let (envelope, certificate) = match outer {
        // Who verifies it might take the one that this does not.
        Outer { dsse_envelope: Some(_), message_signature: Some(_), .. } => {
            return Err(Unusable::Wrong("it has an envelope and the signature of a message".to_owned()));
        }
        Outer { dsse_envelope: Some(envelope), verification_material, .. } => {
            let is_keyless = |material: Material| {
                material.certificate.is_some() || material.x509_certificate_chain.is_some()
            };
            let is_keyless = verification_material.is_some_and(is_keyless);
            (envelope, if is_keyless { Certificate::Bundled } else { Certificate::None })
        }
        // A signature of the image itself.
        Outer { message_signature: Some(_), .. } => return Err(Unusable::Other),
        Outer { payload_type: Some(_), .. } => {
            let envelope = serde_json::from_slice(bytes).map_err(|error| wrong("its envelope", &error))?;
            (envelope, beside.map_or(Certificate::None, Certificate::Beside))
        }
        Outer { predicate_type: Some(_), .. } => {
            let document = predicate(bytes, about, is_wanted)?;
            return Ok(Unwrapped { document, signer: None, why_unsigned: Cow::Borrowed(UNSIGNED) });
        }
        Outer { .. } => return Ok(plain(UNSIGNED)),
    };
    if envelope.payload_type() != STATEMENT {
        let document = envelope.payload().to_vec();
        return Ok(Unwrapped { document, signer: None, why_unsigned: Cow::Borrowed(NOT_NAMED) });
    }
    // What it is about and whether it is wanted costs less to see than whose it is, and believes nothing.
    let document = predicate(envelope.payload(), about, is_wanted)?;
    let (signer, why_unsigned) = match signer(&envelope, bytes, about, trusted, &certificate) {
        Ok(signer) => (Some(signer), Cow::Borrowed("")),
        Err(why) => (None, why),
    };
    Ok(Unwrapped { document, signer, why_unsigned })
}

/// Who of those that are trusted has signed an envelope, or why nobody has.
fn signer(
    envelope: &Envelope,
    bytes: &[u8],
    about: &Digest,
    trusted: &Trusted,
    certificate: &Certificate<'_>,
) -> Result<Signer, Cow<'static, str>> {
    if let Some(key) = envelope.verified(&trusted.keys) {
        let (file, fingerprint) = (key.name().to_owned(), key.fingerprint().to_owned());
        return Ok(Signer::Key { file, fingerprint });
    }
    if !envelope.is_signed() {
        return Err(Cow::Borrowed(UNSIGNED));
    }
    let verified = match certificate {
        Certificate::None => return Err(Cow::Borrowed(OTHER_KEY)),
        Certificate::Bundled => trusted.identities.verify_bundle(bytes, *about.as_bytes()),
        Certificate::Beside(beside) => trusted.identities.verify_envelope(bytes, *beside, *about.as_bytes()),
    };
    verified.map(|Identity { subject, issuer }| Signer::Identity { subject, issuer }).map_err(|why| match why
    {
        Unverified::Nobody => Cow::Borrowed(KEYLESS),
        Unverified::Other(_) => format!("{why}, whom setting `attached.identities` does not name").into(),
        Unverified::Wrong(_) => format!("its keyless signature is not believed: {why}").into(),
    })
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
