//! OCI image layouts
//! ([specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use limpid_model::{Digest, ImageLayer};
use serde::Deserialize;

use super::{Archive, ImageSource, LayerSource, Place, docker, document, media_type};
use crate::Error;
use crate::error::cut;
use crate::inflate::Compression;

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: Option<String>,
    digest: String,
    size: u64,
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

    /// BuildKit hangs attestations beside the images that they speak of
    /// ([form](https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md)).
    fn is_attestation(&self) -> bool {
        let is_unknown = |text: &Option<String>| text.as_deref() == Some("unknown");
        self.annotation("vnd.docker.reference.type") == Some("attestation-manifest")
            || self.platform.as_ref().is_some_and(|p| is_unknown(&p.os) && is_unknown(&p.architecture))
    }

    /// The names that it gives an image. Where containerd's full name is there, the other is no
    /// more than its tag.
    fn names(&self) -> Option<String> {
        let full = self.annotation("io.containerd.image.name");
        full.or_else(|| self.annotation("org.opencontainers.image.ref.name")).map(str::to_owned)
    }
}

/// The images of an archive with an index.
pub(super) fn images(archive: &Archive) -> Result<Vec<ImageSource>, Error> {
    let what = "`index.json`";
    let place =
        archive.locate(Path::new("index.json"))?.ok_or_else(|| Error::missing(what, "it was there"))?;
    let index: Document = document::parse(what, &archive.document(&place, what)?)?;
    let descriptors = index.manifests.ok_or_else(|| Error::damaged(what, 0, "it has no `manifests`"))?;
    let mut reader = Reader { archive, images: Vec::new(), seen: HashMap::new(), left_out: None };
    reader.index(&descriptors, 1, &[])?;
    let Reader { mut images, left_out, .. } = reader;
    if images.is_empty() {
        let none = || Error::NotAnImage(format!("its {what} names no image"));
        return Err(left_out.unwrap_or_else(none));
    }
    add_tags(&mut images, docker::tags(archive)?);
    Ok(images)
}

fn add_tags(images: &mut [ImageSource], tags: Vec<(Digest, Vec<String>)>) {
    for (id, tags) in tags {
        if let Some(source) = images.iter_mut().find(|source| source.image.id == id) {
            source.image.names.extend(tags);
        }
    }
}

struct Reader<'a> {
    archive: &'a Archive,
    images: Vec<ImageSource>,
    /// Manifests and indexes that were read, with the images that manifests gave.
    seen: HashMap<Digest, Option<usize>>,
    /// Why the first of what was left out was: the answer where no image is left.
    left_out: Option<Error>,
}

impl Reader<'_> {
    fn index(&mut self, descriptors: &[Descriptor], depth: u64, names: &[String]) -> Result<(), Error> {
        let limits = &self.archive.limits;
        Error::check("the nesting of indexes", "index_depth", limits.index_depth, depth)?;
        for descriptor in descriptors.iter().filter(|descriptor| !descriptor.is_attestation()) {
            let mut all = names.to_vec();
            all.extend(descriptor.names());
            match self.descriptor(descriptor, depth, &all) {
                Err(error @ Error::Missing { .. }) if depth > 1 => self.leave_out(error),
                result => result?,
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, why: Error) {
        self.left_out.get_or_insert(why);
    }

    fn descriptor(&mut self, descriptor: &Descriptor, depth: u64, names: &[String]) -> Result<(), Error> {
        let what = format!("manifest `{}`", cut(&descriptor.digest));
        let digest = document::digest(&what, &descriptor.digest)?;
        if let Some(seen) = self.seen.get(&digest) {
            if let Some(source) = seen.and_then(|index| self.images.get_mut(index)) {
                source.image.names.extend_from_slice(names);
            }
            return Ok(());
        }
        let limit = self.archive.limits.manifests_per_archive;
        let subject = "the number of manifests of the archive";
        Error::check(subject, "manifests_per_archive", limit, self.seen.len() as u64 + 1)?;
        let found = document::parse(&what, &self.verified(descriptor, &what)?)?;
        self.seen.insert(digest, None);
        self.document(&what, digest, descriptor, found, (depth, names))
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
            return Err(Error::unsupported(what, why));
        }
        let may_be = |is: fn(&str) -> bool| media_type.is_empty() || is(media_type);
        match (found.manifests, found.config) {
            // It could be taken for either, and so for another image than others see.
            (Some(_), Some(_)) => Err(Error::damaged(what, 0, "it is both an index and a manifest")),
            (Some(manifests), None) if may_be(media_type::is_index) => {
                self.index(&manifests, depth + 1, names)
            }
            (None, Some(config)) if may_be(media_type::is_manifest) => {
                self.manifest(what, digest, &config, &found.layers.unwrap_or_default(), names)
            }
            _ => Err(Error::unsupported(what, format!("its media type is `{}`", cut(media_type)))),
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
        if !media_type::is_image_configuration(config.media_type()) {
            let why = format!("it is no image, its configuration is `{}`", cut(config.media_type()));
            self.leave_out(Error::unsupported(what, why));
            return Ok(());
        }
        let subject = format!("configuration `{}`", cut(&config.digest));
        let bytes = self.verified(config, &subject)?;
        let mut image = document::image(self.archive, &subject, &bytes, layers.len())?;
        image.manifests = vec![digest];
        image.names = names.to_vec();
        let found = layers.iter().zip(&image.layers).map(|(descriptor, entry)| self.layer(descriptor, entry));
        let layers = found.collect::<Result<_, _>>()?;
        self.add(digest, ImageSource { image, layers })
    }

    /// One image may have several manifests, of layers that are compressed in several ways.
    fn add(&mut self, manifest: Digest, source: ImageSource) -> Result<(), Error> {
        let known = self.images.iter().position(|known| known.image.id == source.image.id);
        let index = known.unwrap_or(self.images.len());
        self.seen.insert(manifest, Some(index));
        match self.images.get_mut(index) {
            Some(known) => {
                known.image.manifests.push(manifest);
                known.image.names.extend(source.image.names);
            }
            None => self.images.push(source),
        }
        let limit = self.archive.limits.images_per_archive;
        let count = self.images.len() as u64;
        Error::check("the number of images of the archive", "images_per_archive", limit, count)
    }

    fn layer(&self, descriptor: &Descriptor, layer: &ImageLayer) -> Result<LayerSource, Error> {
        let what = format!("layer `{}`, blob `{}`,", layer.diff_id, cut(&descriptor.digest));
        let media_type = descriptor.media_type();
        let Some(compression) = media_type::layer_compression(media_type) else {
            return Err(Error::unsupported(what, format!("its media type is `{}`", cut(media_type))));
        };
        let is_foreign = media_type::is_foreign(media_type);
        let (digest, place) = match self.place(descriptor, &what) {
            Err(Error::Missing { what, .. }) if is_foreign || descriptor.urls.is_some() => {
                let why = "it is not in the archive, only its publisher has it";
                return Err(Error::unsupported(what, why));
            }
            found => found?,
        };
        let head = self.archive.part(&place, &what)?.head(&what)?;
        if Compression::of(&head) != compression {
            let found = Compression::of(&head).name();
            let why = format!("it is {found} by its first bytes, and `{media_type}` by its manifest");
            return Err(Error::damaged(&what, 0, why));
        }
        Ok(LayerSource {
            diff_id: layer.diff_id,
            digest: Some(digest),
            size: descriptor.size,
            media_type: media_type.to_owned(),
            compression,
            place,
        })
    }

    /// Where a blob is; its size is right.
    fn place(&self, descriptor: &Descriptor, what: &str) -> Result<(Digest, Place), Error> {
        let digest = document::digest(what, &descriptor.digest)?;
        let place = self.archive.blob(&digest)?;
        let place =
            place.ok_or_else(|| Error::missing(what, "a manifest names it, the archive has no such blob"))?;
        let size = self.archive.part(&place, what)?.size;
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
            return Err(Error::WrongDigest { what: what.to_owned(), expected, found });
        }
        Ok(bytes)
    }
}
