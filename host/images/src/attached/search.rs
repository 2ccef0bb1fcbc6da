//! Where attached documents are looked for.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use limpid_bytes::Stop;
use limpid_fetch::{Error as FetchError, Referrer, Repository, Version};
use limpid_model::{Attachment, AttachmentKind, Digest, Signer, chain};
use limpid_signature::Beside;
use serde::Deserialize;

use super::contents::{forms, is_wrapping, may_be_read};
use super::wrapped::{Unusable, Unwrapped, unwrap};
use super::{Attaching, Belief, FoundAttachment};
use crate::error::cut;

/// Annotations that say of what kind the statement of a layer or manifest is: those of Sigstore's bundles, of Cosign's
/// tags, and of BuildKit.
const PREDICATE_TYPES: [&str; 3] =
    ["dev.sigstore.bundle.predicateType", "predicateType", "in-toto.io/predicate-type"];

/// The setting that bounds how many manifests refer to one.
pub(crate) const REFERRERS: &str = "attached.referrers";

/// Annotations of a layer with what belongs to the signature of its envelope, as Cosign 2 leaves them: a certificate,
/// those above it, and what a log has promised.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG: &str = "dev.sigstore.cosign/bundle";

/// A manifest of statements that lies in an index beside the image that they are about, as
/// [BuildKit](https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md) leaves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BesideImage {
    /// The image's manifest.
    pub(crate) about: Digest,
    /// The manifest of statements.
    pub(crate) manifest: Digest,
}

/// Where artifacts lie that are about images: in a repository, or beside them in a layout.
pub(crate) trait Artifacts {
    /// All manifests that refer to one, at most so many, which is what setting `attached.referrers` says.
    ///
    /// # Errors
    /// They are not told, or are more than is allowed.
    fn referrers(&self, about: &Digest, most: u64, stop: &Stop) -> Result<Vec<Referrer>, NotRead>;

    /// Reads a manifest. What has a digest is held against it.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn manifest(&self, version: &Version, stop: &Stop) -> Result<Vec<u8>, NotRead>;

    /// Reads a document of a size, held against its digest, and of no more bytes than a setting says.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn document(
        &self,
        digest: &Digest,
        size: u64,
        bound: (u64, &'static str),
        stop: &Stop,
    ) -> Result<Vec<u8>, NotRead>;
}

/// Why something is not read.
pub(crate) enum NotRead {
    /// Nobody waits for it any more.
    Stopped,
    /// It is not there.
    Absent(String),
    /// Anything else.
    Failed(String),
}

impl From<FetchError> for NotRead {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Stopped => Self::Stopped,
            error if error.is_absent() => Self::Absent(chain(&error)),
            error => Self::Failed(chain(&error)),
        }
    }
}

impl Artifacts for Repository {
    fn referrers(&self, about: &Digest, most: u64, stop: &Stop) -> Result<Vec<Referrer>, NotRead> {
        Ok(Self::referrers(self, about, most, REFERRERS, stop)?)
    }

    fn manifest(&self, version: &Version, stop: &Stop) -> Result<Vec<u8>, NotRead> {
        Ok(Self::manifest(self, version, stop)?.bytes)
    }

    fn document(
        &self,
        digest: &Digest,
        size: u64,
        bound: (u64, &'static str),
        stop: &Stop,
    ) -> Result<Vec<u8>, NotRead> {
        Ok(self.attachment(digest, size, bound, stop)?)
    }
}

/// A search for all that is attached to a manifest or index, or to several of one image. Its bounds are those of all
/// together.
pub(crate) struct Search<'a> {
    artifacts: &'a dyn Artifacts,
    attaching: &'a Attaching,
    /// The one that is meant now.
    about: Digest,
    stop: &'a Stop,
    begun: Instant,
    /// Manifests that were looked at, documents, and the bytes of these.
    manifests: u64,
    documents: u64,
    bytes: u64,
    /// Documents that were seen, each of which counts once wherever it is.
    seen: HashSet<Digest>,
    found: Vec<FoundAttachment>,
}

/// Why a search ends before its end.
enum End {
    /// A limit, which is told.
    Limit(String),
    /// Nobody waits for it any more.
    Stopped,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    artifact_type: Option<String>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    subject: Option<Named>,
    layers: Option<Vec<Layer>>,
}

#[derive(Deserialize)]
struct Named {
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: Option<String>,
    digest: String,
    size: u64,
    annotations: Option<BTreeMap<String, String>>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(artifacts: &'a dyn Artifacts, attaching: &'a Attaching, stop: &'a Stop) -> Self {
        let about = Digest::of(&[]);
        let (manifests, documents, bytes) = (0, 0, 0);
        let (seen, found, begun) = (HashSet::new(), Vec::new(), Instant::now());
        Self { artifacts, attaching, about, stop, begun, manifests, documents, bytes, seen, found }
    }

    /// All documents that are attached. What could not be read is among them, with the reason.
    ///
    /// # Errors
    /// Nobody waits for it any more.
    pub(crate) fn run(
        mut self,
        subjects: &[Digest],
        beside: &[BesideImage],
    ) -> Result<Vec<FoundAttachment>, FetchError> {
        for subject in subjects {
            self.about = *subject;
            match self.search(beside) {
                Ok(()) => {}
                Err(End::Stopped) => return Err(FetchError::Stopped),
                Err(End::Limit(why)) => {
                    self.cannot_read(&format!("manifest `{}`", self.about), why);
                    break;
                }
            }
        }
        Ok(self.found)
    }

    fn search(&mut self, beside: &[BesideImage]) -> Result<(), End> {
        self.referrers()?;
        self.tag("att")?;
        self.tag("sbom")?;
        let about = self.about;
        for manifest in beside.iter().filter(|manifest| manifest.about == about) {
            let from = format!("attestation `{}`", manifest.manifest);
            self.manifest(&from, &Version::Digest(manifest.manifest), Refers::Index)?;
        }
        Ok(())
    }

    fn referrers(&mut self) -> Result<(), End> {
        let most = self.attaching.settings.referrers;
        let referrers = match self.artifacts.referrers(&self.about, most, self.stop) {
            Ok(referrers) => referrers,
            Err(why) => return self.failed("its referrers", why),
        };
        for referrer in referrers {
            let is_meant = predicate_type(&referrer.annotations).is_none_or(may_be_read);
            let kind = &referrer.artifact_type;
            if is_meant && (kind.is_empty() || is_wrapping(kind) || may_be_read(kind)) {
                let from = format!("referrer `{}`", referrer.digest);
                self.manifest(&from, &Version::Digest(referrer.digest), Refers::Subject)?;
            }
        }
        Ok(())
    }

    /// Cosign keeps its attestations under one tag
    /// ([form](https://github.com/sigstore/cosign/blob/main/specs/ATTESTATION_SPEC.md)), and bills of materials that
    /// nobody has signed under another
    /// ([form](https://github.com/sigstore/cosign/blob/main/specs/SBOM_SPEC.md)).
    fn tag(&mut self, what: &str) -> Result<(), End> {
        let tag = format!("sha256-{}.{what}", self.about.hex());
        match Version::tag(&tag) {
            Some(version) => self.manifest(&format!("tag `{tag}`"), &version, Refers::Tag),
            None => Ok(()),
        }
    }

    fn manifest(&mut self, from: &str, version: &Version, refers: Refers) -> Result<(), End> {
        self.within_time()?;
        self.manifests += 1;
        self.within_documents(self.manifests)?;
        let manifest = match self.artifacts.manifest(version, self.stop) {
            Ok(manifest) => manifest,
            Err(NotRead::Absent(_)) if refers == Refers::Tag => return Ok(()),
            Err(why) => return self.failed(from, why),
        };
        let artifact: Artifact = match serde_json::from_slice(&manifest) {
            Ok(artifact) => artifact,
            Err(error) => {
                let why = format!("it is no manifest at line {}, column {}", error.line(), error.column());
                self.cannot_read(from, why);
                return Ok(());
            }
        };
        if refers == Refers::Subject
            && artifact.subject.as_ref().is_none_or(|subject| subject.digest != self.about.to_string())
        {
            self.cannot_read(from, format!("it does not refer to `{}`", self.about));
            return Ok(());
        }
        let kind = artifact.artifact_type.unwrap_or_default();
        let stated = artifact.annotations.unwrap_or_default();
        for layer in artifact.layers.unwrap_or_default() {
            let annotations = layer.annotations.unwrap_or_default();
            let predicate = predicate_type(&annotations).or_else(|| predicate_type(&stated));
            let media_type = layer.media_type.unwrap_or_default();
            let is_meant = is_wrapping(&media_type) || may_be_read(&media_type) || may_be_read(&kind);
            if !is_meant || !predicate.is_none_or(may_be_read) {
                continue;
            }
            let digest = layer.digest.parse();
            if digest.as_ref().is_ok_and(|digest| !self.seen.insert(*digest)) {
                continue;
            }
            self.documents += 1;
            self.within_documents(self.documents)?;
            let Ok(digest) = digest else {
                self.cannot_read(from, format!("`{}` is no digest that is read", cut(&layer.digest)));
                continue;
            };
            let text = |name: &str| annotations.get(name).map(String::as_str).filter(|text| !text.is_empty());
            let beside = text(CERTIFICATE).map(|certificate| Beside {
                certificate,
                chain: text(CHAIN),
                log: text(LOG),
            });
            self.document(from, digest, layer.size, beside)?;
        }
        Ok(())
    }

    fn document(
        &mut self,
        from: &str,
        digest: Digest,
        size: u64,
        beside: Option<Beside<'_>>,
    ) -> Result<(), End> {
        self.within_time()?;
        let settings = &self.attaching.settings;
        let most_bytes = settings.total_bytes;
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > most_bytes {
            return Err(End::Limit(format!(
                "what is attached is over {most_bytes} bytes, the limit of setting `attached.total_bytes`"
            )));
        }
        let bound = (settings.document_bytes, "attached.document_bytes");
        let bytes = match self.artifacts.document(&digest, size, bound, self.stop) {
            Ok(bytes) => bytes,
            Err(why) => return self.failed(from, why),
        };
        match unwrap(&bytes, &self.about, &self.attaching.trusted, beside, may_be_read) {
            Ok(unwrapped) => self.take(from, unwrapped),
            Err(Unusable::Other) => {}
            Err(Unusable::Wrong(why)) => self.cannot_read(from, why),
        }
        Ok(())
    }

    fn take(&mut self, from: &str, unwrapped: Unwrapped) {
        let Unwrapped { document, signer, why_unsigned } = unwrapped;
        let forms = forms(&document);
        if forms.is_empty() {
            self.cannot_read(
                from,
                "it is neither VEX nor a bill of materials in a form that is read".to_owned(),
            );
        }
        for (kind, extension) in forms {
            let unused = match self.attaching.belief(kind) {
                Belief::Off => continue,
                Belief::Verified if signer.is_none() => Some(why_unsigned.to_string()),
                Belief::Verified | Belief::Any => None,
            };
            let bytes = if unused.is_none() { document.clone() } else { Vec::new() };
            let attachment = self.attachment(kind, from, signer.clone(), unused);
            self.found.push(FoundAttachment { attachment, extension, bytes });
        }
    }

    fn cannot_read(&mut self, from: &str, why: String) {
        let attachment = self.attachment(AttachmentKind::Unknown, from, None, Some(why));
        self.found.push(FoundAttachment { attachment, extension: "", bytes: Vec::new() });
    }

    fn attachment(
        &self,
        kind: AttachmentKind,
        from: &str,
        signer: Option<Signer>,
        unused: Option<String>,
    ) -> Attachment {
        Attachment { kind, from: from.to_owned(), about: self.about, signer, unused }
    }

    /// What is not given costs itself, and is told.
    fn failed(&mut self, from: &str, why: NotRead) -> Result<(), End> {
        match why {
            NotRead::Stopped => return Err(End::Stopped),
            NotRead::Absent(why) | NotRead::Failed(why) => self.cannot_read(from, why),
        }
        Ok(())
    }

    fn within_documents(&self, count: u64) -> Result<(), End> {
        let most = self.attaching.settings.documents;
        match count > most {
            true => Err(End::Limit(format!(
                "more than {most} documents are attached, the limit of setting `attached.documents`"
            ))),
            false => Ok(()),
        }
    }

    fn within_time(&self) -> Result<(), End> {
        self.attaching.why_too_long(self.begun).map_or(Ok(()), |why| Err(End::Limit(why)))
    }
}

/// By what a manifest is known to be about another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refers {
    Subject,
    Tag,
    Index,
}

fn predicate_type(annotations: &BTreeMap<String, String>) -> Option<&str> {
    PREDICATE_TYPES.iter().find_map(|key| annotations.get(*key)).map(String::as_str)
}
