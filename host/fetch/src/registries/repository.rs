use std::fmt;
use std::io::Read;
use std::sync::Arc;

use limpid_bytes::Stop;
use limpid_model::Digest;
use ureq::http::HeaderName;
use ureq::http::header::CONTENT_TYPE;

use super::endpoint::{Endpoint, expect};
use super::{Blob, Listing, Registries, listing};
use crate::address::Address;
use crate::error::quoted;
use crate::transport::{Answer, Bound, Kind, Request};
use crate::{Error, Reference, Version};

/// Manifests and indexes that are asked for. Manifests of schema 1 are not: registries that can give another
/// form do.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

/// How the media types of manifests of schema 1 begin.
const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+";

/// The digest of what is at an address, as registries state it.
const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Longest media type that is looked at, in bytes.
const MEDIA_TYPE_BYTES: usize = 255;

/// One repository of a registry, and who asks for it. Cheap to clone; all clones share their tokens.
#[derive(Clone)]
pub struct Repository {
    registries: Registries,
    reference: Reference,
    /// Mirrors, then the registry itself.
    pub(super) endpoints: Arc<Vec<Arc<Endpoint>>>,
}

/// A manifest or an index, whose digest is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The document.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
    /// What the registry says that it is; empty where it says nothing.
    pub media_type: String,
}

impl Repository {
    pub(super) fn new(registries: Registries, reference: Reference, endpoints: Vec<Arc<Endpoint>>) -> Self {
        Self { registries, reference, endpoints: Arc::new(endpoints) }
    }

    /// The reference with which it was made.
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The digest to which a version leads now; none where there is nothing. Only the head of the answer is
    /// asked for; where that has no digest, the manifest, unless it is still the `known` one.
    ///
    /// # Errors
    /// Nobody who has the repository says.
    pub fn head(
        &self,
        version: &Version,
        known: Option<&Digest>,
        stop: &Stop,
    ) -> Result<Option<Digest>, Error> {
        let found = self.first(stop, |endpoint| self.head_at(endpoint, version, known, stop));
        match found {
            Err(error) if error.is_absent() => Ok(None),
            found => found.map(Some),
        }
    }

    /// A manifest, verified.
    ///
    /// # Errors
    /// Nobody who has the repository gives it ([`Error::is_absent`] where it is not there), or it is not what
    /// its digest says.
    pub fn manifest(&self, version: &Version, stop: &Stop) -> Result<Manifest, Error> {
        self.first(stop, |endpoint| {
            let answer = self.ask_manifest(endpoint, Kind::Get, version, None, stop)?;
            self.read_manifest(expect(answer)?, version, stop)
        })
    }

    /// A blob that is read whole, such as a configuration, verified.
    ///
    /// # Errors
    /// Nobody who has the repository gives it, or it is not what its digest and size say.
    pub fn document(&self, digest: &Digest, size: u64, stop: &Stop) -> Result<Vec<u8>, Error> {
        self.whole(digest, size, self.registries.document_bound(), stop)
    }

    pub(crate) fn whole(
        &self,
        digest: &Digest,
        size: u64,
        bound: Bound,
        stop: &Stop,
    ) -> Result<Vec<u8>, Error> {
        self.first(stop, |endpoint| {
            let address = blob_at(endpoint, digest)?;
            let what = address.to_string();
            if size > bound.bytes {
                let (limit, setting) = (bound.bytes, bound.setting);
                return Err(Error::TooLarge { what, size: Some(size), limit, setting });
            }
            let mut blob = Blob::open(vec![(Arc::clone(endpoint), address)], Vec::new(), Some(size), stop)?;
            let mut bytes = Vec::new();
            blob.read_to_end(&mut bytes).map_err(|error| Error::of_io(&what, error))?;
            verify(what, &bytes, *digest)?;
            Ok(bytes)
        })
    }

    /// A blob as it comes. Where it is interrupted, it is gone on with, by range; where one host fails, with the
    /// next. It is of just this size, and not verified: whoever reads it holds it against its digest.
    ///
    /// # Errors
    /// Nobody who has the repository gives it, or it is over the limit of layers. Later errors are those of
    /// reading.
    pub fn blob(&self, digest: &Digest, size: u64, stop: &Stop) -> Result<Blob, Error> {
        let sources =
            self.endpoints.iter().map(|endpoint| Ok((Arc::clone(endpoint), blob_at(endpoint, digest)?)));
        Blob::open(sources.collect::<Result<_, Error>>()?, Vec::new(), Some(size), stop)
    }

    /// All tags, as far as the registry shows them. Mirrors, which know only what they were asked for, are not
    /// asked.
    ///
    /// # Errors
    /// It shows none to whoever asks, or more than is allowed.
    pub fn tags(&self, stop: &Stop) -> Result<Listing, Error> {
        let registry = self.endpoints.last().ok_or(Error::Stopped)?;
        listing::tags(registry, stop)
    }

    /// Asks mirrors and registry until one has it. What is stated of the registry itself counts.
    fn first<T>(&self, stop: &Stop, ask: impl Fn(&Arc<Endpoint>) -> Result<T, Error>) -> Result<T, Error> {
        let mut failure = Error::Stopped;
        for endpoint in self.endpoints.iter() {
            match endpoint.persist(stop, || ask(endpoint)) {
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => failure = error,
                found => return found,
            }
        }
        Err(failure)
    }

    fn head_at(
        &self,
        endpoint: &Endpoint,
        version: &Version,
        known: Option<&Digest>,
        stop: &Stop,
    ) -> Result<Digest, Error> {
        let answer = self.ask_manifest(endpoint, Kind::Head, version, None, stop)?;
        let stated = digest_of(&answer).filter(|_| answer.status == 200);
        if let Some(stated) = stated {
            return match version {
                Version::Digest(expected) if *expected != stated => {
                    let address = answer.address.to_string();
                    Err(Error::WrongDigest { address, expected: *expected, found: stated })
                }
                _ => Ok(stated),
            };
        }
        // Some do not know the method.
        if !matches!(answer.status, 200 | 405 | 501) {
            return Err(expect(answer).err().unwrap_or(Error::Stopped));
        }
        let validator = known.map(|digest| format!("\"{digest}\""));
        let answer = self.ask_manifest(endpoint, Kind::Get, version, validator.as_deref(), stop)?;
        match known.filter(|_| answer.status == 304) {
            Some(known) => Ok(*known),
            None => Ok(self.read_manifest(expect(answer)?, version, stop)?.digest),
        }
    }

    fn ask_manifest(
        &self,
        endpoint: &Endpoint,
        kind: Kind,
        version: &Version,
        none_match: Option<&str>,
        stop: &Stop,
    ) -> Result<Answer, Error> {
        let address = endpoint.base.join(&format!("manifests/{version}"))?;
        let request = Request { kind, accept: ACCEPT, none_match, ..Request::default() };
        endpoint.ask(&address, request, stop)
    }

    fn read_manifest(&self, answer: Answer, version: &Version, stop: &Stop) -> Result<Manifest, Error> {
        let address = answer.address.to_string();
        let stated = digest_of(&answer);
        let media_type = answer.header(&CONTENT_TYPE).and_then(|text| text.split(';').next());
        let media_type = media_type.unwrap_or_default().trim();
        let media_type = quoted(media_type.get(..MEDIA_TYPE_BYTES).unwrap_or(media_type));
        // Its digest is of a part of it only.
        if media_type.starts_with(SCHEMA_1) {
            return Err(Error::Schema1(address));
        }
        let bytes = answer.read(self.registries.document_bound(), stop)?;
        let digest = Digest::of(&bytes);
        let asked = match version {
            Version::Digest(digest) => Some(*digest),
            Version::Tag { .. } => None,
        };
        for expected in asked.into_iter().chain(stated) {
            if expected != digest {
                return Err(Error::WrongDigest { address, expected, found: digest });
            }
        }
        Ok(Manifest { bytes, digest, media_type })
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Repository").field(&self.reference.to_string()).finish()
    }
}

fn blob_at(endpoint: &Endpoint, digest: &Digest) -> Result<Address, Error> {
    endpoint.base.join(&format!("blobs/{digest}"))
}

/// The digest that an answer states; none where it is of another algorithm, or none.
fn digest_of(answer: &Answer) -> Option<Digest> {
    answer.header(&DIGEST)?.trim().parse().ok()
}

fn verify(address: String, bytes: &[u8], expected: Digest) -> Result<(), Error> {
    let found = Digest::of(bytes);
    if found == expected { Ok(()) } else { Err(Error::WrongDigest { address, expected, found }) }
}
