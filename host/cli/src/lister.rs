//! How the scanner's watches ask registries what they have: by the crate that knows their protocol.

use limpid_fetch::{Error, Listing, Reference, Registries, Repository, Version};
use limpid_images::RegistryImages;
use limpid_model::{Digest, ImageReference, chain};
use limpid_scanner::{Current, ImageSource as _, Limits, Referrers, RegistryLister, Stop, Unlisted};

/// Asks registries by way of [`limpid_fetch`].
pub(crate) struct Lister {
    pub(crate) registries: Current<Registries>,
    pub(crate) limits: Limits,
}

impl Lister {
    fn repository(&self, registry: &str, repository: &str) -> Result<Repository, Unlisted> {
        let reference = Reference::of_repository(registry, repository);
        let repository = reference.and_then(|reference| self.registries.repository(&reference, None));
        repository.map_err(|error| unlisted(&error))
    }
}

impl RegistryLister for Lister {
    fn repositories(&self, registry: &str, stop: &Stop) -> Result<Vec<String>, Unlisted> {
        match self.registries.catalog(registry, None, stop) {
            Ok(listing) => Ok(names(listing)),
            Err(error) if error.is_absent() => {
                Err(Unlisted::Failed("it has no catalog to be asked for".to_owned()))
            }
            Err(error) => Err(unlisted(&error)),
        }
    }

    fn tags(&self, registry: &str, repository: &str, stop: &Stop) -> Result<Vec<String>, Unlisted> {
        self.repository(registry, repository)?.tags(stop).map(names).map_err(|error| unlisted(&error))
    }

    fn digest(
        &self,
        registry: &str,
        repository: &str,
        tag: &str,
        known: Option<&Digest>,
        stop: &Stop,
    ) -> Result<Digest, Unlisted> {
        let version = Version::tag(tag).ok_or(Unlisted::Absent)?;
        let repository = self.repository(registry, repository)?;
        repository.head(&version, known, stop).map_err(|error| unlisted(&error))?.ok_or(Unlisted::Absent)
    }

    fn referrers(
        &self,
        registry: &str,
        repository: &str,
        about: &Digest,
        most: u64,
        stop: &Stop,
    ) -> Result<Referrers, Unlisted> {
        let repository = self.repository(registry, repository)?;
        let listed = repository.referrers_by_api(about, (most, "attached.referrers"), stop);
        let listed = listed.map_err(|error| unlisted(&error))?;
        Ok(listed.map_or(Referrers::Unsupported, |found| {
            Referrers::Listed(found.into_iter().map(|referrer| referrer.digest).collect())
        }))
    }

    fn made(&self, reference: &ImageReference, stop: &Stop) -> Result<Vec<String>, Unlisted> {
        let failed = |error: limpid_images::Error| Unlisted::Failed(chain(&error));
        let images = RegistryImages::new(&self.registries, reference.clone(), None, &self.limits);
        let images = images.and_then(|images| images.images(stop)).map_err(failed)?;
        Ok(images.into_iter().filter_map(|found| found.image.created).collect())
    }
}

/// What is listed, with something that is no name where there is any: whoever asks tells of it.
fn names(listing: Listing) -> Vec<String> {
    let mut names = listing.names;
    names.extend((listing.unusable > 0).then(String::new));
    names
}

fn unlisted(error: &Error) -> Unlisted {
    let why = chain(error);
    match error.retry_after() {
        Some(after) => Unlisted::Later { why, after },
        None if error.is_absent() => Unlisted::Absent,
        None => Unlisted::Failed(why),
    }
}
