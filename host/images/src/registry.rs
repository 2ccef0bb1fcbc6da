//! Images of registries.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use limpid_bytes::{Limit, Stop};
use limpid_fetch::{Error as FetchError, Login, Reference, Registries, Repository, Version};
use limpid_layers::Limits;
use limpid_model::{Digest, ImageLayer, ImageReference, Naming, Platforms};

use crate::attached::{BesideImage, Search};
use crate::error::cut;
use crate::manifest::{Blobs, Descriptor, Document, Found, Reader};
use crate::{
    Attaching, Content, Error, FoundAttachment, FoundImage, FoundLayer, ImageSource, Location, document,
    media_type,
};

/// The images that a reference to a registry leads to: one, or where it leads to an index, those of the
/// platforms that are meant. Layers are fetched only when they are opened.
///
/// An image is named by the reference, as Docker completes it; where that names a digest, without its tag, as it
/// does not say where that points. The digest of an index is a name of its image, as that of a manifest is, where
/// it leads to one image only.
#[derive(Debug)]
pub struct RegistryImages {
    repository: Repository,
    platforms: Platforms,
    limits: Limits,
    naming: Naming,
    /// Digest of the manifest or index to which the reference led.
    found: OnceLock<Digest>,
    /// What its index has beside images.
    beside: OnceLock<Vec<BesideImage>>,
    /// What is attached to manifests and indexes, as far as it was asked for.
    attached: Mutex<BTreeMap<Digest, Vec<FoundAttachment>>>,
}

impl RegistryImages {
    /// The images of a reference. Nothing is asked yet.
    ///
    /// # Errors
    /// The reference is none, or leads to a registry that may not be asked.
    pub fn new(
        registries: &Registries,
        reference: ImageReference,
        login: Option<Login>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let ImageReference { reference, platforms } = reference;
        let repository = registries.repository(&Reference::of_image(&reference)?, login.as_ref())?;
        Ok(Self {
            repository,
            platforms,
            limits: limits.clone(),
            naming: Naming::default(),
            found: OnceLock::new(),
            beside: OnceLock::new(),
            attached: Mutex::default(),
        })
    }

    /// Calls its images otherwise.
    #[must_use]
    pub fn called(self, naming: Naming) -> Self {
        Self { naming, ..self }
    }

    /// The reference, as Docker completes it.
    pub const fn reference(&self) -> &Reference {
        self.repository.reference()
    }

    /// What its images are called, beside what they are called already.
    fn name(&self) -> Option<String> {
        let reference = self.reference();
        let version = match self.naming {
            Naming::Reference => reference.version(),
            Naming::Tag => reference.tag().unwrap_or_else(|| reference.version()),
            Naming::Known => return None,
        };
        Some(reference.at(&version).to_string())
    }

    fn nothing(&self, found: Found) -> Error {
        let what = format!("`{}`", self.reference());
        let Found { left_out, others, .. } = found;
        if let Platforms::Only(wanted) = &self.platforms
            && !others.is_empty()
        {
            let wanted = wanted.iter().map(ToString::to_string).collect();
            return Error::OtherPlatforms { what, wanted, others: others.into_iter().collect() };
        }
        match left_out {
            Some(why @ Error::Missing { .. }) => why,
            Some(why) => Error::unsupported(what, format!("it leads to no image: {why}")),
            None => Error::unsupported(what, "it leads to no image: its index is empty"),
        }
    }
}

impl ImageSource for RegistryImages {
    /// Artifacts beside images, such as signatures and attestations, are left out, and images of an index that
    /// the registry does not have.
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error> {
        let reference = self.reference();
        let what = format!("`{reference}`");
        let manifest = self.repository.manifest(&reference.version(), stop).map_err(absent(&what))?;
        let most = Limit::of("json_document_bytes", self.limits.json_document_bytes);
        most.check(format_args!("the size of {what}"), manifest.bytes.len() as u64)?;
        let _ = self.found.set(manifest.digest);
        let _ = self.beside.set(beside(&what, &manifest.bytes)?);
        let asking = Asking { images: self, stop };
        let mut reader = Reader::new(&asking, &self.platforms);
        reader.first(&what, &manifest.bytes, &manifest.media_type, self.name().as_slice())?;
        let mut found = reader.finish();
        match found.images.as_mut_slice() {
            [] => return Err(self.nothing(found)),
            [only] if found.others.is_empty() && !only.image.manifests.contains(&manifest.digest) => {
                only.image.manifests.push(manifest.digest);
            }
            _ => {}
        }
        Ok(found.images)
    }

    fn digest(&self) -> Option<Digest> {
        self.found.get().copied()
    }

    fn reference(&self) -> Option<ImageReference> {
        let reference = self.repository.reference().to_string();
        Some(ImageReference { reference, platforms: self.platforms.clone() })
    }

    /// What is attached to its manifests, and to the index by which it was found.
    fn attached(
        &self,
        image: &FoundImage,
        attaching: &Attaching,
        stop: &Stop,
    ) -> Result<Option<Vec<FoundAttachment>>, Error> {
        if !attaching.asks() {
            return Ok(None);
        }
        let index = self.found.get().filter(|digest| !image.image.manifests.contains(digest));
        let beside = self.beside.get().map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for about in image.image.manifests.iter().chain(index) {
            let known = self.attached.lock().unwrap_or_else(PoisonError::into_inner).get(about).cloned();
            let attached = match known {
                Some(attached) => attached,
                None => {
                    let attached = Search::new(&self.repository, attaching, stop).run(&[*about], beside)?;
                    let mut known = self.attached.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert(*about, attached.clone());
                    attached
                }
            };
            found.extend(attached);
        }
        Ok(Some(found))
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
        let what = format!("layer `{}`", layer.diff_id);
        let digest = match (&layer.location, &layer.digest) {
            (Location::Unreadable(why), _) => return Ok(Content::Unreadable(why.clone())),
            (Location::Digest, Some(digest)) => digest,
            _ => return Err(Error::missing(&what, "it is a layer of another source")),
        };
        match self.repository.blob(digest, layer.size, stop) {
            Ok(blob) => Ok(Content::Stream(Box::new(blob))),
            Err(error) if error.is_absent() && media_type::is_foreign(&layer.media_type) => {
                Ok(Content::Unreadable("the registry does not have it, only its publisher does".to_owned()))
            }
            Err(error) => Err(absent(&what)(error)),
        }
    }
}

/// A registry that is asked until somebody says stop.
struct Asking<'a> {
    images: &'a RegistryImages,
    stop: &'a Stop,
}

impl Blobs for Asking<'_> {
    fn limits(&self) -> &Limits {
        &self.images.limits
    }

    fn manifest(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
        let digest = self.digest(descriptor, what)?;
        let manifest = self.images.repository.manifest(&Version::Digest(digest), self.stop);
        let bytes = manifest.map_err(absent(what))?.bytes;
        if bytes.len() as u64 != descriptor.size {
            let why = format!("it has {} bytes, and {} by its descriptor", bytes.len(), descriptor.size);
            return Err(Error::damaged(what, descriptor.size.min(bytes.len() as u64), why));
        }
        Ok(bytes)
    }

    fn configuration(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
        let digest = self.digest(descriptor, what)?;
        self.images.repository.document(&digest, descriptor.size, self.stop).map_err(absent(what))
    }

    fn layer(&self, descriptor: &Descriptor, layer: &ImageLayer) -> Result<FoundLayer, Error> {
        let what = format!("layer `{}`, blob `{}`,", layer.diff_id, cut(&descriptor.digest));
        let media_type = descriptor.media_type();
        let (digest, location) = match document::digest(&what, &descriptor.digest) {
            _ if media_type::is_encrypted(media_type) => {
                let why = format!("it is encrypted, its media type is `{}`", cut(media_type));
                (None, Location::Unreadable(why))
            }
            Ok(digest) => (Some(digest), Location::Digest),
            Err(Error::Content(limpid_layers::Error::Unsupported { why, .. })) => {
                (None, Location::Unreadable(why))
            }
            Err(error) => return Err(error),
        };
        Ok(FoundLayer {
            diff_id: layer.diff_id,
            digest,
            size: descriptor.size,
            media_type: media_type.to_owned(),
            stored_as: None,
            location,
        })
    }

    /// In a registry, tags name images, and not what an index says.
    fn name(&self, _: &Descriptor) -> Option<String> {
        None
    }
}

impl Asking<'_> {
    /// The digest of a document that is not too long.
    fn digest(&self, descriptor: &Descriptor, what: &str) -> Result<Digest, Error> {
        let most = Limit::of("json_document_bytes", self.images.limits.json_document_bytes);
        most.check(format_args!("the size of {what}"), descriptor.size)?;
        document::digest(what, &descriptor.digest)
    }
}

/// The manifests of statements of an index; none of what is no index.
fn beside(what: &str, bytes: &[u8]) -> Result<Vec<BesideImage>, Error> {
    let found: Document = document::parse(what, bytes)?;
    let beside = |descriptor: &Descriptor| {
        let (about, manifest) = (descriptor.attests()?.parse().ok()?, descriptor.digest.parse().ok()?);
        Some(BesideImage { about, manifest })
    };
    Ok(found.manifests.iter().flatten().filter_map(beside).collect())
}

/// What a registry does not have is missing; everything else is what it failed of.
fn absent(what: &str) -> impl FnOnce(FetchError) -> Error {
    move |error| match error.is_absent() {
        true => Error::missing(what, error.to_string()),
        false => Error::Fetch(error),
    }
}

#[cfg(test)]
mod tests;
