//! Where the images of submissions are that are no archives.

use std::collections::BTreeMap;

use limpid_model::{Digest, Submission};
use limpid_scanner::{ImageSource, ImagesError, OpenSource, Secrets};

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
