//! Files of an image as its layers have them in the end.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use limpid_bytes::{Decoding, Inflation, Limit, Stop};
use limpid_images::{Archive, FoundImage, ImageSource as _, stored};
use limpid_layers::{ClaimSet, ClaimedFile, Limits, Sink, read_layer};
use limpid_model::Claim;

/// An archive that is open, and the one image in it.
pub(crate) struct Opened {
    pub(crate) archive: Archive,
    pub(crate) image: FoundImage,
    pub(crate) limits: Limits,
}

impl Opened {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let limits = Limits::default();
        let archive = Archive::open(path, &std::env::temp_dir(), &limits)?;
        let image =
            archive.images(&Stop::default())?.into_iter().next().context("the archive holds no image")?;
        Ok(Self { archive, image, limits })
    }

    /// What bounds inflating a layer.
    pub(crate) const fn bounds(&self) -> (Decoding, Inflation) {
        (
            self.limits.decoding(),
            self.limits.inflation(Limit::of("layer_inflated_bytes", self.limits.layer_inflated_bytes)),
        )
    }

    /// The last file of each path that the claims want, by path.
    pub(crate) fn claimed(&self, claims: &[Claim]) -> anyhow::Result<Vec<ClaimedFile>> {
        let claims = ClaimSet::new(std::iter::once(claims))?;
        let mut files = Files::default();
        for layer in &self.image.layers {
            let scratch = std::env::temp_dir();
            let layer = stored(&self.archive, layer, &scratch, &Stop::default())?;
            read_layer(&layer, &claims, &scratch, &self.limits, &mut files)?;
        }
        Ok(files.0.into_values().collect())
    }
}

#[derive(Default)]
struct Files(BTreeMap<String, ClaimedFile>);

impl Sink for Files {
    fn alone(&mut self, _claimant: usize, batch: Vec<ClaimedFile>) {
        self.0.extend(batch.into_iter().map(|file| (file.path().to_owned(), file)));
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.alone(claimant, files);
    }
}
