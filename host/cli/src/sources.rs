//! Where the images of submissions are that are no archives.

use std::collections::BTreeMap;

use limpid_model::{Digest, ImageReference, Submission};
use limpid_scanner::{ImageSource, ImagesError, OpenSource, RegistryLister, Secrets, Stop, Unlisted};

/// Registries, which are not asked yet.
pub(crate) struct Registries;

impl OpenSource for Registries {
    fn open(
        &self,
        _: &Submission,
        _: &Secrets,
        _: BTreeMap<Digest, Digest>,
    ) -> Result<Box<dyn ImageSource>, ImagesError> {
        let why = "images of registries are not fetched yet, send an archive";
        Err(ImagesError::NotAnImage(why.to_owned()))
    }
}

fn not_asked() -> Unlisted {
    Unlisted::Failed("registries are not asked yet".to_owned())
}

impl RegistryLister for Registries {
    fn repositories(&self, _: &str, _: &Stop) -> Result<Vec<String>, Unlisted> {
        Err(not_asked())
    }

    fn tags(&self, _: &str, _: &str, _: &Stop) -> Result<Vec<String>, Unlisted> {
        Err(not_asked())
    }

    fn digest(&self, _: &str, _: &str, _: &str, _: Option<&Digest>, _: &Stop) -> Result<Digest, Unlisted> {
        Err(not_asked())
    }

    fn made(&self, _: &ImageReference, _: &Stop) -> Result<Option<u64>, Unlisted> {
        Err(not_asked())
    }
}
