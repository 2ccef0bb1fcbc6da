use limpid_model::VulnerabilityDescription;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::affected::AffectedPackage;
use super::report::Enrichment;
use super::time;

/// All that is known of a vulnerability.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Vulnerability {
    /// The identifier that was asked for.
    pub id: String,
    /// All of its identifiers.
    pub identifiers: Vec<String>,
    /// What each publisher says.
    pub advisories: Vec<Advisory>,
    /// What is known of it, whoever is affected.
    pub enrichments: Vec<Enrichment>,
    /// Packages of known layers that it affects: of each version those of 20 layers at most, and 1000 in all.
    pub packages: Vec<AffectedPackage>,
    /// Whether there are more of them.
    #[serde(default)]
    pub more_packages: bool,
}

/// How likely it was at times that a vulnerability is exploited in the 30 days that follow (EPSS).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Scores {
    /// The identifier that was asked for.
    pub id: String,
    /// Since when changes are kept.
    pub since: String,
    /// Changes, the last first; of several of a feed on one day (UTC), the last.
    pub changes: Vec<Score>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// That a score became another one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// When; null where it was so before `since`.
    #[schema(required)]
    pub at: Option<String>,
    /// Of which identifier.
    pub vulnerability: String,
    /// The feed that says so.
    pub feed: String,
    /// The score, 0 to 1; null where the feed stated none any more.
    #[schema(required)]
    pub score: Option<f32>,
}

/// What one publisher says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Advisory {
    /// The publisher's identifier.
    pub id: String,
    /// The feed.
    pub feed: String,
    /// The source of that feed.
    pub source: String,
    /// One line on what it is.
    pub title: String,
    /// As long as it takes.
    pub details: String,
    /// Ratings, as the publisher gives them.
    pub ratings: Vec<Rating>,
    /// CWE identifiers.
    pub weaknesses: Vec<String>,
    /// Further reading.
    pub references: Vec<String>,
    /// When it was published.
    #[schema(required)]
    pub published: Option<String>,
    /// When it was last changed.
    #[schema(required)]
    pub modified: Option<String>,
    /// When the publisher took it back.
    #[schema(required)]
    pub withdrawn: Option<String>,
    /// Packages of which it speaks, as `namespace/name`.
    pub affects: Vec<String>,
}

/// A rating.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AdvisoryRating)]
pub struct Rating {
    /// `CVSS:3.1`, or a publisher's name.
    pub system: String,
    /// The vector, or the word.
    pub value: String,
    /// 0.0 to 10.0.
    #[schema(required)]
    pub score: Option<f32>,
}

impl From<VulnerabilityDescription> for Vulnerability {
    fn from(description: VulnerabilityDescription) -> Self {
        Self {
            id: description.id,
            identifiers: description.identifiers,
            advisories: description.advisories.into_iter().map(Advisory::from).collect(),
            enrichments: description.enrichments.into_iter().map(Enrichment::from).collect(),
            packages: description.packages.into_iter().map(AffectedPackage::from).collect(),
            more_packages: description.more_packages,
        }
    }
}

impl From<limpid_model::Published> for Advisory {
    fn from(published: limpid_model::Published) -> Self {
        let advisory = published.advisory;
        let rating = |rating: limpid_model::Rating| Rating {
            system: rating.system,
            value: rating.value,
            score: rating.score,
        };
        Self {
            id: advisory.id,
            feed: published.feed,
            source: published.source,
            title: advisory.title,
            details: advisory.details,
            ratings: advisory.ratings.into_iter().map(rating).collect(),
            weaknesses: advisory.weaknesses,
            references: advisory.references,
            published: advisory.published,
            modified: advisory.modified,
            withdrawn: advisory.withdrawn,
            affects: advisory.affected.iter().map(|a| format!("{}/{}", a.namespace, a.name)).collect(),
        }
    }
}

impl From<limpid_model::VulnerabilityScores> for Scores {
    fn from(scores: limpid_model::VulnerabilityScores) -> Self {
        let change = |change: limpid_model::ScoreChange| Score {
            at: change.at.map(time),
            vulnerability: change.vulnerability,
            feed: change.feed,
            score: change.score,
        };
        Self {
            id: scores.id,
            since: time(scores.since),
            changes: scores.changes.into_iter().map(change).collect(),
            next: scores.next.map(|before| before.to_string()),
        }
    }
}
