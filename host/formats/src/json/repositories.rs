use std::collections::BTreeMap;

use limpid_model::Severity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Platform, Word, time};

/// A repository of which images are known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// Who answers for it, as setting `owners` says; null where that says nothing.
    #[schema(required)]
    pub owner: Option<String>,
    /// How many tags of it are known.
    pub tags: u64,
    /// How many images are known by a name of it.
    pub images: u64,
    /// When an image was last indexed by a name of it.
    #[schema(required)]
    pub last_indexed: Option<String>,
    /// What its images come to; null where that was not counted yet.
    #[schema(required)]
    pub summary: Option<RepositorySummary>,
}

/// Counts over the images at which the tags of a repository point now, each image once. They are what the reports of these
/// images say, all together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RepositorySummary {
    /// The images.
    pub images: u64,
    /// Images of which no package was judged: it is not known what affects them.
    pub not_judged: u64,
    /// Vulnerabilities, each once, however many packages and images it affects.
    pub vulnerabilities: u64,
    /// Findings of all images.
    pub findings: u64,
    /// Findings by severity.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub by_severity: BTreeMap<Word, u64>,
    /// Findings that are known to be exploited.
    pub exploited: u64,
    /// Findings that an update fixes.
    pub fixable: u64,
    /// Findings that are known to be exploited and that an update fixes.
    pub exploited_fixable: u64,
    /// Findings that are older than the limit of their severity (`ages.limits`); null where no severity has one.
    #[schema(required)]
    pub overdue: Option<u64>,
    /// When this was counted.
    pub counted_at: String,
    /// Whether it still is so. False where something has changed since on which it rests, until it is counted again.
    pub current: bool,
}

/// Who answers for repositories.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Owners {
    /// By name.
    pub owners: Vec<RepositoryOwner>,
}

/// Somebody who answers for repositories.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RepositoryOwner {
    /// Their name.
    pub name: String,
    /// Globs of repositories that are theirs, where no longer glob says otherwise.
    pub repositories: Vec<String>,
}

impl From<Vec<limpid_model::RepositoryOwner>> for Owners {
    fn from(owners: Vec<limpid_model::RepositoryOwner>) -> Self {
        let owner =
            |limpid_model::RepositoryOwner { name, repositories }| RepositoryOwner { name, repositories };
        Self { owners: owners.into_iter().map(owner).collect() }
    }
}

/// A page of repositories.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Repositories {
    /// By name, or in the order that was asked for.
    pub repositories: Vec<Repository>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
    /// Whether counts are still being made: of repositories on the page, or of any by which it is sorted.
    pub partial: bool,
}

/// A tag, and what it points at.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tag {
    /// The tag.
    pub tag: String,
    /// Digest of the manifest or index that it points at; null where no source has said it.
    #[schema(required)]
    pub digest: Option<String>,
    /// Since when it is known to point there.
    pub since: String,
    /// When that was last indexed.
    pub indexed_at: String,
    /// One image, or one for each platform of an index.
    pub images: Vec<TaggedImage>,
    /// What it pointed at before; null where nothing else is known.
    #[schema(required)]
    pub previous: Option<PreviousTarget>,
}

/// An image that a tag points at.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TaggedImage {
    /// Digest of its configuration.
    pub digest: String,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, as its configuration says.
    #[schema(required)]
    pub created: Option<String>,
    /// Findings of its report, all together.
    pub findings: u64,
    /// Findings by severity.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub by_severity: BTreeMap<Word, u64>,
    /// What is so since the image of this platform before; null where there is none.
    #[schema(required)]
    pub change: Option<TagChange>,
}

/// How the findings of an image differ from those of the one before it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TagChange {
    /// Digest of the image before.
    pub from: String,
    /// Findings that it did not have.
    pub added: u64,
    /// Findings that only it has.
    pub removed: u64,
}

/// What a tag pointed at before.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviousTarget {
    /// Digest of the manifest or index; null where no source has said it.
    #[schema(required)]
    pub digest: Option<String>,
    /// Since when it was known to point there.
    pub since: String,
    /// Digests of its images, as far as they are known still.
    pub images: Vec<String>,
}

/// A page of tags.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tags {
    /// By name.
    pub tags: Vec<Tag>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl From<limpid_model::Summarized> for Repository {
    fn from(summarized: limpid_model::Summarized) -> Self {
        let limpid_model::Summarized { repository: known, summary, is_current } = summarized;
        Self {
            name: known.name,
            owner: known.owner,
            tags: known.tags,
            images: known.images,
            last_indexed: known.last_indexed.map(time),
            summary: summary.map(|summary| RepositorySummary::new(summary, is_current)),
        }
    }
}

impl From<limpid_model::RepositoryPage> for Repositories {
    fn from(page: limpid_model::RepositoryPage) -> Self {
        let repositories = page.items.into_iter().map(Repository::from).collect();
        Self { repositories, next: page.next, partial: page.is_partial }
    }
}

impl RepositorySummary {
    fn new(counted: limpid_model::RepositorySummary, current: bool) -> Self {
        let count = |severity| counted.findings.get(&severity).copied().unwrap_or(0);
        let by_severity = Severity::WORST_FIRST.into_iter().map(|it| (it.as_str().into(), count(it)));
        Self {
            images: counted.images,
            not_judged: counted.not_judged,
            vulnerabilities: counted.vulnerabilities,
            findings: counted.all_findings(),
            by_severity: by_severity.collect(),
            exploited: counted.exploited,
            fixable: counted.fixable,
            exploited_fixable: counted.exploited_fixable,
            overdue: counted.overdue,
            counted_at: time(counted.counted),
            current,
        }
    }
}

impl From<limpid_model::Tag> for Tag {
    fn from(tag: limpid_model::Tag) -> Self {
        Self {
            tag: tag.tag,
            digest: tag.digest.map(|digest| digest.to_string()),
            since: time(tag.since),
            indexed_at: time(tag.indexed),
            images: tag.images.into_iter().map(TaggedImage::from).collect(),
            previous: tag.previous.map(PreviousTarget::from),
        }
    }
}

impl From<limpid_model::TaggedImage> for TaggedImage {
    fn from(image: limpid_model::TaggedImage) -> Self {
        let by_severity = image.findings.iter().map(|(severity, count)| (severity.as_str().into(), *count));
        Self {
            digest: image.image.to_string(),
            platform: image.platform.into(),
            created: image.created,
            findings: image.findings.values().sum(),
            by_severity: by_severity.collect(),
            change: image.change.map(TagChange::from),
        }
    }
}

impl From<limpid_model::TagChange> for TagChange {
    fn from(change: limpid_model::TagChange) -> Self {
        Self { from: change.from.to_string(), added: change.added, removed: change.removed }
    }
}

impl From<limpid_model::PreviousTarget> for PreviousTarget {
    fn from(before: limpid_model::PreviousTarget) -> Self {
        Self {
            digest: before.digest.map(|digest| digest.to_string()),
            since: time(before.since),
            images: before.images.iter().map(ToString::to_string).collect(),
        }
    }
}
