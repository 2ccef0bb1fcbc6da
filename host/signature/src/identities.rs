//! Who signs without a key of their own (*keyless*): to whom an authority of [Sigstore](https://docs.sigstore.dev) has
//! issued a certificate for some minutes, in which a log has seen the signature.
//!
//! What an instance of Sigstore has is required: a log of what is signed, a log of certificates. Instances without one
//! of them say so in their trusted root, as that of GitHub for private repositories does.

mod crypto;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_json::{Value, json};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, Verifier};

use crate::BASE64;

/// Longest glob of a subject, and longest issuer, in bytes.
const PATTERN_BYTES: usize = 1_024;

/// Most identities.
const IDENTITIES: usize = 256;

/// Longest subject and issuer that are told of, in characters.
const TOLD: usize = 300;

/// Why identities cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentitiesError {
    /// An identity names nobody, or everybody.
    #[error("an identity needs an `issuer` and a `subject`, of at most {PATTERN_BYTES} bytes each")]
    Incomplete,
    /// What subjects are to be is no glob.
    #[error("`{subject}` is no glob: {why}")]
    Glob {
        /// What was written.
        subject: String,
        /// What is wrong with it.
        why: String,
    },
    /// There are too many.
    #[error("there are more than {IDENTITIES} identities")]
    Many,
    /// The trusted root cannot be used.
    #[error("the trusted root cannot be used: {0}")]
    Root(String),
}

/// Those whose keyless signatures count.
#[derive(Clone, Default)]
pub struct TrustedIdentities(Option<Arc<Trusted>>);

struct Trusted {
    identities: Vec<TrustedIdentity>,
    verifier: Verifier,
    policy: VerificationPolicy,
}

struct TrustedIdentity {
    issuer: String,
    subject: GlobMatcher,
}

/// To whom a certificate was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The address of a workflow, or that of a mailbox.
    pub subject: String,
    /// Who vouches for the subject: the address of an OIDC issuer.
    pub issuer: String,
}

/// Why a keyless signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Nobody is trusted.
    #[error("nobody is trusted who signs with a certificate")]
    Nobody,
    /// The signature is good, and that of somebody else.
    #[error("`{}`, for whom `{}` vouches, has signed it", told(&.0.subject), told(&.0.issuer))]
    Other(Identity),
    /// It does not hold.
    #[error("{0}")]
    Wrong(String),
}

/// What stands beside an envelope that is not in a bundle, as Cosign 2 attaches it: annotations of its layer.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// `dev.sigstore.cosign/certificate`, in PEM.
    pub certificate: &'a str,
    /// `dev.sigstore.cosign/chain`, in PEM.
    pub chain: Option<&'a str>,
    /// `dev.sigstore.cosign/bundle`: what the log has promised.
    pub log: Option<&'a str>,
}

impl TrustedIdentities {
    /// Identities as pairs of an issuer and a glob of subjects (`*` does not go over a slash, `**` does), and the trusted
    /// root of the instance of Sigstore (`trusted_root.json`); without one, that of the public instance, as it was when
    /// this program was built.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn new<'a>(
        identities: impl IntoIterator<Item = (&'a str, &'a str)>,
        root: Option<&str>,
    ) -> Result<Self, IdentitiesError> {
        let identities: Vec<_> = identities
            .into_iter()
            .take(IDENTITIES + 1)
            .map(|(issuer, subject)| TrustedIdentity::new(issuer, subject))
            .collect::<Result<_, _>>()?;
        if identities.len() > IDENTITIES {
            return Err(IdentitiesError::Many);
        }
        // Where nobody is named, a root that cannot be used is told of all the same.
        if identities.is_empty() && root.is_none() {
            return Ok(Self::default());
        }
        crypto::install();
        let wrong = |error: &dyn fmt::Display| IdentitiesError::Root(shown(&error.to_string()));
        let root = TrustedRoot::from_json(root.unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT))
            .map_err(|error| wrong(&error))?;
        let verifier = Verifier::new(&root).map_err(|error| wrong(&error))?;
        if root.certificate_authorities.is_empty() {
            return Err(IdentitiesError::Root("it names no certificate authority".to_owned()));
        }
        if root.tlogs.is_empty() && root.timestamp_authorities.is_empty() {
            let why = "it names neither a log nor an authority for timestamps, so that nothing says when was signed";
            return Err(IdentitiesError::Root(why.to_owned()));
        }
        let mut policy = VerificationPolicy::any_identity();
        if root.ctlogs.is_empty() {
            policy = policy.skip_sct();
        }
        if root.tlogs.is_empty() {
            policy = policy.skip_tlog_unsafe();
        }
        let trusted = Trusted { identities, verifier, policy };
        Ok(Self((!trusted.identities.is_empty()).then(|| Arc::new(trusted))))
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether somebody is among them.
    pub fn trust(&self, identity: &Identity) -> bool {
        self.0.as_ref().is_some_and(|trusted| trusted.names(identity))
    }

    /// Who has signed a bundle of an envelope whose statement is about something of that digest (SHA-256).
    ///
    /// # Errors
    /// It does not hold, or nobody whom the settings name has signed it.
    pub fn verify_bundle(&self, bundle: &[u8], about: [u8; 32]) -> Result<Identity, Unverified> {
        let Some(trusted) = &self.0 else { return Err(Unverified::Nobody) };
        let text = str::from_utf8(bundle).map_err(|error| Unverified::Wrong(error.to_string()))?;
        trusted.verify(text, about)
    }

    /// Who has signed an envelope whose certificate stands beside it.
    ///
    /// # Errors
    /// As [`Self::verify_bundle`].
    pub fn verify_envelope(
        &self,
        envelope: &[u8],
        beside: Beside<'_>,
        about: [u8; 32],
    ) -> Result<Identity, Unverified> {
        let Some(trusted) = &self.0 else { return Err(Unverified::Nobody) };
        trusted.verify(&bundle_of(envelope, beside)?.to_string(), about)
    }
}

impl Trusted {
    fn names(&self, identity: &Identity) -> bool {
        let Identity { subject, issuer } = identity;
        self.identities.iter().any(|it| it.issuer == *issuer && it.subject.is_match(subject))
    }

    fn verify(&self, bundle: &str, about: [u8; 32]) -> Result<Identity, Unverified> {
        let wrong = |error: &dyn fmt::Display| Unverified::Wrong(shown(&error.to_string()));
        let bundle = Bundle::from_json(bundle).map_err(|error| wrong(&error))?;
        let verified = self.verifier.verify(Sha256Hash::new(about), &bundle, &self.policy);
        let verified = verified.map_err(|error| wrong(&error))?;
        let named =
            verified.identity().map(|it| it.as_str().to_owned()).zip(verified.issuer().map(str::to_owned));
        // What is not verified names nobody.
        let Some((subject, issuer)) = named.filter(|_| verified.certificate_verified()) else {
            return Err(Unverified::Wrong("its certificate does not say to whom it was issued".to_owned()));
        };
        let identity = Identity { subject, issuer };
        if self.names(&identity) { Ok(identity) } else { Err(Unverified::Other(identity)) }
    }
}

impl TrustedIdentity {
    fn new(issuer: &str, subject: &str) -> Result<Self, IdentitiesError> {
        let is_usable = |text: &str| !text.is_empty() && text.len() <= PATTERN_BYTES;
        if !is_usable(issuer) || !is_usable(subject) {
            return Err(IdentitiesError::Incomplete);
        }
        let glob = GlobBuilder::new(subject).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(|error| IdentitiesError::Glob {
            subject: subject.to_owned(),
            why: error.kind().to_string(),
        })?;
        Ok(Self { issuer: issuer.to_owned(), subject: glob.compile_matcher() })
    }
}

/// What the log has promised, as Cosign notes it.
#[derive(Deserialize)]
struct Noted {
    #[serde(rename = "SignedEntryTimestamp")]
    promise: String,
    #[serde(rename = "Payload")]
    payload: NotedEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotedEntry {
    body: String,
    integrated_time: i64,
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// The kind of an entry of the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    kind: String,
    api_version: String,
}

/// A bundle of what stands apart. Version 0.1 of bundles is the last to do with the log's promise alone.
fn bundle_of(envelope: &[u8], beside: Beside<'_>) -> Result<Value, Unverified> {
    let wrong = |what: &str| Unverified::Wrong(what.to_owned());
    let envelope: Value = serde_json::from_slice(envelope).map_err(|_| wrong("its envelope is no JSON"))?;
    let mut certificates = certificates(beside.certificate);
    certificates.extend(beside.chain.map(self::certificates).unwrap_or_default());
    let certificates: Vec<_> = certificates.iter().map(|it| json!({"rawBytes": it})).collect();
    let log = beside.log.ok_or_else(|| wrong("no entry of a log stands beside its certificate"))?;
    let Noted { promise, payload } =
        serde_json::from_str(log).map_err(|_| wrong("what stands beside it of a log cannot be read"))?;
    let body = BASE64.decode(&payload.body).map_err(|_| wrong("what its log has of it is not in base64"))?;
    let Kind { kind, api_version } =
        serde_json::from_slice(&body).map_err(|_| wrong("what its log has of it is of no kind"))?;
    let log_id =
        hex::decode(&payload.log_id).map_err(|_| wrong("the identifier of its log is not in hex"))?;
    Ok(json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": {
            "x509CertificateChain": {"certificates": certificates},
            "tlogEntries": [{
                "logIndex": payload.log_index.to_string(),
                "logId": {"keyId": BASE64.encode(log_id)},
                "kindVersion": {"kind": kind, "version": api_version},
                "integratedTime": payload.integrated_time.to_string(),
                "inclusionPromise": {"signedEntryTimestamp": promise},
                "canonicalizedBody": payload.body,
            }],
        },
        "dsseEnvelope": envelope,
    }))
}

/// The certificates of a text in PEM, in base64.
fn certificates(pem: &str) -> Vec<String> {
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let begun = pem.split(begin).skip(1).filter_map(|begun| begun.split_once(end));
    begun.map(|(text, _)| text.split_ascii_whitespace().collect()).collect()
}

/// Foreign text as it may be told of.
fn told(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(TOLD).collect()
}

fn shown(why: &str) -> String {
    told(why)
}

impl fmt::Debug for TrustedIdentities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identities = self.0.iter().flat_map(|trusted| &trusted.identities);
        f.debug_list().entries(identities.map(|it| (&it.issuer, it.subject.glob().glob()))).finish()
    }
}

#[cfg(test)]
mod tests;
