use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::by_repository::ByRepository;

/// How much may be kept: the settings `quotas.*`. What is 0 is unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaSettings {
    /// Images in all.
    pub images: u64,
    /// Bytes that the store takes, beyond which no image is added.
    pub store_bytes: u64,
    /// Images of each repository.
    pub repository_images: u64,
    /// Other quotas, in the place of that one, for repositories by glob. The longest glob counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub repositories: BTreeMap<String, RepositoryQuota>,
}

/// How much of a repository may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepositoryQuota {
    /// As [`QuotaSettings::repository_images`].
    pub images: u64,
}

/// The quotas, as repositories are held against them.
#[derive(Clone, Debug)]
pub struct Quotas(ByRepository<RepositoryQuota>);

impl QuotaSettings {
    /// The quotas of repositories.
    ///
    /// # Errors
    /// Which glob is none, and why.
    pub fn of_repositories(&self) -> Result<Quotas, String> {
        let general = RepositoryQuota { images: self.repository_images };
        Ok(Quotas(ByRepository::new("quotas.repositories", general, &self.repositories)?))
    }
}

impl Quotas {
    /// Whether any repository has one.
    pub(crate) fn bound_something(&self) -> bool {
        self.0.all().any(|quota| quota.images > 0)
    }

    /// How many images a repository may have, and the setting that says so; none where it is unbounded.
    pub(crate) fn images(&self, repository: &str) -> Option<(u64, String)> {
        let (quota, glob) = self.0.of(Some(repository));
        let setting = || match glob {
            Some(glob) => format!("quotas.repositories.\"{glob}\".images"),
            None => "quotas.repository_images".to_owned(),
        };
        (quota.images > 0).then(|| (quota.images, setting()))
    }
}
