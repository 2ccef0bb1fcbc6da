//! What is attached to the images of an OCI layout, where it lies beside them: as BuildKit exports it
//! (`--output type=oci`), and as ORAS, Cosign and others copy an image with what refers to it.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Instant;

use limpid_bytes::{Limit, Stop};
use limpid_fetch::{Referrer, Version};
use limpid_model::{Digest, chain};
use serde::Deserialize;

use super::Archive;
use crate::attached::{Artifacts, BesideImage, NotRead, REFERRERS, Search};
use crate::manifest::{Descriptor, Document};
use crate::{Attaching, Error, FoundAttachment, FoundImage, document, media_type};

/// What the indexes of a layout name, as far as it may be about images.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// What refers to a manifest or index.
    referrers: BTreeMap<Digest, Vec<Referrer>>,
    /// What has a name: its tag.
    tags: BTreeMap<String, Digest>,
    beside: Vec<BesideImage>,
    /// The indexes that lead to a manifest.
    indexes: BTreeMap<Digest, Vec<Digest>>,
    /// How many descriptors were looked at.
    looked_at: u64,
    /// Manifests and indexes that were read.
    read: HashSet<Digest>,
    /// Why not all was looked at.
    why_not_all: Option<String>,
}

/// What bounds the looking.
struct Bounds<'a> {
    archive: &'a Archive,
    attaching: &'a Attaching,
    begun: Instant,
    stop: &'a Stop,
}

/// What tells that a manifest refers to another one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referring {
    artifact_type: Option<String>,
    config: Option<Configured>,
    subject: Option<Subject>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configured {
    media_type: Option<String>,
}

#[derive(Deserialize)]
struct Subject {
    digest: String,
}

impl Listed {
    /// Looks at all manifests that the indexes of a layout name. What is not in the layout is passed over, as tools save
    /// an index whole and of its images only one.
    fn read(archive: &Archive, attaching: &Attaching, stop: &Stop) -> Self {
        let mut listed = Self::default();
        let bounds = Bounds { archive, attaching, begun: Instant::now(), stop };
        if let Err(error) = listed.first(&bounds) {
            listed.why_not_all = Some(chain(&error));
        }
        listed
    }

    fn first(&mut self, bounds: &Bounds<'_>) -> Result<(), Error> {
        let (archive, what) = (bounds.archive, "`index.json`");
        let Some(place) = archive.locate(Path::new("index.json"))? else { return Ok(()) };
        let first: Document = document::parse(what, &archive.document(&place, what)?)?;
        self.index(bounds, None, first.manifests.unwrap_or_default(), 1)
    }

    /// Looks at what an index names. Of nested indexes, one at a time is in memory at each depth.
    fn index(
        &mut self,
        bounds: &Bounds<'_>,
        index: Option<Digest>,
        descriptors: Vec<Descriptor>,
        depth: u64,
    ) -> Result<(), Error> {
        let limits = &bounds.archive.limits;
        Limit::of("index_depth", limits.index_depth).check("the nesting of indexes", depth)?;
        let most = Limit::of("manifests_per_archive", limits.manifests_per_archive);
        for descriptor in descriptors {
            self.looked_at += 1;
            most.check("the number of manifests that indexes of the archive name", self.looked_at)?;
            bounds.check()?;
            let Ok(digest) = descriptor.digest.parse::<Digest>() else { continue };
            if let Some(name) = descriptor.name() {
                let tag = name.rsplit_once(':').map_or(name.as_str(), |(_, tag)| tag).to_owned();
                self.tags.insert(tag, digest);
            }
            if let Some(about) = descriptor.attests().and_then(|about| about.parse().ok()) {
                self.beside.push(BesideImage { about, manifest: digest });
            }
            if let Some(index) = index {
                self.indexes.entry(digest).or_default().push(index);
            }
            if !self.read.insert(digest) {
                continue;
            }
            let what = format!("manifest `{digest}`");
            let Ok(bytes) = bounds.archive.verified(&descriptor, &what) else { continue };
            if let Ok(referring) = serde_json::from_slice::<Referring>(&bytes) {
                self.refers(digest, referring);
            }
            if media_type::is_index(descriptor.media_type()) {
                let nested: Document = document::parse(&what, &bytes)?;
                drop(bytes);
                self.index(bounds, Some(digest), nested.manifests.unwrap_or_default(), depth + 1)?;
            }
        }
        Ok(())
    }

    fn refers(&mut self, digest: Digest, referring: Referring) {
        let Referring { artifact_type, config, subject, annotations } = referring;
        let Some(about) = subject.and_then(|subject| subject.digest.parse().ok()) else { return };
        let configured = config.and_then(|config| config.media_type);
        let artifact_type = artifact_type.or(configured).unwrap_or_default();
        let annotations = annotations.unwrap_or_default();
        self.referrers.entry(about).or_default().push(Referrer { digest, artifact_type, annotations });
    }

    /// Whether nothing is about any image.
    fn is_empty(&self) -> bool {
        let is_about = |tag: &String| tag.ends_with(".att") || tag.ends_with(".sbom");
        self.referrers.is_empty()
            && self.beside.is_empty()
            && self.why_not_all.is_none()
            && !self.tags.keys().any(is_about)
    }

    /// The manifests of an image, and the indexes that lead to them.
    fn subjects(&self, image: &FoundImage) -> Vec<Digest> {
        let mut subjects = image.image.manifests.clone();
        let mut seen: HashSet<Digest> = subjects.iter().copied().collect();
        let mut at = 0;
        while let Some(subject) = subjects.get(at) {
            let above: Vec<_> = self.indexes.get(subject).into_iter().flatten().copied().collect();
            subjects.extend(above.into_iter().filter(|index| seen.insert(*index)));
            at += 1;
        }
        subjects
    }
}

impl Bounds<'_> {
    fn check(&self) -> Result<(), Error> {
        if self.stop.is_stopped() {
            return Err(Error::Interrupted { what: "the archive".to_owned() });
        }
        match self.attaching.why_too_long(self.begun) {
            Some(why) => Err(Error::unsupported("the archive", why)),
            None => Ok(()),
        }
    }
}

impl Archive {
    /// What is attached to an image of the layout; none where the layout has nothing that is.
    pub(super) fn attached_to(
        &self,
        image: &FoundImage,
        attaching: &Attaching,
        stop: &Stop,
    ) -> Result<Option<Vec<FoundAttachment>>, Error> {
        if !attaching.asks() {
            return Ok(None);
        }
        let listed = self.listed.get_or_init(|| Listed::read(self, attaching, stop));
        if listed.is_empty() {
            return Ok(None);
        }
        let artifacts = Beside { archive: self, listed };
        let subjects = listed.subjects(image);
        let found = Search::new(&artifacts, attaching, stop).run(&subjects, &listed.beside)?;
        Ok((!found.is_empty()).then_some(found))
    }
}

/// The artifacts of a layout.
struct Beside<'a> {
    archive: &'a Archive,
    listed: &'a Listed,
}

impl Beside<'_> {
    fn blob(&self, digest: &Digest, most: Limit, size: Option<u64>) -> Result<Vec<u8>, NotRead> {
        let what = format!("blob `{digest}`");
        let failed = |error: &Error| NotRead::Failed(chain(error));
        let place = self.archive.blob(digest).map_err(|error| failed(&error))?;
        let absent = || NotRead::Absent(format!("{what} is not in the archive"));
        let part = self.archive.part(&place.ok_or_else(absent)?, &what).map_err(|error| failed(&error))?;
        if let Some(size) = size.filter(|size| *size != part.len()) {
            let why = format!("{what} has {} bytes, and {size} by its descriptor", part.len());
            return Err(NotRead::Failed(why));
        }
        let bytes = part.read_all(&what, most).map_err(|error| failed(&error.into()))?;
        match Digest::of(&bytes) {
            found if found == *digest => Ok(bytes),
            found => Err(NotRead::Failed(format!("{what} has digest `{found}`"))),
        }
    }
}

impl Artifacts for Beside<'_> {
    fn referrers(&self, about: &Digest, most: u64, _: &Stop) -> Result<Vec<Referrer>, NotRead> {
        if let Some(why) = &self.listed.why_not_all {
            return Err(NotRead::Failed(why.clone()));
        }
        let found = self.listed.referrers.get(about).cloned().unwrap_or_default();
        let checked = Limit::of(REFERRERS, most).check("what refers to a manifest", found.len() as u64);
        checked.map_err(|error| NotRead::Failed(chain(&error)))?;
        Ok(found)
    }

    fn manifest(&self, version: &Version, _: &Stop) -> Result<Vec<u8>, NotRead> {
        let digest = match version {
            Version::Digest(digest) => *digest,
            tag => {
                let tag = tag.to_string();
                let found = self.listed.tags.get(&tag).copied();
                found.ok_or_else(|| NotRead::Absent(format!("the archive has no tag `{tag}`")))?
            }
        };
        let most = Limit::of("json_document_bytes", self.archive.limits.json_document_bytes);
        self.blob(&digest, most, None)
    }

    fn document(
        &self,
        digest: &Digest,
        size: u64,
        (most, setting): (u64, &'static str),
        _: &Stop,
    ) -> Result<Vec<u8>, NotRead> {
        self.blob(digest, Limit::of(setting, most), Some(size))
    }
}

#[cfg(test)]
mod tests;
