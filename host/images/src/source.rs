use std::path::PathBuf;
use std::sync::Arc;

use limpid_bytes::Stop;
use limpid_model::{Digest, Image, ImageReference};

use crate::{ArrivingLayer, Attaching, Content, Error, FoundAttachment, KnownLayer};

/// Where images come from. Sources differ in where they lead and not in what they give, so that
/// indexing is the same for all.
///
/// A source is used by several threads at a time. It may be slow: whatever waits looks at the [`Stop`]
/// that it is given, and ends with [`Error::Interrupted`] once that says so.
pub trait ImageSource: Send + Sync {
    /// All images that are asked for, each once, however many names it has. Manifests and configurations
    /// are verified against their digests; of layers nothing is read that is not at hand.
    ///
    /// # Errors
    /// [`Error`]; its [`fault`](Error::fault) says whether another try may end better.
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error>;

    /// Digest of the manifest or index by which all of them were found, once they were: what a tag points at. None
    /// where the source has none, or knows of none.
    fn digest(&self) -> Option<Digest> {
        None
    }

    /// By which reference they can be fetched again; none where they can only be submitted again.
    fn reference(&self) -> Option<ImageReference> {
        None
    }

    /// What is attached to an image that [`images`](Self::images) gave, where that is asked for; none where the
    /// source knows of no such thing, and so cannot say that there is nothing.
    ///
    /// # Errors
    /// Nobody waits for it any more. What cannot be read costs itself, and is told.
    fn attached(
        &self,
        _image: &FoundImage,
        _attaching: &Attaching,
        _stop: &Stop,
    ) -> Result<Option<Vec<FoundAttachment>>, Error> {
        Ok(None)
    }

    /// How many layers [`fetch_ahead`](Self::fetch_ahead) would fetch.
    fn to_fetch(&self) -> usize {
        0
    }

    /// Fetches now, so many at a time, what would be fetched when it is needed: for sources that may not give it any
    /// more then, or that do not know what images they have before their layers are read. `tell` hears of each such
    /// layer as it begins to come, or at once where it is here. What is fetched is kept as long as the source. What
    /// cannot be had is asked for again when it is needed.
    fn fetch_ahead(&self, _side_by_side: usize, _stop: &Stop, _tell: &(dyn Fn(ArrivingLayer) + Sync)) {}

    /// How many layers somebody has to read before [`images`](Self::images) can say which images there are. The source
    /// reads them by itself, unless it is told by [`name`](Self::name) what they are.
    fn unnamed(&self) -> usize {
        0
    }

    /// Says what a layer turned out to be that [`fetch_ahead`](Self::fetch_ahead) has told of, by the digest of what is
    /// stored.
    fn name(&self, _stored: &Digest, _known: KnownLayer) {}

    /// Opens the stored bytes of a layer that [`images`](Self::images) gave. They are as long as the
    /// layer says, and not verified: whoever reads them holds them against its digests.
    ///
    /// # Errors
    /// They cannot be had.
    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error>;
}

macro_rules! by_what_it_holds {
    ($($holder:ident),*) => {$(
        impl<S: ImageSource + ?Sized> ImageSource for $holder<S> {
            fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error> {
                (**self).images(stop)
            }

            fn digest(&self) -> Option<Digest> {
                (**self).digest()
            }

            fn reference(&self) -> Option<ImageReference> {
                (**self).reference()
            }

            fn attached(
                &self,
                image: &FoundImage,
                attaching: &Attaching,
                stop: &Stop,
            ) -> Result<Option<Vec<FoundAttachment>>, Error> {
                (**self).attached(image, attaching, stop)
            }

            fn to_fetch(&self) -> usize {
                (**self).to_fetch()
            }

            fn fetch_ahead(
                &self,
                side_by_side: usize,
                stop: &Stop,
                tell: &(dyn Fn(ArrivingLayer) + Sync),
            ) {
                (**self).fetch_ahead(side_by_side, stop, tell);
            }

            fn unnamed(&self) -> usize {
                (**self).unnamed()
            }

            fn name(&self, stored: &Digest, known: KnownLayer) {
                (**self).name(stored, known);
            }

            fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
                (**self).open(layer, stop)
            }
        }
    )*};
}

by_what_it_holds!(Box, Arc);

/// An image of a source and where its layers are, lowest first.
#[derive(Clone, Debug)]
pub struct FoundImage {
    /// What the image is. Manifest and configuration are verified, layers are not yet.
    pub image: Image,
    /// As many as `image.layers`, in the same order.
    pub layers: Vec<FoundLayer>,
}

/// Where a layer is, and what is stated of it.
#[derive(Clone, Debug)]
pub struct FoundLayer {
    /// Digest of its tar, as the image's configuration says.
    pub diff_id: Digest,
    /// Digest of what is stored, where a manifest names it.
    pub digest: Option<Digest>,
    /// Its stored size in bytes.
    pub size: u64,
    /// What is stored; for an archive without manifests, as its first bytes say.
    pub media_type: String,
    /// What its first bytes say where they contradict its media type or its name; the bytes decide.
    /// None where the source has not looked at them.
    pub stored_as: Option<String>,
    /// Where its source finds it.
    pub location: Location,
}

/// Where a layer is in its source, which alone understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// By the digest of what is stored.
    Digest,
    /// A stretch of an archive. Only this crate makes one.
    #[non_exhaustive]
    Member {
        /// Where it begins, in bytes.
        offset: u64,
        /// How long it is, in bytes.
        size: u64,
    },
    /// A file below the source's directory, by a name that only this crate makes: one that is foreign could
    /// lead anywhere.
    #[non_exhaustive]
    File(PathBuf),
    /// Nowhere: the layer cannot be read, for this reason, and costs only itself.
    Unreadable(String),
}

impl Location {
    pub(crate) const fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}
