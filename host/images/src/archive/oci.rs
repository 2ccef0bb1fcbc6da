//! OCI image layouts
//! ([specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use limpid_bytes::{Compression, Limit, tar};
use limpid_layers::{Error as LayerError, compression};
use limpid_model::{Digest, ImageLayer};
use serde::Deserialize;

use super::{Archive, docker, document, media_type};
use crate::error::cut;
use crate::{Error, FoundImage, FoundLayer, Location};

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: Option<String>,
    digest: String,
    size: u64,
    artifact_type: Option<String>,
    platform: Option<Platform>,
    annotations: Option<BTreeMap<String, String>>,
    urls: Option<Vec<String>>,
}

#[derive(Clone, Deserialize)]
struct Platform {
    architecture: Option<String>,
    os: Option<String>,
}

/// An index or a manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

impl Descriptor {
    fn media_type(&self) -> &str {
        self.media_type.as_deref().unwrap_or_default()
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
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

    /// The names that it gives an image. Where containerd's full name is there, the other is no
    /// more than its tag.
    fn names(&self) -> Option<String> {
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

/// The images of an archive with an index.
pub(super) fn images(archive: &Archive) -> Result<Vec<FoundImage>, Error> {
    let what = "`index.json`";
    let place =
        archive.locate(Path::new("index.json"))?.ok_or_else(|| Error::missing(what, "it was there"))?;
    let index: Document = document::parse(what, &archive.document(&place, what)?)?;
    let descriptors = index.manifests.ok_or_else(|| Error::damaged(what, 0, "it has no `manifests`"))?;
    let mut reader = Reader { archive, images: Vec::new(), seen: HashMap::new(), left_out: None };
    reader.index(&descriptors, 1, &[])?;
    let Reader { mut images, left_out, .. } = reader;
    if images.is_empty() {
        return Err(match left_out {
            Some(why @ Error::Missing { .. }) => why,
            Some(why) => Error::NotAnImage(format!("its {what} names no image: {why}")),
            None => Error::NotAnImage(format!("its {what} names no image")),
        });
    }
    add_tags(&mut images, docker::tags(archive)?);
    Ok(images)
}

fn add_tags(images: &mut [FoundImage], tags: Vec<(Digest, Vec<String>)>) {
    for (id, tags) in tags {
        if let Some(source) = images.iter_mut().find(|source| source.image.id == id) {
            source.image.names.extend(tags);
        }
    }
}

struct Reader<'a> {
    archive: &'a Archive,
    images: Vec<FoundImage>,
    /// Manifests and indexes that were read, with the images that manifests gave.
    seen: HashMap<Digest, Option<usize>>,
    /// Why the first of what was left out was: the answer where no image is left.
    left_out: Option<Error>,
}

impl Reader<'_> {
    fn index(&mut self, descriptors: &[Descriptor], depth: u64, names: &[String]) -> Result<(), Error> {
        let limits = &self.archive.limits;
        Limit::of("index_depth", limits.index_depth).check("the nesting of indexes", depth)?;
        for descriptor in descriptors {
            let what = format!("manifest `{}`", cut(&descriptor.digest));
            if let Some(why) = descriptor.why_no_image() {
                self.leave_out(Error::unsupported(what, why));
                continue;
            }
            let mut all = names.to_vec();
            all.extend(descriptor.names());
            match self.descriptor(&what, descriptor, depth, &all) {
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

    fn descriptor(
        &mut self,
        what: &str,
        descriptor: &Descriptor,
        depth: u64,
        names: &[String],
    ) -> Result<(), Error> {
        let digest = document::digest(what, &descriptor.digest)?;
        if let Some(seen) = self.seen.get(&digest) {
            if let Some(source) = seen.and_then(|index| self.images.get_mut(index)) {
                source.image.names.extend_from_slice(names);
            }
            return Ok(());
        }
        let limit = self.archive.limits.manifests_per_archive;
        let subject = "the number of manifests of the archive";
        Limit::of("manifests_per_archive", limit).check(subject, self.seen.len() as u64 + 1)?;
        let found = document::parse(what, &self.verified(descriptor, what)?)?;
        self.seen.insert(digest, None);
        self.document(what, digest, descriptor, found, (depth, names))
    }

    /// Goes on by what a document is, which it says itself or else who names it.
    fn document(
        &mut self,
        what: &str,
        digest: Digest,
        descriptor: &Descriptor,
        found: Document,
        (depth, names): (u64, &[String]),
    ) -> Result<(), Error> {
        let media_type = found.media_type.as_deref().unwrap_or(descriptor.media_type());
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
                self.index(&manifests, depth + 1, names)
            }
            (None, Some(config)) if may_be(media_type::is_manifest) => {
                let layers = found.layers.unwrap_or_default();
                if let Some(why) = is_artifact(&config, &layers, found.artifact_type.as_deref()) {
                    self.leave_out(Error::unsupported(what, why));
                    return Ok(());
                }
                self.manifest(what, digest, &config, &layers, names)
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
        names: &[String],
    ) -> Result<(), Error> {
        let subject = format!("configuration `{}`", cut(&config.digest));
        let bytes = self.verified(config, &subject)?;
        if !document::is_image(&subject, &bytes)? {
            let why = format!("it is no image, its configuration `{}` has no `rootfs`", cut(&config.digest));
            self.leave_out(Error::unsupported(what, why));
            return Ok(());
        }
        let mut image = document::image(self.archive, &subject, &bytes, layers.len())?;
        image.manifests = vec![digest];
        image.names = names.to_vec();
        let found = layers.iter().zip(&image.layers).map(|(descriptor, entry)| self.layer(descriptor, entry));
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
        let limit = self.archive.limits.images_per_archive;
        let count = self.images.len() as u64;
        Ok(Limit::of("images_per_archive", limit).check("the number of images of the archive", count)?)
    }

    fn layer(&self, descriptor: &Descriptor, layer: &ImageLayer) -> Result<FoundLayer, Error> {
        let what = format!("layer `{}`, blob `{}`,", layer.diff_id, cut(&descriptor.digest));
        let media_type = descriptor.media_type();
        let is_elsewhere = media_type::is_foreign(media_type) || descriptor.urls.is_some();
        let source = FoundLayer {
            diff_id: layer.diff_id,
            digest: None,
            size: descriptor.size,
            media_type: media_type.to_owned(),
            stored_as: None,
            location: Location::Unreadable(String::new()),
        };
        let unreadable =
            |why: String| Ok(FoundLayer { location: Location::Unreadable(why), ..source.clone() });
        let (digest, place) = match self.place(descriptor, &what) {
            Err(Error::Missing { .. }) if is_elsewhere => {
                return unreadable("it is not in the archive, only its publisher has it".to_owned());
            }
            Err(Error::Content(LayerError::Unsupported { why, .. })) => return unreadable(why),
            found => found?,
        };
        if media_type::is_encrypted(media_type) {
            return unreadable(format!("it is encrypted, its media type is `{}`", cut(media_type)));
        }
        let stated = media_type::layer_compression(media_type);
        let head = self.archive.part(&place, &what)?.head(&what)?;
        let compression = match compression(&head) {
            Ok(compression) => compression,
            Err(why) => return unreadable(why),
        };
        if stated.is_none() && compression == Compression::None && !tar::is_meant_by(&head) {
            return unreadable(format!("its media type is `{}`", cut(media_type)));
        }
        let stored_as = (stated != Some(compression)).then(|| {
            let found = compression.name();
            format!("its media type is `{}`, by its first bytes it is {found}: read as that", cut(media_type))
        });
        Ok(FoundLayer { digest: Some(digest), stored_as, location: place, ..source })
    }

    /// Where a blob is; its size is right.
    fn place(&self, descriptor: &Descriptor, what: &str) -> Result<(Digest, Location), Error> {
        let digest = document::digest(what, &descriptor.digest)?;
        let place = self.archive.blob(&digest)?;
        let place =
            place.ok_or_else(|| Error::missing(what, "a manifest names it, the archive has no such blob"))?;
        let size = self.archive.part(&place, what)?.len();
        if size != descriptor.size {
            let why = format!("it has {size} bytes, and {} by its descriptor", descriptor.size);
            return Err(Error::damaged(what, size.min(descriptor.size), why));
        }
        Ok((digest, place))
    }

    /// Reads a document and checks its digest.
    fn verified(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
        let (expected, place) = self.place(descriptor, what)?;
        let bytes = self.archive.document(&place, what)?;
        let found = Digest::of(&bytes);
        if found != expected {
            return Err(LayerError::WrongDigest { what: what.to_owned(), expected, found }.into());
        }
        Ok(bytes)
    }
}
