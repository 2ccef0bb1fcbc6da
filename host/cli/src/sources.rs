//! Where the images of submissions are that are no archives.

use std::collections::{BTreeMap, HashMap};

use limpid_fetch::Registries;
use limpid_images::{AddressedImage, ImageSource, KnownLayer, RegistryImages};
use limpid_model::{Digest, Submission};
use limpid_scanner::{Current, ImagesError, OpenSource, Scanner, Secrets};

/// Registries, by the settings of the service.
pub(crate) struct Elsewhere {
    pub(crate) registries: Current<Registries>,
    /// Whose settings and whose disk bound what is fetched.
    pub(crate) scanner: Scanner,
}

impl OpenSource for Elsewhere {
    fn open(
        &self,
        submission: &Submission,
        secrets: &Secrets,
        known: BTreeMap<Digest, KnownLayer>,
    ) -> Result<Box<dyn ImageSource>, ImagesError> {
        let Self { registries, scanner } = self;
        let settings = scanner.settings();
        let limits = &settings.limits;
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
                let scratch = &settings.scratch;
                let image = AddressedImage::new(registries, addresses.clone(), headers, scratch, limits)?;
                let known: HashMap<_, _> = known.into_iter().collect();
                let (image, scanner) = (image.side_by_side(settings.layers), scanner.clone());
                let image = image.with_room(move || scanner.require_spare_room());
                Ok(Box::new(image.with_known(move |blob| known.get(blob).copied())))
            }
        }
    }
}
