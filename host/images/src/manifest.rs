//! Manifests and indexes, of [OCI](https://github.com/opencontainers/image-spec/blob/main/manifest.md) and of
//! Docker, wherever they are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_bytes::Limit;
use limpid_layers::Limits;
use limpid_model::{Digest, ImageLayer, Platforms};
use serde::Deserialize;

use crate::error::cut;
use crate::{Error, FoundImage, FoundLayer, document, media_type};

/// Where manifests, configurations and layers are kept.
pub(crate) trait Blobs {
    /// What bounds the reader.
    fn limits(&self) -> &Limits;

    /// Reads a manifest or an index. It has just the size and the digest that its descriptor states.
    ///
    /// # Errors
    /// [`Error::Missing`] where it is not kept there.
    fn manifest(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error>;

    /// Reads a configuration. It has just the size and the digest that its descriptor states.
    ///
    /// # Errors
    /// The same.
    fn configuration(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error>;

    /// Says where a layer is. One that cannot be read costs only itself.
    fn layer(&self, descriptor: &Descriptor, layer: &ImageLayer) -> Result<FoundLayer, Error>;

    /// The name that a descriptor of an index gives its image.
    fn name(&self, descriptor: &Descriptor) -> Option<String>;
}

/// What a manifest or index states of a document or layer.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    media_type: Option<String>,
    pub(crate) digest: String,
    pub(crate) size: u64,
    artifact_type: Option<String>,
    platform: Option<Platform>,
    annotations: Option<BTreeMap<String, String>>,
    pub(crate) urls: Option<Vec<String>>,
}

#[derive(Clone, Deserialize)]
struct Platform {
    architecture: Option<String>,
    os: Option<String>,
    variant: Option<String>,
}

impl Platform {
    /// The platform, where it is stated whole.
    fn stated(&self) -> Option<limpid_model::Platform> {
        let (os, architecture) = (self.os.clone()?, self.architecture.clone()?);
        Some(limpid_model::Platform { os, architecture, variant: self.variant.clone() })
    }
}

/// An index or a manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    pub(crate) manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

impl Descriptor {
    pub(crate) fn media_type(&self) -> &str {
        self.media_type.as_deref().unwrap_or_default()
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// The manifest that statements in it are about, where it is a manifest of statements.
    pub(crate) fn attests(&self) -> Option<&str> {
        let is_attestation = self.annotation("vnd.docker.reference.type") == Some("attestation-manifest");
        self.annotation("vnd.docker.reference.digest").filter(|_| is_attestation)
    }

    /// Why it names no image, as far as that can be told without reading it. BuildKit hangs
    /// attestations beside the images that they speak of
    /// ([form](https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md)).
    fn why_no_image(&self) -> Option<String> {
        let is_unknown = |text: &Option<String>| text.as_deref() == Some("unknown");
        let is_attestation = self.annotation("vnd.docker.reference.type") == Some("attestation-manifest")
            || self.platform.as_ref().is_some_and(|p| is_unknown(&p.os) && is_unknown(&p.architecture));
        if is_attestation {
            return Some("it is no image, but an attestation".to_owned());
        }
        let of_artifact = self.artifact_type.as_deref().filter(|kind| !may_be_image(kind));
        if let Some(kind) = of_artifact {
            return Some(format!("it is no image, but an artifact of type `{}`", cut(kind)));
        }
        let media_type = self.media_type();
        let is_known = media_type.is_empty()
            || media_type::is_index(media_type)
            || media_type::is_manifest(media_type)
            || media_type::is_schema_1(media_type);
        (!is_known).then(|| format!("it is no image, its media type is `{}`", cut(media_type)))
    }

    /// The name that it gives an image. Where containerd's full name is there, the other is no
    /// more than its tag.
    pub(crate) fn name(&self) -> Option<String> {
        let full = self.annotation("io.containerd.image.name");
        full.or_else(|| self.annotation("org.opencontainers.image.ref.name")).map(str::to_owned)
    }
}

/// Whether what a manifest states to be is an image after all.
fn may_be_image(artifact_type: &str) -> bool {
    artifact_type.is_empty()
        || media_type::is_image_configuration(artifact_type)
        || media_type::is_manifest(artifact_type)
}

/// Why a manifest is that of no image, but of something that is kept beside images in the same form:
/// signatures, bills of materials and attestations borrow an image's configuration. What tells them
/// apart is that none of their layers is one of a file system.
fn is_artifact(config: &Descriptor, layers: &[Descriptor], artifact_type: Option<&str>) -> Option<String> {
    if !media_type::is_image_configuration(config.media_type()) {
        return Some(format!("it is no image, its configuration is `{}`", cut(config.media_type())));
    }
    let first = layers.first();
    let is_of_files = |layer: &Descriptor| media_type::is_layer(layer.media_type());
    if let Some(layer) = first.filter(|_| !layers.iter().any(is_of_files)) {
        return Some(format!("it is no image, its layers are `{}`", cut(layer.media_type())));
    }
    let kind = artifact_type.filter(|kind| first.is_none() && !may_be_image(kind))?;
    Some(format!("it is no image, but an artifact of type `{}`", cut(kind)))
}

/// Finds the images that an index or a manifest leads to.
pub(crate) struct Reader<'a> {
    blobs: &'a dyn Blobs,
    /// Which images of an index are meant.
    platforms: &'a Platforms,
    images: Vec<FoundImage>,
    /// Manifests and indexes that were read, with the images that manifests gave.
    seen: HashMap<Digest, Option<usize>>,
    /// Why the first of what was left out was: the answer where no image is left.
    left_out: Option<Error>,
    /// Platforms of images that are not meant.
    others: BTreeSet<String>,
}

/// How a document was come by.
#[derive(Clone, Copy)]
struct Way<'n> {
    /// Indexes that lead to it.
    depth: u64,
    names: &'n [String],
    chosen: Chosen,
}

/// By what an image is known to be for a platform that is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chosen {
    /// An index says so.
    ByIndex,
    /// Its configuration is to say so.
    ByImage,
}

/// What a reader has found.
pub(crate) struct Found {
    pub(crate) images: Vec<FoundImage>,
    /// Why the first of what was left out was.
    pub(crate) left_out: Option<Error>,
    /// Platforms of images that are not meant.
    pub(crate) others: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(blobs: &'a dyn Blobs, platforms: &'a Platforms) -> Self {
        let (images, seen, left_out, others) = (Vec::new(), HashMap::new(), None, BTreeSet::new());
        Self { blobs, platforms, images, seen, left_out, others }
    }

    pub(crate) fn finish(self) -> Found {
        Found { images: self.images, left_out: self.left_out, others: self.others }
    }

    /// Reads a document that nothing but its name leads to. It is verified.
    pub(crate) fn first(
        &mut self,
        what: &str,
        bytes: &[u8],
        media_type: &str,
        names: &[String],
    ) -> Result<(), Error> {
        let (digest, found) = (Digest::of(bytes), document::parse(what, bytes)?);
        self.seen.insert(digest, None);
        self.document(what, digest, media_type, found, Way { depth: 0, names, chosen: Chosen::ByImage })
    }

    /// Reads the images of an index that nothing leads to.
    pub(crate) fn first_index(&mut self, descriptors: &[Descriptor]) -> Result<(), Error> {
        self.index(descriptors, Way { depth: 1, names: &[], chosen: Chosen::ByImage })
    }

    fn index(&mut self, descriptors: &[Descriptor], way: Way<'_>) -> Result<(), Error> {
        let limit = self.blobs.limits().index_depth;
        Limit::of("index_depth", limit).check("the nesting of indexes", way.depth)?;
        for descriptor in descriptors {
            let what = format!("manifest `{}`", cut(&descriptor.digest));
            if let Some(why) = descriptor.why_no_image() {
                self.leave_out(Error::unsupported(what, why));
                continue;
            }
            let platform = descriptor.platform.as_ref().and_then(Platform::stated);
            let chosen = match platform {
                Some(platform) if !self.platforms.include(&platform) => {
                    self.others.insert(platform.to_string());
                    continue;
                }
                Some(_) => Chosen::ByIndex,
                None => way.chosen,
            };
            let mut names = way.names.to_vec();
            names.extend(self.blobs.name(descriptor));
            match self.descriptor(&what, descriptor, Way { names: &names, chosen, ..way }) {
                // Platforms that were not exported.
                Err(error @ Error::Missing { .. }) => self.leave_out(error),
                result => result?,
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, why: Error) {
        self.left_out.get_or_insert(why);
    }

    fn descriptor(&mut self, what: &str, descriptor: &Descriptor, way: Way<'_>) -> Result<(), Error> {
        let digest = document::digest(what, &descriptor.digest)?;
        if let Some(seen) = self.seen.get(&digest) {
            if let Some(source) = seen.and_then(|index| self.images.get_mut(index)) {
                source.image.names.extend_from_slice(way.names);
            }
            return Ok(());
        }
        let limit = self.blobs.limits().manifests_per_archive;
        let subject = "the number of manifests of the archive";
        Limit::of("manifests_per_archive", limit).check(subject, self.seen.len() as u64 + 1)?;
        let found = document::parse(what, &self.blobs.manifest(descriptor, what)?)?;
        self.seen.insert(digest, None);
        self.document(what, digest, descriptor.media_type(), found, way)
    }

    /// Goes on by what a document is, which it says itself or else who names it.
    fn document(
        &mut self,
        what: &str,
        digest: Digest,
        stated: &str,
        found: Document,
        way: Way<'_>,
    ) -> Result<(), Error> {
        let media_type = found.media_type.as_deref().unwrap_or(stated);
        if found.schema_version == Some(1) || media_type::is_schema_1(media_type) {
            let why = "it is a docker manifest of schema 1, of which schema 2 is read";
            self.leave_out(Error::unsupported(what, why));
            return Ok(());
        }
        let may_be = |is: fn(&str) -> bool| media_type.is_empty() || is(media_type);
        match (found.manifests, found.config) {
            // It could be taken for either, and so for another image than others see.
            (Some(_), Some(_)) => Err(Error::damaged(what, 0, "it is both an index and a manifest")),
            (Some(manifests), None) if may_be(media_type::is_index) => {
                self.index(&manifests, Way { depth: way.depth + 1, ..way })
            }
            (None, Some(config)) if may_be(media_type::is_manifest) => {
                let layers = found.layers.unwrap_or_default();
                if let Some(why) = is_artifact(&config, &layers, found.artifact_type.as_deref()) {
                    self.leave_out(Error::unsupported(what, why));
                    return Ok(());
                }
                self.manifest(what, digest, &config, &layers, way)
            }
            _ => {
                let why = format!("it is no image, its media type is `{}`", cut(media_type));
                self.leave_out(Error::unsupported(what, why));
                Ok(())
            }
        }
    }

    fn manifest(
        &mut self,
        what: &str,
        digest: Digest,
        config: &Descriptor,
        layers: &[Descriptor],
        way: Way<'_>,
    ) -> Result<(), Error> {
        let subject = format!("configuration `{}`", cut(&config.digest));
        let bytes = self.blobs.configuration(config, &subject)?;
        if !document::is_image(&subject, &bytes)? {
            let why = format!("it is no image, its configuration `{}` has no `rootfs`", cut(&config.digest));
            self.leave_out(Error::unsupported(what, why));
            return Ok(());
        }
        let mut image = document::image(self.blobs.limits(), &subject, &bytes, layers.len())?;
        if way.chosen == Chosen::ByImage && !self.platforms.include(&image.platform) {
            self.others.insert(image.platform.to_string());
            return Ok(());
        }
        image.manifests = vec![digest];
        image.names = way.names.to_vec();
        let found =
            layers.iter().zip(&image.layers).map(|(descriptor, entry)| self.blobs.layer(descriptor, entry));
        let layers = found.collect::<Result<_, _>>()?;
        self.add(digest, FoundImage { image, layers })
    }

    /// One image may have several manifests, of layers that are compressed in several ways.
    fn add(&mut self, manifest: Digest, source: FoundImage) -> Result<(), Error> {
        let known = self.images.iter().position(|known| known.image.id == source.image.id);
        let index = known.unwrap_or(self.images.len());
        self.seen.insert(manifest, Some(index));
        match self.images.get_mut(index) {
            Some(known) => {
                known.image.manifests.push(manifest);
                known.image.names.extend(source.image.names);
                for (layer, other) in known.layers.iter_mut().zip(source.layers) {
                    if layer.location.is_unreadable() {
                        *layer = other;
                    }
                }
            }
            None => self.images.push(source),
        }
        let limit = self.blobs.limits().images_per_archive;
        let count = self.images.len() as u64;
        Ok(Limit::of("images_per_archive", limit).check("the number of images of the archive", count)?)
    }
}
