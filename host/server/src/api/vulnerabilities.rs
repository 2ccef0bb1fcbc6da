use std::collections::BTreeMap;

use limpid_model::{Digest, Severity, Status};
use limpid_scanner::{ConcernedImage, Page, VulnerabilityDescription};
use serde::Serialize;

use super::report::Enrichment;

/// All that is known of a vulnerability.
#[derive(Clone, Debug, Serialize)]
pub struct Vulnerability {
    /// The identifier that was asked for.
    pub id: String,
    /// All of its identifiers.
    pub identifiers: Vec<String>,
    /// What each publisher says.
    pub advisories: Vec<Advisory>,
    /// What is known of it, whoever is affected.
    pub enrichments: Vec<Enrichment>,
    /// Packages of known layers that it concerns.
    pub packages: Vec<ConcernedPackage>,
}

/// What one publisher says.
#[derive(Clone, Debug, Serialize)]
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
    pub published: Option<String>,
    /// When it was last changed.
    pub modified: Option<String>,
    /// When the publisher took it back.
    pub withdrawn: Option<String>,
    /// Packages of which it speaks, as `namespace/name`.
    pub affects: Vec<String>,
}

/// A rating.
#[derive(Clone, Debug, Serialize)]
pub struct Rating {
    /// `CVSS:3.1`, or a publisher's name.
    pub system: String,
    /// The vector, or the word.
    pub value: String,
    /// 0.0 to 10.0.
    pub score: Option<f32>,
}

/// A package of a layer that a vulnerability concerns.
#[derive(Clone, Debug, Serialize)]
pub struct ConcernedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The layer that holds it.
    pub layer: String,
    /// The file that states it.
    pub path: String,
    /// What is said of it.
    pub status: &'static str,
    /// How bad it is.
    pub severity: &'static str,
    /// The nearest version that mends it.
    pub fixed_version: Option<String>,
    /// The feed that says so.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
}

/// Images that a vulnerability concerns.
#[derive(Clone, Debug, Serialize)]
pub struct ConcernedImages {
    /// By digest.
    pub images: Vec<Concerned>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// An image that a vulnerability concerns.
#[derive(Clone, Debug, Serialize)]
pub struct Concerned {
    /// Digest of its configuration.
    pub digest: String,
    /// Its names.
    pub names: Vec<String>,
    /// The packages by which it is concerned.
    pub packages: Vec<ConcernedPackage>,
}

/// Figures over all images.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// How many images are known.
    pub images: u64,
    /// Images by the worst that concerns them; those that nothing concerns are in none.
    pub by_worst_severity: BTreeMap<&'static str, u64>,
    /// Images that something concerns which is known to be exploited.
    pub exploited: u64,
    /// Images that something concerns which an update mends.
    pub fixable: u64,
    /// Images that something concerns, all of which an update mends.
    pub wholly_fixable: u64,
    /// The vulnerability that was published longest ago of those that no update mends.
    pub oldest_unfixed: Option<Unfixed>,
}

/// A vulnerability that no update mends.
#[derive(Clone, Debug, Serialize)]
pub struct Unfixed {
    /// Which.
    pub vulnerability: String,
    /// When it was published.
    pub published: String,
}

impl From<limpid_scanner::Figures> for Figures {
    fn from(figures: limpid_scanner::Figures) -> Self {
        let known = Severity::WORST_FIRST.into_iter();
        let count = |severity| figures.by_worst.get(&severity).copied().unwrap_or(0);
        Self {
            images: figures.images,
            by_worst_severity: known.map(|severity| (severity.as_str(), count(severity))).collect(),
            exploited: figures.exploited,
            fixable: figures.fixable,
            wholly_fixable: figures.wholly_fixable,
            oldest_unfixed: figures
                .oldest_unfixed
                .map(|(vulnerability, published)| Unfixed { vulnerability, published }),
        }
    }
}

/// Why a vulnerability concerns an image, or why not.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The image.
    pub image: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// Whether it concerns the image.
    pub concerned: bool,
    /// The reasons, those that concern it first.
    pub verdicts: Vec<Verdict>,
    /// The feeds whose advisories were looked at.
    pub feeds: Vec<String>,
}

/// What one advisory means for one package.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// `concerned`, `unreadable-version`, `fixed`, `not-affected`, `other-versions`,
    /// `requirement-not-met`, `other-release`, `left-to-distribution`, `no-such-package` or
    /// `not-in-feeds`.
    pub outcome: &'static str,
    /// The reason, in a sentence.
    pub why: String,
    /// The package; null where no package of the image is meant.
    pub package: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The file that states it.
    pub path: Option<String>,
    /// The publisher's identifier.
    pub advisory: String,
    /// The feed.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
}

impl From<limpid_scanner::Explanation> for Explanation {
    fn from(explanation: limpid_scanner::Explanation) -> Self {
        Self {
            image: explanation.image.to_string(),
            vulnerability: explanation.vulnerability,
            concerned: explanation.concerned,
            verdicts: explanation.verdicts.into_iter().map(Verdict::from).collect(),
            feeds: explanation.feeds,
        }
    }
}

impl From<limpid_scanner::Verdict> for Verdict {
    fn from(verdict: limpid_scanner::Verdict) -> Self {
        let (mut package, mut version, mut path) = (None, None, None);
        if let Some((of_package, of_version, of_path)) = verdict.package {
            (package, version, path) = (Some(of_package), Some(of_version), Some(of_path));
        }
        Self {
            outcome: verdict.outcome.as_str(),
            why: verdict.why,
            package,
            version,
            path,
            advisory: verdict.advisory,
            feed: verdict.feed,
            namespace: verdict.namespace,
        }
    }
}

impl From<limpid_scanner::ConcernedPackage> for ConcernedPackage {
    fn from(package: limpid_scanner::ConcernedPackage) -> Self {
        Self {
            name: package.name,
            version: package.version,
            layer: package.diff_id.to_string(),
            path: package.path,
            status: Status::as_str(package.status),
            severity: Severity::as_str(package.severity),
            fixed_version: package.fixed_version,
            feed: package.feed,
            namespace: package.namespace,
        }
    }
}

impl From<Page<ConcernedImage, Digest>> for ConcernedImages {
    fn from(page: Page<ConcernedImage, Digest>) -> Self {
        let concerned = |image: ConcernedImage| Concerned {
            digest: image.image.to_string(),
            names: image.names,
            packages: image.packages.into_iter().map(ConcernedPackage::from).collect(),
        };
        Self {
            images: page.items.into_iter().map(concerned).collect(),
            next: page.next.map(|digest| digest.to_string()),
        }
    }
}

impl From<VulnerabilityDescription> for Vulnerability {
    fn from(description: VulnerabilityDescription) -> Self {
        Self {
            id: description.id,
            identifiers: description.identifiers,
            advisories: description.advisories.into_iter().map(Advisory::from).collect(),
            enrichments: description.enrichments.into_iter().map(Enrichment::from).collect(),
            packages: description.packages.into_iter().map(ConcernedPackage::from).collect(),
        }
    }
}

impl From<limpid_scanner::Published> for Advisory {
    fn from(published: limpid_scanner::Published) -> Self {
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
