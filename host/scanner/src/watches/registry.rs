use std::time::Duration;

use limpid_bytes::Stop;
use limpid_model::{Digest, ImageReference};

use crate::Error;

/// Asks registries what they have. Whoever starts a [`Watching`](super::Watching) brings one: how registries are asked
/// is nothing that this crate knows.
///
/// It is used by several threads at a time, waits within limits of its own, and gives up once `stop` says so. What it
/// answers is foreign: names are checked by whoever asks.
pub trait RegistryLister: Send + Sync {
    /// Repositories of a registry, `most` at most.
    ///
    /// # Errors
    /// [`Unlisted`]; that the registry lists none is [`Unlisted::Failed`].
    fn repositories(&self, registry: &str, most: usize, stop: &Stop) -> Result<Vec<String>, Unlisted>;

    /// Tags of a repository, `most` at most.
    ///
    /// # Errors
    /// [`Unlisted::Absent`] where there is no such repository.
    fn tags(
        &self,
        registry: &str,
        repository: &str,
        most: usize,
        stop: &Stop,
    ) -> Result<Vec<String>, Unlisted>;

    /// Where a tag points, by a request that fetches nothing: the digest of a manifest or index.
    ///
    /// # Errors
    /// [`Unlisted::Absent`] where there is no such tag.
    fn digest(&self, registry: &str, repository: &str, tag: &str, stop: &Stop) -> Result<Digest, Unlisted>;

    /// When the newest of the images was made that a reference names, in milliseconds since 1970; none where no
    /// configuration says so. Manifests and configurations are fetched for it.
    ///
    /// # Errors
    /// [`Unlisted`].
    fn made(&self, reference: &ImageReference, stop: &Stop) -> Result<Option<u64>, Unlisted>;
}

/// Takes images to be indexed.
pub trait Submit: Send + Sync {
    /// Whether there is room for one more, and for others to submit theirs.
    fn has_room(&self) -> bool;

    /// Acknowledges a submission, and returns the number of its job.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already, and where the store fails.
    fn submit(&self, reference: ImageReference) -> Result<u64, Error>;
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
