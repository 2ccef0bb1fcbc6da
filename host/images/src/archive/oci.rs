//! OCI image layouts
//! ([specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)).

use std::path::Path;

use limpid_bytes::{Compression, tar};
use limpid_layers::{Error as LayerError, Limits, compression};
use limpid_model::{Digest, ImageLayer, Platforms};

use super::{Archive, docker};
use crate::error::cut;
use crate::manifest::{Blobs, Descriptor, Document, Found, Reader};
use crate::{Error, FoundImage, FoundLayer, Location, document, media_type};

/// The images of an archive with an index.
pub(super) fn images(archive: &Archive) -> Result<Vec<FoundImage>, Error> {
    let what = "`index.json`";
    let place =
        archive.locate(Path::new("index.json"))?.ok_or_else(|| Error::missing(what, "it was there"))?;
    let index: Document = document::parse(what, &archive.document(&place, what)?)?;
    let descriptors = index.manifests.ok_or_else(|| Error::damaged(what, 0, "it has no `manifests`"))?;
    let mut reader = Reader::new(archive, &Platforms::All);
    reader.first_index(&descriptors)?;
    let Found { mut images, left_out, .. } = reader.finish();
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

impl Blobs for Archive {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn manifest(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
        self.verified(descriptor, what)
    }

    fn configuration(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
        self.verified(descriptor, what)
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
        let head = self.part(&place, &what)?.head(&what)?;
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

    fn name(&self, descriptor: &Descriptor) -> Option<String> {
        descriptor.name()
    }
}

impl Archive {
    /// Where a blob is; its size is right.
    fn place(&self, descriptor: &Descriptor, what: &str) -> Result<(Digest, Location), Error> {
        let digest = document::digest(what, &descriptor.digest)?;
        let place = self.blob(&digest)?;
        let place =
            place.ok_or_else(|| Error::missing(what, "a manifest names it, the archive has no such blob"))?;
        let size = self.part(&place, what)?.len();
        if size != descriptor.size {
            let why = format!("it has {size} bytes, and {} by its descriptor", descriptor.size);
            return Err(Error::damaged(what, size.min(descriptor.size), why));
        }
        Ok((digest, place))
    }

    /// Reads a document and checks its digest.
    pub(super) fn verified(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
        let (expected, place) = self.place(descriptor, what)?;
        let bytes = self.document(&place, what)?;
        let found = Digest::of(&bytes);
        if found != expected {
            return Err(LayerError::WrongDigest { what: what.to_owned(), expected, found }.into());
        }
        Ok(bytes)
    }
}
