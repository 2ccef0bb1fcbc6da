use std::collections::BTreeMap;

use crate::{Digest, Platform, Severity};

/// A repository of which images are known by name. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name, without the registry and the folder that clients leave out.
    pub name: String,
    /// Whose it is, as the settings say; none where they say nothing.
    pub owner: Option<String>,
    /// How many tags of it are known.
    pub tags: u64,
    /// How many images are known by a name of it, those included that a tag pointed at before.
    pub images: u64,
    /// When an image was last indexed by a name of it.
    pub last_indexed: Option<u64>,
}

/// Whoever answers for repositories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryOwner {
    /// Their name.
    pub name: String,
    /// Globs of repositories that are theirs, where no longer glob says otherwise.
    pub repositories: Vec<String>,
}

/// A tag, what it points at, and what has changed since what it pointed at before. Times are milliseconds since
/// 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag.
    pub tag: String,
    /// Digest of the manifest or index that it points at; none where no source has said it.
    pub digest: Option<Digest>,
    /// Since when it is known to point there.
    pub since: u64,
    /// When what it points at was last indexed.
    pub indexed: u64,
    /// The images that it points at: one, or those of the platforms of an index.
    pub images: Vec<TaggedImage>,
    /// What it pointed at before; none where nothing else is known.
    pub previous: Option<PreviousTarget>,
}

/// What a tag pointed at before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousTarget {
    /// Digest of the manifest or index; none where no source has said it.
    pub digest: Option<Digest>,
    /// Since when it was known to point there.
    pub since: u64,
    /// Its images, as far as they are known still.
    pub images: Vec<Digest>,
}

/// An image that a tag points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedImage {
    /// The image.
    pub image: Digest,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, as its configuration says.
    pub created: Option<String>,
    /// Findings by severity, as its report counts them.
    pub findings: BTreeMap<Severity, u64>,
    /// What is so since the image of this platform before; none where there is none.
    pub change: Option<TagChange>,
}

/// How the findings of an image differ from those of the image before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    /// The image before.
    pub from: Digest,
    /// Findings that the image before did not have.
    pub added: u64,
    /// Findings that only the image before has.
    pub removed: u64,
}

/// Counts over the images at which the tags of a repository point, each image once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositorySummary {
    /// The images.
    pub images: u64,
    /// Images of which no package was judged: it is not known what affects them.
    pub not_judged: u64,
    /// Vulnerabilities, each once, however many packages and images it affects.
    pub vulnerabilities: u64,
    /// Findings of all images by severity.
    pub findings: BTreeMap<Severity, u64>,
    /// Findings that are known to be exploited.
    pub exploited: u64,
    /// Findings that an update fixes.
    pub fixable: u64,
    /// Findings that are known to be exploited and that an update fixes.
    pub exploited_fixable: u64,
    /// Findings that are older than the limit of their severity; none where there is no limit.
    pub overdue: Option<u64>,
    /// When this was counted, in milliseconds since 1970.
    pub counted: u64,
}

impl RepositoryOrder {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Name, Self::Exploited, Self::Worst, Self::Findings];

    /// The word for it in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Exploited => "exploited",
            Self::Worst => "worst",
            Self::Findings => "findings",
        }
    }

    /// The order of that word; none where there is no such order.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == word)
    }
}

impl RepositorySummary {
    /// All findings.
    pub fn all_findings(&self) -> u64 {
        self.findings.values().sum()
    }
}

/// What is known of the counts of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summarized {
    /// The repository.
    pub repository: Repository,
    /// The counts; none where they were not counted yet.
    pub summary: Option<RepositorySummary>,
    /// Whether nothing has changed since they were counted that they rest on.
    pub is_current: bool,
}

/// A page of repositories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPage {
    /// In the order that was asked for.
    pub items: Vec<Summarized>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
    /// Whether counts are missing or have changed meanwhile: of those on the page, or of those by which it is sorted.
    pub is_partial: bool,
}

/// The order of repositories in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepositoryOrder {
    /// By name.
    #[default]
    Name,
    /// Most findings first that are known to be exploited, then as [`Self::Worst`].
    Exploited,
    /// Those with the worst finding first, of these those with most such findings.
    Worst,
    /// Most findings first.
    Findings,
}
