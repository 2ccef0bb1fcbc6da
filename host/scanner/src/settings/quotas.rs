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

/// The same, as images are held against it.
#[derive(Clone, Debug, Default)]
pub struct Quotas {
    /// As [`QuotaSettings::images`].
    pub(crate) images: u64,
    /// As [`QuotaSettings::store_bytes`].
    pub(crate) store_bytes: u64,
    by_repository: ByRepository<RepositoryQuota>,
}

impl Quotas {
    /// Reads them.
    ///
    /// # Errors
    /// Which glob is none, and why.
    pub fn read(stated: &QuotaSettings) -> Result<Self, String> {
        let QuotaSettings { images, store_bytes, repository_images, repositories } = stated;
        let general = RepositoryQuota { images: *repository_images };
        let by_repository = ByRepository::new("quotas.repositories", general, repositories)?;
        Ok(Self { images: *images, store_bytes: *store_bytes, by_repository })
    }

    /// Whether any repository has one.
    pub(crate) fn bound_repositories(&self) -> bool {
        self.by_repository.all().any(|quota| quota.images > 0)
    }

    /// How many images a repository may have, and the setting that says so; none where it is unbounded.
    pub(crate) fn images_of(&self, repository: &str) -> Option<(u64, String)> {
        let (quota, glob) = self.by_repository.of(Some(repository));
        let setting = || match glob {
            Some(glob) => format!("quotas.repositories.\"{glob}\".images"),
            None => "quotas.repository_images".to_owned(),
        };
        (quota.images > 0).then(|| (quota.images, setting()))
    }
}
