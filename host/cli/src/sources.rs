//! Where the images of submissions are that are no archives.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use limpid_fetch::Registries;
use limpid_images::{AddressedImage, ImageSource, KnownLayer, RegistryImages};
use limpid_layers::Limits;
use limpid_model::{Digest, Submission};
use limpid_scanner::{Current, ImagesError, OpenSource, Secrets};

/// Registries, by the settings of the service.
pub(crate) struct Elsewhere {
    pub(crate) registries: Current<Registries>,
    pub(crate) scratch: PathBuf,
    pub(crate) limits: Limits,
    /// Layers of one image that are fetched at a time.
    pub(crate) layers: usize,
}

impl OpenSource for Elsewhere {
    fn open(
        &self,
        submission: &Submission,
        secrets: &Secrets,
        known: BTreeMap<Digest, KnownLayer>,
    ) -> Result<Box<dyn ImageSource>, ImagesError> {
        let Self { registries, scratch, limits, layers } = self;
        match submission {
            Submission::Archive { .. } => {
                Err(ImagesError::NotAnImage("an archive is opened where it lies".to_owned()))
            }
            Submission::Reference(reference) => {
                let login = secrets.login.clone();
                Ok(Box::new(RegistryImages::new(registries, reference.clone(), login, limits)?))
            }
            Submission::Watched { reference, naming } => {
                let images = RegistryImages::new(registries, reference.clone(), None, limits)?;
                Ok(Box::new(images.called(*naming)))
            }
            Submission::Addresses(addresses) => {
                let mut headers = secrets.headers.clone();
                // Those of a job that an earlier process has taken are gone with it.
                headers.resize(addresses.layers.len(), BTreeMap::new());
                let image = AddressedImage::new(registries, addresses.clone(), headers, scratch, limits)?;
                let known: HashMap<_, _> = known.into_iter().collect();
                let image = image.side_by_side(*layers);
                Ok(Box::new(image.with_known(move |blob| known.get(blob).copied())))
            }
        }
    }
}
