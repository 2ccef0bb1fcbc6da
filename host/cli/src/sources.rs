//! Where the images of submissions are that are no archives.

use std::collections::BTreeMap;
use std::path::PathBuf;

use limpid_fetch::Registries;
use limpid_images::{AddressedImage, RegistryImages};
use limpid_model::{Digest, Submission};
use limpid_scanner::{ImageSource, ImagesError, Limits, OpenSource, Secrets};

/// Registries, and addresses of layers.
pub(crate) struct Sources {
    pub(crate) registries: Registries,
    pub(crate) scratch: PathBuf,
    pub(crate) limits: Limits,
}

impl OpenSource for Sources {
    fn open(
        &self,
        submission: &Submission,
        secrets: &Secrets,
        _: BTreeMap<Digest, Digest>,
    ) -> Result<Box<dyn ImageSource>, ImagesError> {
        Ok(match submission {
            Submission::Archive { .. } => {
                return Err(ImagesError::NotAnImage("an archive is not elsewhere".to_owned()));
            }
            Submission::Reference(reference) => {
                let login = secrets.login.clone();
                Box::new(RegistryImages::new(&self.registries, reference.clone(), login, &self.limits)?)
            }
            Submission::Addresses(addresses) => Box::new(AddressedImage::new(
                &self.registries,
                addresses.clone(),
                secrets.headers.clone(),
                &self.scratch,
                &self.limits,
            )?),
        })
    }
}
