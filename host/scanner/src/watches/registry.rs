use std::sync::Weak;
use std::time::Duration;

use limpid_bytes::Stop;
use limpid_model::{Digest, ImageReference, Naming, Submission};

use super::stopped;
use crate::Error;
use crate::jobs::{Jobs, Secrets};

/// Asks registries what they have. Whoever starts a [`Watching`](super::Watching) brings one: how registries are asked
/// is nothing that this crate knows.
///
/// It is used by several threads at a time, waits and reads within limits of its own, and gives up once `stop` says so.
/// What it answers is foreign: names are checked by whoever asks.
pub trait RegistryLister: Send + Sync {
    /// All repositories of a registry.
    ///
    /// # Errors
    /// [`Unlisted`], also where there are more than a limit allows.
    fn repositories(&self, registry: &str, stop: &Stop) -> Result<Vec<String>, Unlisted>;

    /// All tags of a repository.
    ///
    /// # Errors
    /// [`Unlisted::Absent`] where there is no such repository.
    fn tags(&self, registry: &str, repository: &str, stop: &Stop) -> Result<Vec<String>, Unlisted>;

    /// Where a tag points: the digest of a manifest or index. It is asked for by a request that fetches nothing; where
    /// the registry does not say it so, the manifest is, unless it is still the one that is `known`.
    ///
    /// # Errors
    /// [`Unlisted::Absent`] where there is no such tag.
    fn digest(
        &self,
        registry: &str,
        repository: &str,
        tag: &str,
        known: Option<&Digest>,
        stop: &Stop,
    ) -> Result<Digest, Unlisted>;

    /// The manifests that refer to one, at most so many, as setting `attached.referrers` says. Nothing but the list is
    /// fetched.
    ///
    /// # Errors
    /// [`Unlisted`].
    fn referrers(
        &self,
        registry: &str,
        repository: &str,
        about: &Digest,
        most: u64,
        stop: &Stop,
    ) -> Result<Referrers, Unlisted>;

    /// When the images were made that a reference names, as far as their configurations say so, in the words of these:
    /// RFC 3339. Manifests and configurations are fetched for it.
    ///
    /// # Errors
    /// [`Unlisted`].
    fn made(&self, reference: &ImageReference, stop: &Stop) -> Result<Vec<String>, Unlisted>;
}

/// What refers to a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referrers {
    /// The registry has no such lists: clients keep them under tags.
    Unsupported,
    /// These manifests.
    Listed(Vec<Digest>),
}

/// Takes images to be indexed.
pub trait Submit: Send + Sync {
    /// Whether there is room for one more, and for others to submit theirs.
    fn has_room(&self) -> bool;

    /// Acknowledges a submission, and returns the number of its job.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already, and where the store fails.
    fn submit(&self, reference: ImageReference, naming: Naming) -> Result<u64, Error>;
}

/// What waits is done by a process that goes on, and half of the places are for others.
impl Submit for Weak<Jobs> {
    fn has_room(&self) -> bool {
        self.upgrade().is_some_and(|jobs| jobs.is_half_empty())
    }

    fn submit(&self, reference: ImageReference, naming: Naming) -> Result<u64, Error> {
        let jobs = self.upgrade().ok_or_else(stopped)?;
        Ok(jobs.submit_named(Submission::Watched { reference, naming }, Secrets::default())?.id)
    }
}

/// Why a registry did not say what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlisted {
    /// There is no such thing.
    #[error("the registry has nothing of that name")]
    Absent,
    /// It may be tried again.
    #[error("{0}")]
    Failed(String),
    /// It is not to be asked anything for so long.
    #[error("{why}")]
    Later {
        /// Why, as a sentence.
        why: String,
        /// From now on.
        after: Duration,
    },
}
