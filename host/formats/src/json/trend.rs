use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Word, time};

/// How counts were day by day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Trend {
    /// The first moment of which it is known. Days that ended before it are absent. Null where no tag points anywhere.
    #[schema(required)]
    pub since: Option<String>,
    /// Days that are known, the oldest first; the last is today, so far.
    pub days: Vec<TrendDay>,
}

/// Counts over the images at which tags pointed at the end of a day, in UTC, each image once: from what publishers stated
/// then, before policies and VEX documents.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TrendDay {
    /// The day, as `2026-11-24`.
    pub day: String,
    /// The images.
    pub images: u64,
    /// Images of which no package was judged: it is not known what affected them.
    pub not_judged: u64,
    /// Vulnerabilities, each once.
    pub vulnerabilities: u64,
    /// Findings of all images.
    pub findings: u64,
    /// Findings that were known to be exploited then.
    pub exploited: u64,
}

/// How long findings of the tags of a repository lasted, from when a tag first pointed at an image that has one until it
/// pointed at none: from what publishers state, before policies and VEX documents.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Repairs {
    /// From when on it was looked: the first of the days, or the first moment that history holds.
    pub since: String,
    /// Findings that ended because the tag came to point at images that do not have it.
    pub repaired: u64,
    /// How long these lasted on the average, in seconds; null where there are none.
    #[schema(required)]
    pub mean_seconds: Option<u64>,
    /// How long the one in the middle lasted, in seconds; null where there are none.
    #[schema(required)]
    pub median_seconds: Option<u64>,
    /// Findings that ended so as well, of which it is not known when they began: they are in neither.
    pub begun_before: u64,
    /// Findings that ended because of what feeds state, while the tag pointed at the same images.
    pub withdrawn: u64,
    /// Findings that have not ended.
    pub open: u64,
}

/// How old the findings of an image are.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Ages {
    /// Digest of the image's configuration.
    pub image: String,
    /// The tags in whose history it was looked: the one by which the image was asked for, or all that point at it. None
    /// where it has no tag: then its findings are as old as it is known.
    pub tags: Vec<String>,
    /// The first moment that history holds.
    pub since: String,
    /// One for each finding of the report, in its order.
    pub findings: Vec<Age>,
}

/// How old a finding is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Age {
    /// That of the finding in the report.
    pub fingerprint: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// The package.
    pub package: String,
    /// How it is rated.
    #[schema(inline, value_type = super::words::SeverityWord)]
    pub severity: Word,
    /// When the vulnerability first affected this package in an image at which a tag pointed; null where that is not known.
    #[schema(required)]
    pub first_seen: Option<Seen>,
    /// Whole days since then.
    #[schema(required)]
    pub age_days: Option<u64>,
    /// Since when a feed has stated a version that fixes it; null where none does.
    #[schema(required)]
    pub fix_known: Option<Seen>,
    /// Whole days since then.
    #[schema(required)]
    pub fix_days: Option<u64>,
    /// Days after which it is overdue (`ages.limits`); null where its severity has no limit.
    #[schema(required)]
    pub limit_days: Option<u64>,
    /// Whether it is overdue; null where there is no limit, or it is not known when it was first seen.
    #[schema(required)]
    pub overdue: Option<bool>,
}

/// When something was first seen.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    /// When.
    pub at: String,
    /// Whether it may have been earlier: history holds nothing of before.
    pub or_earlier: bool,
}

impl From<limpid_model::Trend> for Trend {
    fn from(trend: limpid_model::Trend) -> Self {
        let days = trend.days.into_iter().map(TrendDay::from).collect();
        Self { since: trend.since.map(time), days }
    }
}

impl From<limpid_model::TrendDay> for TrendDay {
    fn from(day: limpid_model::TrendDay) -> Self {
        let limpid_model::TrendDay { at, images, not_judged, vulnerabilities, findings, exploited } = day;
        let day = time(at).chars().take(10).collect();
        Self { day, images, not_judged, vulnerabilities, findings, exploited }
    }
}

impl From<limpid_model::Repairs> for Repairs {
    fn from(repairs: limpid_model::Repairs) -> Self {
        Self {
            since: time(repairs.since),
            repaired: repairs.repaired.len() as u64,
            mean_seconds: repairs.mean().map(|mean| mean.as_secs()),
            median_seconds: repairs.median().map(|median| median.as_secs()),
            begun_before: repairs.begun_before,
            withdrawn: repairs.withdrawn,
            open: repairs.open,
        }
    }
}

impl From<limpid_model::Ages> for Ages {
    fn from(ages: limpid_model::Ages) -> Self {
        let now = ages.now;
        Self {
            image: ages.image.to_string(),
            tags: ages.tags,
            since: time(ages.since),
            findings: ages.findings.into_iter().map(|age| Age::new(age, now)).collect(),
        }
    }
}

/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

impl Age {
    fn new(age: limpid_model::Age, now: u64) -> Self {
        let days = |seen: limpid_model::Seen| now.saturating_sub(seen.at) / DAY;
        Self {
            fingerprint: age.fingerprint,
            vulnerability: age.vulnerability,
            package: age.package,
            severity: age.severity.as_str().into(),
            age_days: age.first_seen.map(days),
            first_seen: age.first_seen.map(Seen::from),
            fix_days: age.fix_known.map(days),
            fix_known: age.fix_known.map(Seen::from),
            limit_days: age.limit_days,
            overdue: age.is_overdue,
        }
    }
}

impl From<limpid_model::Seen> for Seen {
    fn from(seen: limpid_model::Seen) -> Self {
        Self { at: time(seen.at), or_earlier: seen.or_earlier }
    }
}
