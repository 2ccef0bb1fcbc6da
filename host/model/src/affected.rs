use std::sync::Arc;

use crate::report::Enriched;
use crate::{Advisory, Digest, Severity, Status};

/// What publishers state of a vulnerability, and which packages it affects.
#[derive(Clone, Debug)]
pub struct VulnerabilityDescription {
    /// The identifier that was asked for.
    pub id: String,
    /// All of its identifiers, sorted.
    pub identifiers: Vec<String>,
    /// What each publisher states.
    pub advisories: Vec<Published>,
    /// What is known of it, whoever is affected.
    pub enrichments: Vec<Enriched>,
    /// Packages of layers that it affects, in each context in which layers lie: of each version, those of some
    /// layers.
    pub packages: Vec<AffectedPackage>,
    /// Whether there are more of them.
    pub more_packages: bool,
}

/// An advisory and who published it.
#[derive(Clone, Debug)]
pub struct Published {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// What it states.
    pub advisory: Advisory,
}

/// A package of a layer that a vulnerability affects.
#[derive(Clone, Debug, PartialEq)]
pub struct AffectedPackage {
    /// The layer.
    pub diff_id: Digest,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The file that states it.
    pub path: String,
    /// What the publisher states of it.
    pub status: Status,
    /// The nearest fixed version.
    pub fixed_version: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The feed that says so.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
}

/// An image that a vulnerability affects.
#[derive(Clone, Debug, PartialEq)]
pub struct AffectedImage {
    /// The image.
    pub image: Digest,
    /// Its names.
    pub names: Vec<String>,
    /// The packages by which it is affected.
    pub packages: Arc<[AffectedPackage]>,
}

/// How likely it was at times that a vulnerability is exploited ([EPSS](https://www.first.org/epss/)). Times are
/// milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct VulnerabilityScores {
    /// The identifier that was asked for.
    pub id: String,
    /// Since when changes are kept.
    pub since: u64,
    /// Changes, the last first.
    pub changes: Vec<ScoreChange>,
    /// Before when the next page begins; none on the last.
    pub next: Option<u64>,
}

/// That a score became another one. Of several on one day (UTC), the last counts.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreChange {
    /// When; none where it was so before what is kept.
    pub at: Option<u64>,
    /// Of which identifier.
    pub vulnerability: String,
    /// The feed that says so.
    pub feed: String,
    /// The score, 0 to 1; none where the feed stated none any more.
    pub score: Option<f32>,
}
